//! A file of params: one mapping, in YAML or JSON. A scalar is read by the param's declared type, as it was written:
//! `1.10` stays a version and `no` a word.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use engine::plan::Given;
use engine::value::{Type, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::complaint::Complaint;

/// Far more than any real file of params.
const MOST: u64 = 1 << 20;

/// # Errors
/// The file can't be read, or is no mapping of params.
pub(super) fn read(path: &Path, kinds: &BTreeMap<String, Type>) -> Result<BTreeMap<String, Given>, Complaint> {
    let shown = path.display();
    let unread = |why: &dyn fmt::Display| Complaint::usage(format!("the params in {shown} can't be read: {why}"));
    if std::fs::metadata(path).is_ok_and(|m| m.len() > MOST) {
        return Err(unread(&"it is larger than 1 MiB"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| unread(&e))?;
    parse(&text, kinds).map_err(|why| unread(&why).help("write one `name: value` a line"))
}

fn parse(text: &str, kinds: &BTreeMap<String, Type>) -> Result<BTreeMap<String, Given>, String> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let options = serde_saphyr::Options::default();
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| Params { kinds }.deserialize(deserializer))
        .map_err(|e| if kinds.values().any(|kind| *kind.present() == Type::Secret) { place(&e.to_string()) } else { e.to_string() })
}

/// Only the place of a mistake: the parser's own words show the lines around it, and a secret may stand there.
fn place(said: &str) -> String {
    let at = said.find("line ").map(|from| &said[from..]).and_then(|rest| rest.split(':').next()).unwrap_or("somewhere");
    let at: String = at.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').take(30).collect();
    format!("it is not as it should be at {at}; what stands there is not shown, since it may be a secret")
}

struct Params<'a> {
    kinds: &'a BTreeMap<String, Type>,
}

impl<'de> DeserializeSeed<'de> for Params<'_> {
    type Value = BTreeMap<String, Given>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Params<'_> {
    type Value = BTreeMap<String, Given>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of params")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut params = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let given = match self.kinds.get(&name).map(Type::present) {
                Some(Type::List(of)) => {
                    let items: Vec<String> = map.next_value()?;
                    let values: Result<Vec<Value>, _> = items.iter().map(|item| of.read(item)).collect();
                    Given::Value(Value::List(values.map_err(|e| serde::de::Error::custom(format!("`{name}`: {e}")))?))
                }
                Some(Type::Json) => Given::Value(Value::Json(map.next_value()?)),
                _ => map.next_value::<Option<String>>()?.map_or(Given::Value(Value::None), Given::Text),
            };
            if params.insert(name.clone(), given).is_some() {
                return Err(serde::de::Error::custom(format!("`{name}` stands there twice")));
            }
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> BTreeMap<String, Type> {
        BTreeMap::from([("to".to_owned(), Type::Version), ("hosts".to_owned(), Type::List(Box::new(Type::Host))), ("deep".to_owned(), Type::Json)])
    }

    #[test]
    fn a_scalar_stays_as_it_was_written() -> Result<(), String> {
        let params = parse("to: 1.10\nreason: no\nfor: 10m\nhosts: [a, b]\nempty: null\n", &kinds())?;
        assert_eq!(params["to"], Given::Text("1.10".to_owned()));
        assert_eq!(params["reason"], Given::Text("no".to_owned()));
        assert_eq!(params["for"], Given::Text("10m".to_owned()));
        assert_eq!(params["hosts"], Given::Value(Value::List(vec![Value::String("a".to_owned()), Value::String("b".to_owned())])));
        assert_eq!(params["empty"], Given::Value(Value::None));
        Ok(())
    }

    #[test]
    fn json_is_read_as_well() -> Result<(), String> {
        let params = parse("{\"to\": \"1.10\", \"deep\": {\"a\": [1, 2]}, \"n\": 3}", &kinds())?;
        assert_eq!(params["to"], Given::Text("1.10".to_owned()));
        assert_eq!(params["deep"], Given::Value(Value::Json(serde_json::json!({"a": [1, 2]}))));
        assert_eq!(params["n"], Given::Text("3".to_owned()));
        Ok(())
    }

    #[test]
    fn a_list_and_a_key_twice_are_refused() {
        assert!(parse("- a\n- b\n", &kinds()).is_err());
        assert!(parse("a: 1\na: 2\n", &kinds()).is_err());
        assert!(parse("a: [1\n", &kinds()).is_err());
    }
}

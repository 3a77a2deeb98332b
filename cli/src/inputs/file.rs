//! A file of params: one mapping, in YAML or JSON. A scalar is read by the param's declared type, as it was written:
//! `1.10` stays a version and `no` a word.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use engine::plan::Given;
use engine::value::{Type, Value};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

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
    if let Some(entries) = json(text) {
        return Params { kinds }.of_json(entries);
    }
    let options = serde_saphyr::Options::default();
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| Params { kinds }.deserialize(deserializer))
        .map_err(|e| if kinds.values().any(|kind| *kind.present() == Type::Secret) { place(&e.to_string()) } else { e.to_string() })
}

/// JSON is YAML but for some characters and escapes, so what is JSON is read as such. `None`: it is not.
fn json(text: &str) -> Option<Entries> {
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())?
}

/// The entries of a JSON object, each as it is written.
struct Entries(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A scalar: a string's text, a number as it is written. `None` is null.
fn scalar(name: &str, written: &RawValue) -> Result<Option<String>, String> {
    match written.get() {
        "null" => Ok(None),
        text if text.starts_with('"') => serde_json::from_str(text).map(Some).map_err(|e| format!("`{name}`: {e}")),
        text if text.starts_with(['{', '[']) => Err(format!("`{name}` is one value, and stands there as several")),
        text => Ok(Some(text.to_owned())),
    }
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

impl Params<'_> {
    fn of_json(&self, Entries(entries): Entries) -> Result<BTreeMap<String, Given>, String> {
        let mut params = BTreeMap::new();
        for (name, written) in entries {
            let wrong = |e: &dyn fmt::Display| format!("`{name}`: {e}");
            let given = match self.kinds.get(&name).map(Type::present) {
                Some(Type::List(of)) => {
                    let items: Vec<Box<RawValue>> = serde_json::from_str(written.get()).map_err(|_| wrong(&"it is a list"))?;
                    let read = |item: &RawValue| {
                        let text = scalar(&name, item)?.ok_or_else(|| wrong(&"an item is null"))?;
                        of.read(&text).map_err(|e| wrong(&e))
                    };
                    Given::Value(Value::List(items.iter().map(|item| read(item)).collect::<Result<_, _>>()?))
                }
                Some(Type::Json) => Given::Value(Value::Json(serde_json::from_str(written.get()).map_err(|e| wrong(&e))?)),
                _ => scalar(&name, &written)?.map_or(Given::Value(Value::None), Given::Text),
            };
            if params.insert(name.clone(), given).is_some() {
                return Err(format!("`{name}` stands there twice"));
            }
        }
        Ok(params)
    }
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
    fn json_is_read_as_json_where_it_differs_from_yaml() -> Result<(), String> {
        let params = parse("{\"reason\": \"\u{7f}\u{9b}\u{ffff}\\ud83e\\udd80\\/\", \"to\": 1.10, \"hosts\": [\"a\", \"b\"], \"empty\": null}", &kinds())?;
        assert_eq!(params["reason"], Given::Text("\u{7f}\u{9b}\u{ffff}🦀/".to_owned()));
        assert_eq!(params["to"], Given::Text("1.10".to_owned()));
        assert_eq!(params["hosts"], Given::Value(Value::List(vec![Value::String("a".to_owned()), Value::String("b".to_owned())])));
        assert_eq!(params["empty"], Given::Value(Value::None));
        for wrong in ["{\"a\": 1, \"a\": 2}", "{\"a\": [1]}", "{\"hosts\": \"a\"}", "{\"hosts\": [\"-a\"]}", "{\"hosts\": [null]}"] {
            assert!(parse(wrong, &kinds()).is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn a_list_and_a_key_twice_are_refused() {
        assert!(parse("- a\n- b\n", &kinds()).is_err());
        assert!(parse("a: 1\na: 2\n", &kinds()).is_err());
        assert!(parse("a: [1\n", &kinds()).is_err());
    }
}

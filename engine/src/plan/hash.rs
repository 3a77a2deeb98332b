//! The hash of a plan: SHA-256 over its canonical form, which is JSON with the keys of every object in order, and without
//! the places that its text came from. Both spellings and any layout of a runbook have the same.
//!
//! Of a large plan no more is held in this form than one item of one of its lists.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::model::Plan;

/// The inventory's file is no part of it: the same hosts may be known from elsewhere.
pub(super) fn hash(plan: &Plan) -> serde_json::Result<String> {
    let Plan {
        format,
        runbook,
        title,
        hash: _,
        windows,
        locks,
        signers,
        vars,
        inventory: _,
        hosts,
        frames,
        slots,
        secrets,
        facts,
        requires,
        hooks,
        blocks,
        tolerances,
        nodes,
    } = plan;
    let mut whole = Whole::default();
    whole.list("blocks", blocks)?;
    whole.list("facts", facts)?;
    whole.one("format", format)?;
    whole.list("frames", frames)?;
    whole.list_unless_empty("hooks", hooks)?;
    whole.list("hosts", hosts)?;
    whole.list("locks", locks)?;
    whole.list("nodes", nodes)?;
    whole.list("requires", requires)?;
    whole.one("runbook", runbook)?;
    whole.list_unless_empty("secrets", secrets)?;
    if let Some(signers) = signers {
        whole.one("signers", signers)?;
    }
    whole.list("slots", slots)?;
    whole.one("title", title)?;
    whole.list_unless_empty("tolerances", tolerances)?;
    whole.one("vars", vars)?;
    whole.list("windows", windows)?;
    Ok(whole.end())
}

/// The plan's own object, of which the fields are given in order.
#[derive(Default)]
struct Whole {
    digest: Sha256,
    has_fields: bool,
}

impl Whole {
    fn one(&mut self, name: &str, value: &impl Serialize) -> serde_json::Result<()> {
        self.key(name);
        self.put(value)
    }

    fn list(&mut self, name: &str, items: &[impl Serialize]) -> serde_json::Result<()> {
        self.key(name);
        self.digest.update("[");
        for (position, item) in items.iter().enumerate() {
            self.digest.update(if position == 0 { "" } else { "," });
            self.put(item)?;
        }
        self.digest.update("]");
        Ok(())
    }

    /// What older plans do not have leaves their hashes as they were.
    fn list_unless_empty(&mut self, name: &str, items: &[impl Serialize]) -> serde_json::Result<()> {
        if items.is_empty() { Ok(()) } else { self.list(name, items) }
    }

    fn key(&mut self, name: &str) {
        self.digest.update(if self.has_fields { ",\"" } else { "{\"" });
        self.digest.update(name);
        self.digest.update("\":");
        self.has_fields = true;
    }

    fn put(&mut self, value: &impl Serialize) -> serde_json::Result<()> {
        self.digest.update(serde_json::to_vec(&canonical(value)?)?);
        Ok(())
    }

    fn end(mut self) -> String {
        self.digest.update("}");
        self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn canonical(value: &impl Serialize) -> serde_json::Result<Value> {
    let mut tree = serde_json::to_value(value)?;
    forget_places(&mut tree);
    tree.sort_all_objects();
    Ok(tree)
}

fn forget_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if has_keys(map, ["text", "span", "pieces"]) {
                map.remove("pieces");
            }
            map.retain(|_, inner| !is_place(inner));
            map.values_mut().for_each(forget_places);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_places),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A span is known by its shape; a value of a runbook with that shape would have to be JSON given on purpose.
fn is_place(value: &Value) -> bool {
    value.as_object().is_some_and(|map| has_keys(map, ["source", "start", "end"]) && map.values().all(Value::is_u64))
}

fn has_keys(map: &Map<String, Value>, keys: [&str; 3]) -> bool {
    map.len() == keys.len() && keys.iter().all(|key| map.contains_key(*key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &impl Serialize) -> String {
        canonical(value).expect("it serializes").to_string()
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Unit,
        Of(Place),
        With { z: Place, a: Vec<Place> },
    }

    #[derive(Serialize)]
    struct Place {
        source: u32,
        start: usize,
        end: usize,
    }

    #[derive(Serialize)]
    struct Text {
        text: &'static str,
        span: Place,
        pieces: Vec<(usize, usize)>,
    }

    const AT: Place = Place { source: 0, start: 1, end: 20 };

    #[test]
    fn the_canonical_form_has_its_keys_in_order_and_no_places() {
        #[derive(Serialize)]
        struct All {
            z: Text,
            kinds: Vec<Kind>,
            pieces: Value,
            at: Place,
            none: Option<u32>,
        }
        let all = All {
            z: Text { text: "a \"quoted\" }, {", span: AT, pieces: vec![(0, 1)] },
            kinds: vec![Kind::Unit, Kind::Of(AT), Kind::With { z: AT, a: vec![AT, AT] }],
            pieces: json!({"b": {}, "a\"": 1, "a": [1.5, -2, null, {"source": 1, "start": -1, "end": 2}], "a\n": {"text": "", "pieces": [], "span": 3}}),
            at: AT,
            none: None,
        };
        let expected = concat!(
            r#"{"kinds":["unit",{},{"with":{"a":[{"end":20,"source":0,"start":1},{"end":20,"source":0,"start":1}]}}],"none":null,"#,
            r#""pieces":{"a":[1.5,-2,null,{"end":2,"source":1,"start":-1}],"a\n":{"span":3,"text":""},"a\"":1,"b":{}},"#,
            r#""z":{"text":"a \"quoted\" }, {"}}"#
        );
        assert_eq!(written(&all), expected);
        assert_eq!(written(&Text { text: "x", span: AT, pieces: Vec::new() }), r#"{"text":"x"}"#);
    }

    #[test]
    fn a_plans_hash_is_that_of_its_whole_canonical_form() {
        let loops = "runbook x { target t = [\"a\", \"b\"]\n for h in t { boundary b { step s on h { run `echo {{ h }}`\n undo `true` } } } }";
        for plan in [crate::plan::tests::example::example(), crate::plan::tests::planned(loops, &crate::plan::tests::given(&[], &[]))] {
            let mut value = serde_json::to_value(&plan).expect("it serializes");
            let map = value.as_object_mut().expect("an object");
            map.remove("inventory");
            map.remove("hash");
            let whole = written(&value);
            let expected: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(plan.hash, expected, "{}", plan.runbook);
        }
    }
}

//! The hash of a plan: SHA-256 over its canonical form, which is JSON with the keys of every object in order, and without
//! the places that its text came from. Both spellings and any layout of a runbook have the same.
//!
//! Of a large plan no more is held in this form than one item of one of its lists.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{Result, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
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
    buffer: RefCell<Vec<u8>>,
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
        canonical(value, &self.buffer)?;
        let mut buffer = self.buffer.borrow_mut();
        self.digest.update(&*buffer);
        buffer.clear();
        Ok(())
    }

    fn end(mut self) -> String {
        self.digest.update("}");
        self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn canonical(value: &impl Serialize, out: &RefCell<Vec<u8>>) -> serde_json::Result<()> {
    let in_order = InOrder { out, objects: Vec::new(), fields: Vec::new(), place: None };
    value.serialize(&mut Serializer::with_formatter(Out(out), in_order))
}

struct Out<'b>(&'b RefCell<Vec<u8>>);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Writes as serde does, and puts each object in order where it ends, in the same buffer.
struct InOrder<'b> {
    out: &'b RefCell<Vec<u8>>,
    /// Those that are open: where each begins, and the first of its fields.
    objects: Vec<(usize, usize)>,
    fields: Vec<Field>,
    /// The place that was written last.
    place: Option<Range<usize>>,
}

#[derive(Default)]
struct Field {
    /// With its quotes.
    key: Range<usize>,
    value: Range<usize>,
    is_place: bool,
}

impl InOrder<'_> {
    fn at(&self) -> usize {
        self.out.borrow().len()
    }

    fn field(&mut self) -> &mut Field {
        let last = self.fields.len() - 1;
        &mut self.fields[last]
    }
}

impl Formatter for InOrder<'_> {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.objects.push((self.at(), self.fields.len()));
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let at = self.at();
        self.fields.push(Field { key: at..at, ..Field::default() });
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> Result<()> {
        self.field().key.end = self.at();
        Ok(())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b":")?;
        self.field().value.start = self.at();
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> Result<()> {
        let (at, place) = (self.at(), self.place.take());
        let field = self.field();
        field.value.end = at;
        field.is_place = place.is_some_and(|place| place == field.value);
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b"}")?;
        let Some((start, first)) = self.objects.pop() else { return Ok(()) };
        let mut out = self.out.borrow_mut();
        let fields = &mut self.fields[first..];
        self.place = is_place(&out, fields).then_some(start..out.len());
        let is_text = is_text(&out, fields);
        let is_left_out = |field: &Field| field.is_place || is_text && *name(&out, field) == *b"pieces";
        let is_in_order = fields.is_sorted_by(|a, b| name(&out, a) <= name(&out, b));
        if !is_in_order || fields.iter().any(is_left_out) {
            fields.sort_by(|a, b| name(&out, a).cmp(&name(&out, b)));
            let kept: Vec<&[u8]> = fields.iter().filter(|field| !is_left_out(field)).map(|field| &out[field.key.start..field.value.end]).collect();
            let kept = kept.join(&b","[..]);
            out.truncate(start + 1);
            out.extend_from_slice(&kept);
            out.push(b'}');
        }
        self.fields.truncate(first);
        Ok(())
    }
}

/// A span is known by its shape; a value of a runbook with that shape would have to be JSON given on purpose.
fn is_place(out: &[u8], fields: &[Field]) -> bool {
    let is_number = |field: &Field| out[field.value.clone()].iter().all(u8::is_ascii_digit);
    has_keys(out, fields, ["source", "start", "end"]) && fields.iter().all(is_number)
}

/// Text taken out of a source.
fn is_text(out: &[u8], fields: &[Field]) -> bool {
    has_keys(out, fields, ["text", "span", "pieces"])
}

fn has_keys(out: &[u8], fields: &[Field], keys: [&str; 3]) -> bool {
    fields.len() == keys.len() && keys.iter().all(|key| fields.iter().any(|field| *name(out, field) == *key.as_bytes()))
}

/// A key as it was before it was written as JSON.
fn name<'o>(out: &'o [u8], field: &Field) -> Cow<'o, [u8]> {
    let written = &out[field.key.clone()];
    let plain = &written[1..written.len() - 1];
    if !plain.contains(&b'\\') {
        return Cow::Borrowed(plain);
    }
    serde_json::from_slice::<String>(written).map_or(Cow::Borrowed(plain), |name| Cow::Owned(name.into_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The same, by way of a tree.
    fn reference(value: Value) -> Value {
        match value {
            Value::Object(mut map) => {
                if map.len() == 3 && ["text", "span", "pieces"].iter().all(|key| map.contains_key(*key)) {
                    map.remove("pieces");
                }
                let is_number = |value: Option<&Value>| value.is_some_and(Value::is_u64);
                let is_place =
                    |value: &Value| value.as_object().is_some_and(|m| m.len() == 3 && ["source", "start", "end"].iter().all(|k| is_number(m.get(*k))));
                map.retain(|_, inner| !is_place(inner));
                Value::Object(map.into_iter().map(|(key, inner)| (key, reference(inner))).collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(reference).collect()),
            other => other,
        }
    }

    fn written(value: &impl Serialize) -> String {
        let out = RefCell::default();
        canonical(value, &out).expect("it serializes");
        String::from_utf8(out.into_inner()).expect("text")
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
        let expected = reference(serde_json::to_value(&all).expect("it serializes")).to_string();
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
            let whole = reference(value).to_string();
            let expected: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(plan.hash, expected, "{}", plan.runbook);
        }
    }
}

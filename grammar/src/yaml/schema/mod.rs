//! The JSON Schema of the YAML spelling (draft 7, which editors know best), made from the tables that the reader asks:
//! a key that is read is in the schema, and no other.
//!
//! It says what can be said of one value: keys, kinds, words. Names, types and order are `lint`'s.

mod about;
mod shape;

use serde_json::{Map, Value, json};

use self::shape::{DEEDS, reference};
use crate::word::{PIECES, Place, Word};

/// The places that have a definition of their own, and the key that each begins with.
const PLACES: &[(Place, &str, Option<Word>)] = &[
    (Place::Runbook, "runbook", Some(Word::Runbook)),
    (Place::Action, "action", Some(Word::Action)),
    (Place::Step, "step", Some(Word::Step)),
    (Place::Manual, "manual", Some(Word::Manual)),
    (Place::Gate, "gate", Some(Word::Gate)),
    (Place::Boundary, "boundary", Some(Word::Boundary)),
    (Place::During, "during", Some(Word::During)),
    (Place::Parallel, "parallel", Some(Word::Parallel)),
    (Place::For, "for", Some(Word::For)),
    (Place::Call, "call", Some(Word::Call)),
    (Place::Series, "series", Some(Word::Series)),
    (Place::Fact, "fact", Some(Word::Fact)),
    (Place::Fact, "named_fact", None),
    (Place::Param, "param", None),
];

/// The schema of one document. `types` are the names of the types that the engine knows, `list` among them.
#[must_use]
pub fn schema<'t>(types: impl IntoIterator<Item = &'t str>) -> Value {
    let mut definitions = shape::definitions(types);
    for (place, name, head) in PLACES {
        definitions.insert((*name).to_owned(), object(*place, *head));
    }
    definitions.insert("require".to_owned(), shape::require());
    definitions.insert("require_piece".to_owned(), shape::closed(&[("require", reference("require"), about::of(Word::Require))], &["require"]));
    definitions.insert("piece".to_owned(), one_of_the_pieces());
    definitions.insert("imports".to_owned(), shape::closed(&[("import", shape::each(reference("text")), about::of(Word::Import))], &["import"]));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A runbook, or an action, in YAML",
        "type": "object",
        "if": { "required": ["runbook"] },
        "then": reference("runbook"),
        "else": { "if": { "required": ["action"] }, "then": reference("action"), "else": reference("imports") },
        "definitions": definitions,
    })
}

/// A mapping with the keys that may stand at a place.
fn object(place: Place, head: Option<Word>) -> Value {
    let mut properties = Map::new();
    if let Some(head) = head {
        properties.insert(head.text().to_owned(), described(shape::of_head(head), head));
    }
    if matches!(place, Place::Runbook | Place::Action) {
        properties.insert(Word::Import.text().to_owned(), described(shape::each(reference("text")), Word::Import));
    }
    for word in place.yaml() {
        properties.insert(word.text().to_owned(), described(shape::of_field(word, place), word));
    }
    let required: Vec<&str> = head.into_iter().chain(needed(place).iter().copied()).map(Word::text).collect();
    let mut object = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    match place {
        Place::Step => {
            object["allOf"] = json!([at_most_one_deed(), { "anyOf": acts() }]);
        }
        Place::Action => object["allOf"] = json!([at_most_one_deed()]),
        Place::Gate => object["not"] = json!({ "required": ["question", "title"] }),
        // Without a block there is nothing that these could hold for.
        Place::During => {
            let inside = [Word::When, Word::After, Word::As, Word::Env, Word::Cwd, Word::Shell, Word::Timeout, Word::Unreachable];
            let needs: Map<String, Value> = inside.iter().map(|word| (word.text().to_owned(), json!(["steps"]))).collect();
            object["dependencies"] = Value::Object(needs);
        }
        _ => {}
    }
    object
}

/// What a piece is not complete without.
fn needed(place: Place) -> &'static [Word] {
    match place {
        Place::Manual => &[Word::Instructions],
        Place::Gate => &[Word::Timeout],
        Place::During => &[Word::Release],
        Place::For => &[Word::In],
        Place::Call => &[Word::Runbook],
        Place::Series => &[Word::From, Word::To],
        Place::Param => &[Word::Type],
        Place::Fact => &[Word::Type, Word::Cmd],
        Place::File | Place::Runbook | Place::Action | Place::Step | Place::Boundary | Place::Parallel | Place::Env => &[],
    }
}

/// A step does one thing.
fn at_most_one_deed() -> Value {
    let others = |word: Word| -> Vec<Value> { DEEDS.iter().filter(|other| **other != word).map(|other| json!({ "required": [other.text()] })).collect() };
    let each: Vec<Value> = DEEDS.iter().map(|word| json!({ "if": { "required": [word.text()] }, "then": { "not": { "anyOf": others(*word) } } })).collect();
    json!({ "allOf": each })
}

/// A step does, verifies, undoes or requires something.
fn acts() -> Vec<Value> {
    let something = |word: Word| json!({ "required": [word.text()], "properties": { word.text(): { "not": { "type": "array", "maxItems": 0 } } } });
    DEEDS.into_iter().chain([Word::Verify, Word::Undo, Word::Require]).map(something).collect()
}

/// What stands in `steps`: the key that a piece has decides, so that an editor complains of the piece that was meant.
/// `require` comes last, since steps have a key of that name.
fn one_of_the_pieces() -> Value {
    let otherwise = json!({ "if": { "required": ["require"] }, "then": reference("require_piece"), "else": false });
    let kinds: Vec<Word> = PIECES.iter().copied().filter(|word| *word != Word::Require).collect();
    let chain = kinds.iter().rev().fold(otherwise, |rest, word| {
        let name = word.text();
        json!({ "if": { "required": [name] }, "then": reference(name), "else": rest })
    });
    json!({ "type": "object", "allOf": [chain] })
}

fn described(shape: Value, word: Word) -> Value {
    // Beside a `$ref` draft 7 looks at nothing else.
    let mut shape = if shape.get("$ref").is_some() { json!({ "allOf": [shape] }) } else { shape };
    shape["description"] = json!(about::of(word));
    shape
}

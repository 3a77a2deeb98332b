//! What a value looks like, by its key.

use serde_json::{Map, Value, json};

use super::about;
use crate::word::{Place, Word};

pub(super) const DEEDS: [Word; 5] = [Word::Run, Word::Use, Word::Upload, Word::Download, Word::Sleep];

const NAME: &str = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$";

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// One, or a list of them.
pub(super) fn each(shape: Value) -> Value {
    json!({ "anyOf": [shape, { "type": "array", "items": shape }] })
}

/// A mapping with these keys and no others.
pub(super) fn closed(parts: &[(&str, Value, &str)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = parts
        .iter()
        .map(|(name, shape, about)| {
            let described = if about.is_empty() { shape.clone() } else { json!({ "allOf": [shape], "description": about }) };
            ((*name).to_owned(), described)
        })
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// The small kinds that the places are made of.
pub(super) fn definitions<'t>(types: impl IntoIterator<Item = &'t str>) -> Map<String, Value> {
    let simple: Vec<&str> = types.into_iter().filter(|name| *name != "list").collect();
    let simple = simple.join("|");
    let kinds = json!({
        // Scalars are read as written, whatever YAML takes them for: `true`, `1.10` and `no` keep their spelling.
        "text": { "type": ["string", "number", "boolean"] },
        "command": { "type": ["string", "number", "boolean"], "pattern": r"\S" },
        "expression": { "anyOf": [reference("command"), { "type": "array", "items": reference("expression") }] },
        "value": { "anyOf": [reference("text"), { "type": "array", "items": reference("value") }] },
        "name": { "type": ["string", "number", "boolean"], "pattern": NAME },
        "names": { "anyOf": [
            { "type": ["string", "number", "boolean"], "pattern": r"^\s*[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\s*(,\s*[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\s*)*$" },
            { "type": "array", "items": reference("name") },
        ] },
        "type": { "type": "string", "pattern": format!(r"^({simple}|list\(({simple})\))\??$") },
        "truth": { "enum": [true, false, "true", "false"] },
        "arguments": { "type": ["object", "null"], "propertyNames": { "pattern": NAME }, "additionalProperties": reference("value") },
        "action_call": { "anyOf": [
            reference("name"),
            { "type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": { "pattern": NAME }, "additionalProperties": reference("arguments") },
        ] },
        "pieces": { "type": "array", "items": reference("piece") },
    });
    match kinds {
        Value::Object(kinds) => kinds,
        _ => Map::new(),
    }
}

/// The value of the key that says what a piece is.
pub(super) fn of_head(word: Word) -> Value {
    match word {
        Word::During => reference("action_call"),
        Word::Parallel => reference("pieces"),
        Word::Series => reference("text"),
        _ => reference("name"),
    }
}

/// The value of any other key.
pub(super) fn of_field(word: Word, place: Place) -> Value {
    match word {
        Word::Title
        | Word::Question
        | Word::About
        | Word::Source
        | Word::Owner
        | Word::Window
        | Word::Signers
        | Word::As
        | Word::Cwd
        | Word::Irreversible
        | Word::Stdin
        | Word::Instructions
        | Word::Confirm
        | Word::Help
        | Word::Matches => reference("text"),
        Word::Verified => json!({ "type": "string", "pattern": r"^\s*\d{4}-\d{2}-\d{2}\s*$" }),
        Word::Lock => each(reference("text")),
        Word::Shell => words(&["bash", "sh"]),
        Word::Unreachable => words(&["fail", "skip", "park"]),
        Word::OnFailure => words(&["rollback", "park"]),
        Word::Release => words(&["always", "on_success", "ask"]),
        Word::Run | Word::Check | Word::Cmd => reference("command"),
        Word::When
        | Word::In
        | Word::Batch
        | Word::Pause
        | Word::Tolerate
        | Word::From
        | Word::To
        | Word::Budget
        | Word::OutputLimit
        | Word::Expect
        | Word::Sleep
        | Word::ValidFor => reference("expression"),
        Word::Timeout if place == Place::Gate => gate_timeout(),
        Word::Timeout => reference("expression"),
        Word::Ask => ask(),
        Word::On | Word::After => reference("names"),
        Word::Runbook => reference("name"),
        Word::Env | Word::With => reference("arguments"),
        Word::Use => reference("action_call"),
        Word::Upload | Word::Download => closed(&[("src", reference("text"), ""), ("to", reference("text"), "")], &["src", "to"]),
        Word::Default | Word::OneOf | Word::Min | Word::Max | Word::Choices | Word::Approvers => reference("value"),
        Word::Private | Word::Secret | Word::SecondPerson | Word::Down => reference("truth"),
        Word::Type => reference("type"),
        Word::Params => by_name(json!({ "anyOf": [reference("type"), reference("param")] })),
        Word::Targets => by_name(target()),
        Word::Facts => by_name(reference("named_fact")),
        Word::Require => each(reference("require")),
        Word::Steps => reference("pieces"),
        Word::Verify => each(with_command(&[(Word::Every, reference("expression")), (Word::Within, reference("expression"))])),
        Word::Show => each(with_command(&[(Word::On, reference("names"))])),
        Word::Undo => undo(),
        Word::Capture => each(json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": reference("type") })),
        Word::Evidence => {
            each(closed(&[("name", reference("name"), ""), ("type", reference("type"), ""), ("ask", reference("text"), "")], &["name", "type", "ask"]))
        }
        Word::Retry => retry(),
        Word::Reboots => json!({ "anyOf": [reference("expression"), closed(&[("within", reference("expression"), about::of(Word::Within))], &["within"])] }),
        Word::Notify => each(notify()),
        // Heads of pieces and files, and parts of the fields above: never a key of a place.
        Word::Import
        | Word::Action
        | Word::Param
        | Word::Target
        | Word::Fact
        | Word::Step
        | Word::Manual
        | Word::Gate
        | Word::Boundary
        | Word::During
        | Word::Parallel
        | Word::For
        | Word::Call
        | Word::Series
        | Word::Every
        | Word::Within
        | Word::Backoff
        | Word::Then
        | Word::None
        | Word::Why
        | Word::That
        | Word::Is
        | Word::Name
        | Word::Src
        | Word::Times => json!(false),
    }
}

fn words(allowed: &[&str]) -> Value {
    json!({ "enum": allowed })
}

fn by_name(shape: Value) -> Value {
    json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": shape })
}

fn target() -> Value {
    let whole = closed(&[("type", words(&["host"]), "`host`: exactly one; without it a set"), ("is", reference("value"), about::of(Word::Is))], &[]);
    json!({ "anyOf": [{ "type": "null" }, words(&["host"]), whole] })
}

/// A command alone, or with more to say of it.
fn with_command(parts: &[(Word, Value)]) -> Value {
    let mut all = vec![("cmd", reference("command"), about::of(Word::Cmd))];
    all.extend(parts.iter().map(|(word, shape)| (word.text(), shape.clone(), about::of(*word))));
    json!({ "anyOf": [reference("command"), closed(&all, &["cmd"])] })
}

fn undo() -> Value {
    let parts = [
        ("none", reference("text"), "why there is nothing that takes it back"),
        ("manual", reference("text"), "what a person does to take it back"),
        ("cmd", reference("command"), about::of(Word::Cmd)),
    ];
    let mut one = closed(&parts, &[]);
    one["minProperties"] = json!(1);
    one["maxProperties"] = json!(1);
    json!({ "anyOf": [reference("command"), one] })
}

fn retry() -> Value {
    let parts = [
        ("times", reference("expression"), about::of(Word::Times)),
        ("every", reference("expression"), about::of(Word::Every)),
        ("backoff", reference("expression"), about::of(Word::Backoff)),
        ("on", reference("names"), "exit codes, `signal`, `timeout`; any failure where it is not said"),
    ];
    json!({ "anyOf": [reference("expression"), closed(&parts, &["times"])] })
}

/// What silence means must be said, so the short form is not enough.
fn gate_timeout() -> Value {
    let parts = [("after", reference("expression"), "how long the question stands open"), ("then", words(&["rollback", "park", "end"]), about::of(Word::Then))];
    closed(&parts, &["after", "then"])
}

/// Without `then` silence means what `on_failure` says.
fn ask() -> Value {
    let then = "what silence means: rollback or park; without it what on_failure says";
    let parts = [("after", reference("expression"), "how long a person is asked"), ("then", words(&["rollback", "park"]), then)];
    json!({ "anyOf": [reference("expression"), closed(&parts, &["after"])] })
}

pub(super) fn require() -> Value {
    let parts = [
        ("why", reference("text"), about::of(Word::Why)),
        ("that", reference("expression"), about::of(Word::That)),
        ("cmd", reference("command"), about::of(Word::Cmd)),
        ("on", reference("names"), about::of(Word::On)),
    ];
    let mut require = closed(&parts, &["why"]);
    require["oneOf"] = json!([{ "required": ["that"] }, { "required": ["cmd"] }]);
    require
}

/// An action's name alone, or `{ACTION: {args}, on: [events]}`.
fn notify() -> Value {
    let events = words(&["started", "gate", "failed", "rolled_back", "done"]);
    let on = json!({ "allOf": [{ "anyOf": [reference("names"), each(events)] }], "description": "when it is told" });
    let whole = json!({
        "type": "object",
        "properties": { "on": on },
        "propertyNames": { "pattern": NAME },
        "additionalProperties": reference("arguments"),
        "minProperties": 1,
        "maxProperties": 2,
        "not": { "required": ["on"], "maxProperties": 1 },
        "if": { "minProperties": 2 },
        "then": { "required": ["on"] },
    });
    json!({ "anyOf": [reference("name"), whole] })
}

//! The JSON Schema of the YAML form says what the reader says: a sound document fits, and a document with a mistake that
//! one of the two can see is refused by both.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use engine::check::{NoFiles, ParsedFile, check};
use engine::value::Type;
use grammar::diagnostic::Severity;
use grammar::source::{Source, SourceId};
use grammar::{Spelling, parse_as};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::harness::desk::Desk;

/// YAML as data, with its keys in their order.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Scalar(serde_json::Value),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Tree;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("YAML")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(serde_json::Value::Null))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}

impl Tree {
    /// As JSON, which is YAML in flow style.
    fn text(&self) -> String {
        match self {
            Self::Scalar(value) => value.to_string(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::text).collect::<Vec<_>>().join(", ")),
            Self::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{}: {}", serde_json::Value::from(key.as_str()), value.text())).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// Every tree that differs from this one by one mistake, each with what was done.
    fn mistakes(&self, path: &str, found: &mut Vec<(String, Tree)>) {
        for other in ["\"x y\"", "5", "null", "[]", "[\"a\"]", "{}", "{\"zz\": 1}", "[{\"zz\": 1}]", "\"\""] {
            let other: Tree = serde_json::from_str(other).expect("JSON");
            if other != *self {
                found.push((format!("{path} = {}", other.text()), other));
            }
        }
        match self {
            Self::Scalar(_) => {}
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    let mut inside = Vec::new();
                    item.mistakes(&format!("{path}[{at}]"), &mut inside);
                    found.extend(inside.into_iter().map(|(what, mistaken)| {
                        let mut items = items.clone();
                        items[at] = mistaken;
                        (what, Self::List(items))
                    }));
                }
            }
            Self::Map(entries) => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    let here = format!("{path}.{key}");
                    let mut inside = Vec::new();
                    value.mistakes(&here, &mut inside);
                    found.extend(inside.into_iter().map(|(what, mistaken)| {
                        let mut entries = entries.clone();
                        entries[at].1 = mistaken;
                        (what, Self::Map(entries))
                    }));
                    let mut renamed = entries.clone();
                    renamed[at].0.push('x');
                    found.push((format!("{here} renamed"), Self::Map(renamed)));
                    let mut shorter = entries.clone();
                    shorter.remove(at);
                    found.push((format!("{here} taken away"), Self::Map(shorter)));
                    let mut longer = entries.clone();
                    let added = ["run", "steps", "on", "tolerate", "choices", "sleep", "with", "secret"][at % 8];
                    if entries.iter().all(|(key, _)| key != added) {
                        longer.push((added.to_owned(), Self::Scalar("x".into())));
                        found.push((format!("{path} with {added}"), Self::Map(longer)));
                    }
                }
            }
        }
    }
}

struct Verdict {
    /// What the grammar says.
    unread: Vec<&'static str>,
    /// What the grammar and, where it is asked, the check say.
    wrong: Vec<&'static str>,
}

fn verdict(text: &str, checked: bool) -> Verdict {
    let source = Source { id: SourceId(0), path: "t.runbook.yaml".to_owned(), text: text.to_owned() };
    let parsed = parse_as(&source, Spelling::Yaml);
    let unread: Vec<_> = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
    let mut wrong = unread.clone();
    if wrong.is_empty() && checked {
        let checked = check(ParsedFile { source, file: parsed.file }, &mut NoFiles);
        wrong.extend(checked.err().into_iter().flatten().filter(|d| d.severity == Severity::Error).map(|d| d.code));
    }
    Verdict { unread, wrong }
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.to_string_lossy().ends_with(".runbook.yaml") {
            found.push(path);
        }
    }
}

/// Every sound YAML document in the tree.
fn documents() -> Vec<(String, Tree)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    for folder in ["runbooks", "grammar/tests/data", "tests/data/schema"] {
        yaml_files(&root.join(folder), &mut files);
    }
    let mut texts: Vec<(String, String)> =
        files.into_iter().map(|file| (file.display().to_string(), std::fs::read_to_string(&file).expect("readable"))).collect();
    let page = std::fs::read_to_string(root.join("docs/language.md")).expect("the page");
    for (at, block) in page.split("```yaml\n").skip(1).enumerate() {
        // Inventories are YAML, too.
        if block.starts_with("runbook:") || block.starts_with("action:") {
            texts.push((format!("docs/language.md, block {at}"), block.split("```").next().unwrap_or_default().to_owned()));
        }
    }
    let mut documents = Vec::new();
    for (name, text) in texts {
        let read: Vec<Tree> = serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        documents.extend(read.into_iter().map(|tree| (name.clone(), tree)));
    }
    assert!(documents.len() >= 10, "only {} documents", documents.len());
    documents
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&grammar::schema(Type::names())).expect("a schema")
}

fn instance(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn every_sound_document_of_the_tree_fits_the_schema() {
    let validator = validator();
    for (name, tree) in documents() {
        let text = tree.text();
        let said: Vec<String> = validator.iter_errors(&instance(&text)).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(said.is_empty(), "{name}: {said:#?}");
        let read = verdict(&text, false).unread;
        assert!(read.is_empty(), "{name}: {read:?}");
    }
}

#[test]
fn the_schema_and_the_reader_refuse_the_same_mistakes() {
    let validator = validator();
    let mut differ = String::new();
    let (mut tried, mut refused) = (0, 0);
    // The real procedures are large and hold nothing that the others don't.
    for (name, tree) in documents().into_iter().filter(|(name, _)| !name.contains("matomo-restart")) {
        let sound = verdict(&tree.text(), true).wrong.is_empty();
        let mut mistakes = Vec::new();
        tree.mistakes("", &mut mistakes);
        for (what, mistaken) in mistakes {
            let text = mistaken.text();
            let said = verdict(&text, sound);
            let fits = validator.is_valid(&instance(&text));
            tried += 1;
            refused += usize::from(!fits);
            if fits && !said.unread.is_empty() {
                let _ = writeln!(differ, "{name}: {what}: the reader says {:?}, the schema nothing", said.unread);
            }
            if !fits && said.wrong.is_empty() && sound {
                let _ = writeln!(differ, "{name}: {what}: only the schema refuses it");
            }
        }
    }
    assert!(differ.is_empty(), "{differ}");
    assert!(tried > 1_000 && refused > tried / 3, "{refused} of {tried} were refused");
}

#[test]
fn the_command_prints_the_schema_and_the_committed_copy_is_the_same() {
    let desk = Desk::new();
    let ran = desk.runbook(["schema"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(instance(&ran.out), grammar::schema(Type::names()));
    let copy = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("docs/runbook.schema.json");
    let committed = std::fs::read_to_string(&copy).unwrap_or_default();
    assert!(committed == ran.out, "docs/runbook.schema.json is old: cargo run -- schema > docs/runbook.schema.json");
}

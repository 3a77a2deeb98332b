//! The hostile values, from `tests/data/hostile/values.json`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::desk::Desk;

/// A value with a name that says what it attacks.
#[derive(Debug, Clone, Deserialize)]
pub struct Hostile {
    pub name: String,
    pub value: String,
    /// It is repeated for as long as it stays below this length.
    bytes: Option<usize>,
}

/// What would be seen if one byte of a value ran: a file that appears, or one that goes.
#[derive(Debug)]
pub struct Canary {
    file: PathBuf,
    precious: PathBuf,
}

impl Canary {
    pub fn new(desk: &Desk) -> Self {
        let canary = Self { file: desk.path("canary"), precious: desk.path("precious") };
        desk.file("precious/kept", "kept");
        canary
    }

    /// The value as it attacks this desk.
    fn armed(&self, hostile: &Hostile) -> Hostile {
        let value = hostile.value.replace("CANARY", &self.file.to_string_lossy()).replace("PRECIOUS", &self.precious.to_string_lossy());
        let times = hostile.bytes.map_or(1, |bytes| bytes / value.len());
        Hostile { value: value.repeat(times), ..hostile.clone() }
    }

    pub fn sings_not(&self) {
        assert!(!self.file.exists(), "something of a value ran: {} is there", self.file.display());
        assert_eq!(std::fs::read_to_string(self.precious.join("kept")).ok().as_deref(), Some("kept"), "something of a value ran and removed a file");
    }
}

/// All of them, armed.
fn all(canary: &Canary) -> Vec<Hostile> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("tests/data/hostile/values.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let values: Vec<Hostile> = serde_json::from_str(&text).expect("a list of values, each with a name");
    values.iter().map(|value| canary.armed(value)).collect()
}

/// The values, and apart from them those of about 100 kB, which are sent to fewer places: the shells take their time.
pub fn short_and_long(canary: &Canary) -> (Vec<Hostile>, Vec<Hostile>) {
    all(canary).into_iter().partition(|hostile| hostile.bytes.is_none())
}

/// All but the long ones.
pub fn short(canary: &Canary) -> Vec<Hostile> {
    short_and_long(canary).0
}

/// A value as it is.
pub fn armed(name: String, value: String) -> Hostile {
    Hostile { name, value, bytes: None }
}

/// Groups of one size, the last one filled up: a command for several values costs one command.
pub fn groups(mut values: Vec<Hostile>, size: usize) -> Vec<Vec<Hostile>> {
    while !values.len().is_multiple_of(size) {
        values.push(armed("none".to_owned(), String::new()));
    }
    values.chunks(size).map(<[Hostile]>::to_vec).collect()
}

/// As a parameter `groups`, each named like its first value, with the folder that the programs write to.
pub fn params(desk: &Desk, groups: &[Vec<Hostile>]) -> String {
    let all: Vec<Value> =
        groups.iter().map(|group| json!({"name": group[0].name, "v": group.iter().map(|hostile| &hostile.value).collect::<Vec<_>>()})).collect();
    let out = desk.path("out");
    std::fs::create_dir_all(&out).expect("a folder for what is received");
    let file = desk.file("params.json", json!({"groups": all, "out": out}).to_string());
    file.to_string_lossy().into_owned()
}

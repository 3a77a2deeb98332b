//! From the text of a `runbook.toml` to what it says. All mistakes are told at once; what is sound is kept.

use std::ops::Range;
use std::path::Path;

use engine::lint::{settable, similar_code};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Span};
use grammar::syntax_error::suggest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::Mistake;
use super::{Config, Folder, Level, Place};

type Value<'a> = Spanned<DeValue<'a>>;

const LEVELS: [&str; 4] = ["off", "info", "warning", "error"];

/// What the file says, and what is wrong with it. `folder` is canonical.
pub(super) fn read(source: &Source, folder: &Path) -> (Config, Vec<Diagnostic>) {
    let mut reader = Reader { source, mistakes: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let at = reader.span(error.span().unwrap_or(0..0));
        reader.mistakes.push(Mistake::NotToml { at, why: error.message().to_owned() });
    }
    let mut config = Config { folder: folder.to_owned(), ..Config::default() };
    // Of a text that is not TOML only a part was read, and what seems wrong in it may not be.
    if reader.mistakes.is_empty() {
        reader.file(table.get_ref(), &mut config);
    }
    let mut found: Vec<Diagnostic> = reader.mistakes.into_iter().map(Mistake::diagnostic).collect();
    found.sort_by_key(|d| (d.span.start, d.span.end));
    (config, found)
}

struct Reader<'a> {
    source: &'a Source,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source.id, range.start, range.end)
    }

    fn file(&mut self, table: &DeTable<'_>, config: &mut Config) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "lint" => {
                    if let Some(table) = self.table("`lint`", value) {
                        self.lint(table, config);
                    }
                }
                _ => self.unknown(key, "the file", &["lint"]),
            }
        }
    }

    fn lint(&mut self, table: &DeTable<'_>, config: &mut Config) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "deny" => config.deny_warnings = self.word("`deny`", value, &["warnings"]).is_some(),
                "exclude" => config.exclude = self.places(value),
                "levels" => config.levels = self.levels(value),
                "folders" => config.folders = self.folders(value),
                "verified_days" => config.verified_days = self.days("`verified_days`", value),
                "shellcheck" => config.shellcheck = self.truth("`shellcheck`", value),
                _ => self.unknown(key, "`lint`", &["deny", "exclude", "levels", "folders", "verified_days", "shellcheck"]),
            }
        }
    }

    fn levels(&mut self, value: &Value<'_>) -> Vec<(&'static str, Level)> {
        let mut levels = Vec::new();
        for (key, value) in self.table("`levels`", value).into_iter().flatten() {
            let at = self.span(key.span());
            let code = settable().find(|(code, _)| code.eq_ignore_ascii_case(key.get_ref()));
            let level = self.word("a level", value, &LEVELS);
            match (code, level) {
                (None, _) => {
                    let similar = similar_code(key.get_ref()).map(str::to_owned);
                    self.mistakes.push(Mistake::UnknownCode { at, found: key.get_ref().to_string(), similar });
                }
                (Some((code, Severity::Error)), Some(level)) if level != "error" => {
                    let at = self.span(value.span());
                    self.mistakes.push(Mistake::LoweredError { at, code });
                }
                (Some((code, _)), Some(level)) => levels.push((code, level_of(level))),
                (Some(_), None) => {}
            }
        }
        levels
    }

    fn folders(&mut self, value: &Value<'_>) -> Vec<Folder> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "`folders`", "a list of tables: [[lint.folders]]");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.folder(item)).collect()
    }

    fn folder(&mut self, item: &Value<'_>) -> Option<Folder> {
        let (mut place, mut levels, mut said) = (None, Vec::new(), false);
        for (key, value) in self.table("an item of `folders`", item)? {
            match key.get_ref().as_ref() {
                "path" => {
                    said = true;
                    place = self.place(value);
                }
                "levels" => levels = self.levels(value),
                _ => self.unknown(key, "an item of `folders`", &["path", "levels"]),
            }
        }
        if !said {
            self.wrong(item, "the `path` of a folder", "needed: path = \"runbooks/legacy\"");
        }
        place.map(|place| Folder { place, levels })
    }

    fn places(&mut self, value: &Value<'_>) -> Vec<Place> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.place(item)).collect(),
            _ => {
                self.wrong(value, "`exclude`", "a list of folders and patterns: [\"vendor\", \"**/*.draft.runbook\"]");
                Vec::new()
            }
        }
    }

    fn place(&mut self, value: &Value<'_>) -> Option<Place> {
        let text = self.text("a path", value)?;
        if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
            self.wrong(value, "a path", "relative to this file and below its folder");
            return None;
        }
        let place = Place::new(text);
        if let Err(error) = &place {
            self.wrong(value, "a path", &format!("a pattern of `*`, `**` and `?` ({})", error.msg));
        }
        place.ok()
    }

    fn days(&mut self, what: &str, value: &Value<'_>) -> Option<u32> {
        let days = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok(),
            _ => None,
        };
        if days.is_none_or(|days| days == 0) {
            self.wrong(value, what, "a number of days, one at least");
        }
        days.filter(|days| *days > 0)
    }

    fn truth(&mut self, what: &str, value: &Value<'_>) -> Option<bool> {
        if let DeValue::Boolean(truth) = value.get_ref() {
            return Some(*truth);
        }
        self.wrong(value, what, "true or false");
        None
    }

    fn word<'w>(&mut self, what: &str, value: &Value<'_>, known: &[&'w str]) -> Option<&'w str> {
        let written = self.text(what, value)?.to_owned();
        let found = known.iter().copied().find(|word| *word == written);
        if found.is_none() {
            let expected = known.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
            let expected = if known.len() > 1 { format!("one of {expected}") } else { expected };
            self.mistakes.push(Mistake::WrongValue {
                at: self.span(value.span()),
                what: what.to_owned(),
                expected,
                similar: suggest(&written, known.iter().copied()),
            });
        }
        found
    }

    fn text<'v>(&mut self, what: &str, value: &'v Value<'_>) -> Option<&'v str> {
        match value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => {
                self.wrong(value, what, "a text in quotes");
                None
            }
        }
    }

    fn table<'v, 'i>(&mut self, what: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.wrong(value, what, "a table");
                None
            }
        }
    }

    fn wrong(&mut self, value: &Value<'_>, what: &str, expected: &str) {
        self.mistakes.push(Mistake::WrongValue { at: self.span(value.span()), what: what.to_owned(), expected: expected.to_owned(), similar: None });
    }

    fn unknown(&mut self, key: &Spanned<toml::de::DeString<'_>>, place: &'static str, known: &[&'static str]) {
        let similar = suggest(key.get_ref(), known.iter().copied());
        self.mistakes.push(Mistake::UnknownKey { at: self.span(key.span()), found: key.get_ref().to_string(), place, similar, known: known.to_vec() });
    }
}

fn level_of(word: &str) -> Level {
    match word {
        "off" => Level::Off,
        "info" => Level::At(Severity::Info),
        "warning" => Level::At(Severity::Warning),
        _ => Level::At(Severity::Error),
    }
}

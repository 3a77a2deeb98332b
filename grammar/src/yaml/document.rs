//! The documents of a file: each a runbook or an action, or imports alone.

use super::Lowering;
use super::node::{Entry, Node, Value};
use super::parts::each;
use crate::ast::File;
use crate::syntax_error::SyntaxError;
use crate::word::{Place, Word};

impl Lowering<'_> {
    pub(super) fn document(&mut self, node: &Node, file: &mut File) {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Nothing | Value::Refused => return,
            Value::Scalar(_) | Value::List(_) => {
                return self.wrong_kind(node, "a document", "a mapping", Some("begin with `runbook: NAME` or `action: NAME`"));
            }
        };
        let find = |word: Word| entries.iter().find(|entry| entry.key.text == word.text());
        if let Some(import) = find(Word::Import) {
            let paths: Vec<_> = each(&import.value).iter().filter_map(|path| self.text(path, "`import`")).collect();
            file.imports.extend(paths);
        }
        match (find(Word::Runbook), find(Word::Action)) {
            (Some(_), Some(action)) => {
                let expected = "either `runbook` or `action`".to_owned();
                let help = Some("put the action into a document of its own, behind a line `---`".to_owned());
                self.errors.push(SyntaxError::Unexpected { span: action.key.span, expected, found: "both".to_owned(), help });
            }
            (Some(head), None) => {
                let gathered = self.fields(rest(entries, head), Place::Runbook);
                if let Some(name) = self.name(&head.value, "`runbook`") {
                    file.runbooks.push(gathered.runbook(name));
                }
            }
            (None, Some(head)) => {
                let gathered = self.fields(rest(entries, head), Place::Action);
                if let Some(name) = self.name(&head.value, "`action`") {
                    file.actions.push(gathered.action(name));
                }
            }
            (None, None) => {
                let others = entries.iter().filter(|entry| entry.key.text != Word::Import.text());
                self.nameless(others.collect());
            }
        }
    }

    /// A document that doesn't say what it is.
    fn nameless(&mut self, entries: Vec<&Entry>) {
        let Some(first) = entries.first() else { return };
        let known = Place::Runbook.yaml();
        let is_runbook = Word::read(&first.key.text).is_some_and(|word| known.contains(&word));
        if is_runbook {
            let help = "write at the top: runbook: NAME";
            self.errors.push(SyntaxError::MissingPart { span: first.key.span, place: Place::File, what: "a name", help });
            self.fields(entries, Place::Runbook);
        } else {
            self.unknown_key(&first.key, Place::File.described(), &Place::File.yaml());
        }
    }
}

fn rest<'n>(entries: &'n [Entry], head: &'n Entry) -> impl Iterator<Item = &'n Entry> {
    entries.iter().filter(|entry| entry.key.span != head.key.span && entry.key.text != Word::Import.text())
}

//! Simple commands: their words, assignments and redirections.

use brush_parser::ast::{
    Assignment, AssignmentName, AssignmentValue, CommandPrefixOrSuffixItem as Item, IoFileRedirectKind, IoFileRedirectTarget, IoRedirect, SimpleCommand,
    SourceLocation, Word,
};

use super::super::facts::{Assigned, At, From, Layer, Redirect, Simple, Site, Way};
use super::super::written::literal;
use super::{Here, Reader};
use crate::plan::template::{before_command, is_shell};

/// Whether a redirection gives a command its input.
pub(super) fn feeds(redirect: &IoRedirect) -> bool {
    match redirect {
        IoRedirect::File(fd, IoFileRedirectKind::Read | IoFileRedirectKind::ReadAndWrite | IoFileRedirectKind::DuplicateInput, _) => {
            fd.is_none_or(|fd| fd == 0)
        }
        IoRedirect::HereDocument(fd, _) | IoRedirect::HereString(fd, _) => fd.is_none_or(|fd| fd == 0),
        IoRedirect::File(..) | IoRedirect::OutputAndError(..) => false,
    }
}

impl Reader<'_> {
    pub(super) fn simple(&mut self, command: &SimpleCommand, here: Here) {
        let items = || command.prefix.iter().flat_map(|prefix| &prefix.0).chain(command.suffix.iter().flat_map(|suffix| &suffix.0));
        let redirects: Vec<&IoRedirect> = items()
            .filter_map(|item| match item {
                Item::IoRedirect(redirect) => Some(redirect),
                _ => None,
            })
            .collect();
        let mut words: Vec<&Word> = command.word_or_name.iter().collect();
        words.extend(command.suffix.iter().flat_map(|suffix| &suffix.0).filter_map(|item| match item {
            Item::Word(word) | Item::AssignmentWord(_, word) => Some(word),
            Item::IoRedirect(_) | Item::ProcessSubstitution(..) => None,
        }));
        let fed = here.fed || redirects.iter().any(|redirect| feeds(redirect));
        let number = self.facts.simples.len();
        let mut simple = self.bare(&words, Here { fed, ..here });
        let assigned: Vec<&Assignment> = command
            .prefix
            .iter()
            .flat_map(|prefix| &prefix.0)
            .filter_map(|item| match item {
                Item::AssignmentWord(assignment, _) => Some(assignment),
                _ => None,
            })
            .collect();
        simple.at = assigned.iter().map(|assignment| self.base.at(&assignment.loc)).chain(simple.places.iter().copied()).reduce(At::to).unwrap_or(simple.at);
        simple.before = assigned.iter().filter_map(|assignment| scalar(assignment)).collect();
        self.switches(&simple);
        self.facts.simples.push(simple);
        let here = Here { fed, ..here };
        for (i, word) in words.iter().enumerate() {
            self.word(word, Site::Word { simple: number, word: i }, here);
        }
        for assignment in &assigned {
            self.assignment(assignment, words.is_empty(), here);
        }
        for item in items() {
            if let Item::ProcessSubstitution(_, shell) = item {
                self.inside(&shell.list, here);
            }
        }
        self.given(number);
        let redirects = self.redirects(&redirects, here);
        self.facts.simples[number].redirects = redirects;
        self.code(number, here);
    }

    fn bare(&self, words: &[&Word], here: Here) -> Simple {
        let texts: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
        let places: Vec<At> = words.iter().map(|word| word.location().map_or_else(At::default, |location| self.base.at(&location))).collect();
        let mut program = 0;
        while let Some(next) = before_command(&texts[program..]).filter(|_| !is_question(&texts[program..])) {
            if program + next >= texts.len() {
                break;
            }
            program += next;
        }
        let name = texts.get(program).and_then(|word| literal(word)).map(|text| text.rsplit('/').next().unwrap_or_default().to_owned());
        let at = places.iter().copied().reduce(At::to).unwrap_or_default();
        Simple { words: texts, places, program, name: name.unwrap_or_default(), before: Vec::new(), redirects: Vec::new(), at, stands: self.stands(here) }
    }

    fn assignment(&mut self, assignment: &Assignment, alone: bool, here: Here) {
        let name = match &assignment.name {
            AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _) => name.clone(),
        };
        let (from, first) = match &assignment.value {
            AssignmentValue::Scalar(word) => {
                // Only the whole assignment has a place; the value is its end.
                let whole = self.base.at(&assignment.loc);
                let start = whole.end.saturating_sub(word.value.len()).max(whole.start);
                let before = self.facts.simples.len();
                self.text(&word.value, At { start, end: whole.end }, Site::Assignment, here);
                let lone = is_lone_substitution(&word.value).then_some(before..self.facts.simples.len());
                (lone.map_or_else(|| From::Word(word.value.clone()), From::Substitution), None)
            }
            AssignmentValue::Array(items) => (From::Elsewhere, Some(items)),
        };
        for (_, word) in first.into_iter().flatten() {
            self.word(word, Site::Assignment, here);
        }
        // Before a command it is that command's alone.
        if alone {
            self.facts.assigned.push(Assigned { name, from });
        }
    }

    /// Builtins that set variables.
    fn given(&mut self, number: usize) {
        let simple = &self.facts.simples[number];
        let elsewhere = |name: &str| Assigned { name: name.to_owned(), from: From::Elsewhere };
        let mut found = Vec::new();
        match simple.name.as_str() {
            "read" | "mapfile" | "readarray" | "getopts" => found.extend(simple.arguments().iter().map(|name| elsewhere(name))),
            "printf" if simple.arguments().first().is_some_and(|option| option == "-v") => found.extend(simple.arguments().get(1).map(|name| elsewhere(name))),
            "local" | "declare" | "typeset" | "export" | "readonly" => {
                for word in simple.arguments() {
                    if let Some((name, value)) = word.split_once('=') {
                        let from = if is_lone_substitution(value) { From::Elsewhere } else { From::Word(value.to_owned()) };
                        found.push(Assigned { name: name.to_owned(), from });
                    }
                }
            }
            _ => {}
        }
        self.facts.assigned.extend(found);
    }

    pub(super) fn redirects(&mut self, redirects: &[&IoRedirect], here: Here) -> Vec<Redirect> {
        let mut found = Vec::new();
        for redirect in redirects {
            let (way, word) = match redirect {
                IoRedirect::File(_, kind, target) => {
                    let way = match kind {
                        IoFileRedirectKind::Read | IoFileRedirectKind::ReadAndWrite => Way::In,
                        IoFileRedirectKind::Write | IoFileRedirectKind::Clobber => Way::Out,
                        IoFileRedirectKind::Append => Way::Append,
                        IoFileRedirectKind::DuplicateInput | IoFileRedirectKind::DuplicateOutput => Way::Duplicate,
                    };
                    match target {
                        IoFileRedirectTarget::Filename(word) => (way, Some(word)),
                        IoFileRedirectTarget::Duplicate(word) => (Way::Duplicate, Some(word)),
                        IoFileRedirectTarget::Fd(_) => (Way::Duplicate, None),
                        IoFileRedirectTarget::ProcessSubstitution(_, shell) => {
                            self.inside(&shell.list, here);
                            (Way::Process, None)
                        }
                    }
                }
                IoRedirect::OutputAndError(word, append) => (if *append { Way::Append } else { Way::Out }, Some(word)),
                IoRedirect::HereString(_, word) => {
                    self.word(word, Site::HereString, here);
                    found.push(self.redirect(Way::HereString, Some(word)));
                    continue;
                }
                IoRedirect::HereDocument(_, document) => {
                    if document.requires_expansion {
                        self.here_document(document, here);
                    }
                    found.push(self.redirect(Way::HereDoc, Some(&document.here_end)));
                    continue;
                }
            };
            if let Some(word) = word {
                self.word(word, Site::Redirect, here);
            }
            found.push(self.redirect(way, word));
        }
        found
    }

    fn redirect(&self, way: Way, word: Option<&Word>) -> Redirect {
        let at = word.and_then(SourceLocation::location).map_or_else(At::default, |location| self.base.at(&location));
        Redirect { way, word: word.map(|word| word.value.clone()).unwrap_or_default(), at }
    }

    /// `<( )` and `>( )`.
    fn inside(&mut self, list: &brush_parser::ast::CompoundList, here: Here) {
        let errexit = self.errexit;
        self.list(list, Here { layer: Layer::Substitution, top: false, ..here });
        self.errexit = errexit;
    }

    /// `set -e` and `set +e`.
    fn switches(&mut self, simple: &Simple) {
        if simple.name != "set" {
            return;
        }
        let words = simple.arguments();
        for (i, word) in words.iter().enumerate().take_while(|(_, word)| *word != "--") {
            let by_name = words.get(i + 1).is_some_and(|name| name == "errexit");
            match word.split_at_checked(1) {
                Some(("-", letters)) if letters.contains('e') || letters.ends_with('o') && by_name => self.errexit = true,
                Some(("+", letters)) if letters.contains('e') || letters.ends_with('o') && by_name => self.errexit = false,
                _ => {}
            }
        }
    }

    /// `sh -c '…'`: the code, where it is written out.
    fn code(&mut self, number: usize, here: Here) {
        let simple = &self.facts.simples[number];
        if !is_shell(&simple.name) {
            return;
        }
        let words = simple.arguments();
        let Some(option) = words.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c')) else { return };
        let Some(code) = words.get(option + 1).filter(|_| words[..option].iter().all(|word| word.starts_with('-'))) else { return };
        let Some(inner) = code.strip_prefix('\'').and_then(|code| code.strip_suffix('\'')).filter(|code| !code.contains('\'')) else { return };
        let (inner, at) = (inner.to_owned(), simple.argument_at(option + 1));
        let strict = words[..=option].iter().any(|word| word.contains('e'));
        let around = std::mem::replace(&mut self.errexit, strict);
        self.nested(&inner, at.start + 1, at, Here { layer: Layer::Code, strict: true, asked: false, ..here });
        self.errexit = around;
    }
}

/// `command -v x` asks about x and does not run it.
fn is_question(words: &[String]) -> bool {
    matches!(words, [first, second, ..] if first == "command" && second.starts_with('-') && second.contains(['v', 'V']))
}

fn scalar(assignment: &Assignment) -> Option<(String, String)> {
    match (&assignment.name, &assignment.value) {
        (AssignmentName::VariableName(name), AssignmentValue::Scalar(word)) => Some((name.clone(), word.value.clone())),
        _ => None,
    }
}

/// `$(…)`, with or without quotes, and nothing beside it.
fn is_lone_substitution(word: &str) -> bool {
    let word = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word);
    let mut depth = 0_usize;
    word.starts_with("$(")
        && !word.starts_with("$((")
        && word.char_indices().all(|(at, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 || at == 0 || at + 1 == word.len()
        })
}

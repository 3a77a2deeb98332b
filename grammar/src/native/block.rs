//! The lines of a block: each goes to its place in what is gathered.

use super::entry::{Entry, Parts};
use super::{Lowering, Pair, Rule};
use crate::ast::{Capture, Does, Evidence, Retry, Show, Silence, Undo, Verify};
use crate::gathered::{Gathered, add_named};
use crate::source::Text;
use crate::syntax_error::SyntaxError;
use crate::word::{Place, Word};

impl Lowering<'_> {
    /// One entry of a block of `place`.
    pub(super) fn field(&mut self, entry: Entry<'_>, place: Place, gathered: &mut Gathered) {
        let Some(head) = entry.head.clone() else {
            let at = entry.whole.start();
            let span = self.span(at, at + 1);
            self.errors.push(SyntaxError::LooseBlock { span });
            // What stands in it was meant for the block around it, as likely as not: its mistakes are told too.
            return self.skim(&entry, place);
        };
        let rule = head.as_rule();
        if matches!(rule, Rule::unknown | Rule::binding) {
            return self.explain_unknown(&entry, place);
        }
        let Some(word) = keyword(&head) else { return };
        if !place.native().contains(&word) {
            let start = head.as_span().start();
            let span = self.span(start, start + word.text().len());
            self.errors.push(SyntaxError::MisplacedWord { span, word, place });
            return;
        }
        let span = self.span_of(&head);
        if !gathered.is_first(word, span, self.errors) {
            return;
        }
        match rule {
            Rule::param => gathered.params.extend(self.param(&entry)),
            Rule::fact => {
                if let Some(fact) = self.fact(&entry) {
                    gathered.fact(fact, place);
                }
            }
            Rule::env => self.env(&entry, gathered),
            Rule::step | Rule::manual | Rule::gate | Rule::boundary | Rule::during | Rule::parallel | Rule::for_each | Rule::call_runbook | Rule::series => {
                self.piece(&entry, rule, &mut gathered.pieces)
            }
            _ => {
                self.refuse_rest(&entry, place, word);
                match rule {
                    Rule::target => gathered.targets.extend(self.target(&entry)),
                    Rule::notify => gathered.notify.extend(self.notify(&entry)),
                    Rule::require => {
                        if let Some(require) = self.require(&entry) {
                            gathered.require(require, place);
                        }
                    }
                    _ => self.line(head, word, place, gathered),
                }
            }
        }
    }

    /// `env { NAME = value }`.
    fn env(&mut self, entry: &Entry<'_>, gathered: &mut Gathered) {
        let mut seen = std::collections::HashMap::new();
        for inner in entry.entries() {
            match inner.head.clone() {
                Some(head) if head.as_rule() == Rule::binding => {
                    if !inner.leftover.is_empty() || inner.block.is_some() {
                        self.explain_leftover(&inner, Place::Env);
                    }
                    let mut parts = Parts::of(head);
                    if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                        let (name, value) = (self.name(name), self.operand(value));
                        add_named(&mut gathered.settings.env, &mut seen, name, value, self.errors);
                    }
                }
                _ => self.explain_binding(&inner),
            }
        }
    }

    /// A line without a block. `word` may stand here and stands for the first time, if only once is allowed.
    fn line(&mut self, head: Pair<'_>, word: Word, place: Place, gathered: &mut Gathered) {
        let span = self.span_of(&head);
        let rule = head.as_rule();
        let mut parts = Parts::of(head);
        match rule {
            Rule::text_field => {
                let text = parts.next().map(|text| self.text(text));
                set_text(word, text, gathered);
            }
            Rule::operand_field => {
                if let Some(value) = parts.next() {
                    self.operand_field(value, word, gathered);
                }
            }
            Rule::command_field => {
                let command = parts.next().map(|command| self.command(command));
                match (word, command) {
                    (Word::Run, Some(command)) => gathered.does(word, span, Does::Run(command), self.errors),
                    (_, command) => gathered.fields.check = command,
                }
            }
            Rule::bool_field => {
                let truth = parts.next().map(|truth| self.truth(truth));
                match word {
                    Word::Private => gathered.fields.private = truth,
                    Word::SecondPerson => gathered.second_person = truth,
                    _ => gathered.secret = truth,
                }
            }
            Rule::name_field => {
                let name = parts.next().map(|name| self.name(name));
                match word {
                    Word::Unreachable => gathered.settings.unreachable = name,
                    _ => gathered.on_failure = name,
                }
            }
            Rule::names_field => {
                let names = parts.next().map(|names| self.names(names)).unwrap_or_default();
                match word {
                    Word::On => gathered.settings.on = names,
                    _ => gathered.after = names,
                }
            }
            Rule::when => gathered.when = parts.next().map(|when| self.expression(when)),
            Rule::timeout => self.timeout(parts, place, gathered),
            Rule::ask => gathered.ask = self.silence(parts),
            Rule::use_action => {
                if let Some(call) = parts.next().and_then(|call| self.call(call)) {
                    gathered.does(word, span, Does::Use(call), self.errors);
                }
            }
            Rule::transfer => {
                if let (Some(src), Some(to)) = (parts.next(), parts.next()) {
                    let (src, to) = (self.text(src), self.text(to));
                    let does = if word == Word::Upload { Does::Upload { src, to } } else { Does::Download { src, to } };
                    gathered.does(word, span, does, self.errors);
                }
            }
            _ => self.step_line(rule, parts, gathered),
        }
    }

    fn operand_field(&mut self, value: Pair<'_>, word: Word, gathered: &mut Gathered) {
        let span = self.span_of(&value);
        match word {
            Word::Verified => gathered.verified = Some(Text::verbatim(value.as_str(), span)),
            Word::Sleep => {
                let sleep = self.expression(value);
                gathered.does(word, span, Does::Sleep(sleep), self.errors);
            }
            Word::OutputLimit => gathered.fields.output_limit = Some(self.expression(value)),
            Word::Expect => gathered.fields.expect = Some(self.expression(value)),
            Word::Tolerate => gathered.fields.tolerate = Some(self.expression(value)),
            Word::ValidFor => gathered.valid_for = Some(self.expression(value)),
            Word::Budget => gathered.budget = Some(self.expression(value)),
            Word::Choices => gathered.choices = Some(self.operand(value)),
            Word::Approvers => gathered.approvers = Some(self.operand(value)),
            Word::OneOf => gathered.one_of = Some(self.operand(value)),
            Word::Min => gathered.min = Some(self.operand(value)),
            _ => gathered.max = Some(self.operand(value)),
        }
    }

    /// `timeout D`, and in a gate `timeout D then WHAT`.
    fn timeout(&mut self, mut parts: Parts<'_>, place: Place, gathered: &mut Gathered) {
        if place == Place::Gate {
            gathered.gate_timeout = self.silence(parts);
            return;
        }
        let Some(after) = parts.next().map(|after| self.expression(after)) else { return };
        let clause = parts.take(Rule::then_clause);
        gathered.settings.timeout = Some(after);
        if let Some(clause) = clause {
            let (span, found) = (self.span_of(&clause), "`then`".to_owned());
            let help = Some("`then` belongs to the timeout of a gate; here only the duration stands".to_owned());
            self.errors.push(SyntaxError::Unexpected { span, expected: "the end of the line".to_owned(), found, help });
        }
    }

    /// `D then WHAT`.
    fn silence(&mut self, mut parts: Parts<'_>) -> Option<Silence> {
        let after = parts.next().map(|after| self.expression(after))?;
        let clause = parts.take(Rule::then_clause);
        let then = clause.and_then(|clause| Parts::of(clause).next()).map(|then| self.name(then));
        Some(Silence { after, then })
    }

    fn step_line(&mut self, rule: Rule, mut parts: Parts<'_>, gathered: &mut Gathered) {
        match rule {
            Rule::verify => {
                if let Some(cmd) = parts.next().map(|cmd| self.command(cmd)) {
                    let every = self.clause(&mut parts, Rule::every_clause);
                    let within = self.clause(&mut parts, Rule::within_clause);
                    gathered.fields.verify.push(Verify { cmd, every, within });
                }
            }
            Rule::undo => gathered.fields.undo = parts.next().and_then(|undo| self.undo(undo)),
            Rule::capture => {
                if let (Some(name), Some(kind)) = (parts.next(), parts.next()) {
                    let name = self.name(name);
                    let kind = self.type_name(kind);
                    gathered.fields.captures.extend(kind.map(|kind| Capture { name, kind }));
                }
            }
            Rule::evidence => {
                if let (Some(name), Some(kind), Some(ask)) = (parts.next(), parts.next(), parts.next()) {
                    let (name, kind, ask) = (self.name(name), self.type_name(kind), self.text(ask));
                    gathered.fields.evidence.extend(kind.map(|kind| Evidence { name, kind, ask }));
                }
            }
            Rule::retry => {
                if let Some(times) = parts.next().map(|times| self.expression(times)) {
                    let every = self.clause(&mut parts, Rule::every_clause);
                    let backoff = self.clause(&mut parts, Rule::backoff_clause);
                    let on = self.on_clause(&mut parts).map(|(on, _)| on).unwrap_or_default();
                    gathered.fields.retry = Some(Retry { times, every, backoff, on });
                }
            }
            Rule::reboots => gathered.fields.reboots = self.clause(&mut parts, Rule::within_clause),
            Rule::show => {
                if let Some(cmd) = parts.next().map(|cmd| self.command(cmd)) {
                    let on = self.on_clause(&mut parts).map(|(on, _)| on).unwrap_or_default();
                    gathered.show.push(Show { cmd, on });
                }
            }
            _ => {}
        }
    }

    fn undo(&mut self, pair: Pair<'_>) -> Option<Undo> {
        Some(match pair.as_rule() {
            Rule::undo_none => Undo::None(Parts::of(pair).next().map(|why| self.text(why))?),
            Rule::undo_manual => Undo::Manual(Parts::of(pair).next().map(|text| self.text(text))?),
            _ => Undo::Command(self.command(pair)),
        })
    }
}

/// The word that a head begins with.
fn keyword(head: &Pair<'_>) -> Option<Word> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let text = head.as_str();
    let end = text.find(|c| !letter(c)).unwrap_or(text.len());
    Word::read(&text[..end])
}

fn set_text(word: Word, text: Option<Text>, gathered: &mut Gathered) {
    let slot = match word {
        Word::About => &mut gathered.about,
        Word::Source => &mut gathered.source,
        Word::Owner => &mut gathered.owner,
        Word::Window => &mut gathered.window,
        Word::Signers => &mut gathered.signers,
        Word::Lock => return gathered.locks.extend(text),
        Word::As => &mut gathered.settings.as_user,
        Word::Cwd => &mut gathered.settings.cwd,
        Word::Shell => &mut gathered.settings.shell,
        Word::Irreversible => &mut gathered.fields.irreversible,
        Word::Stdin => &mut gathered.fields.stdin,
        Word::Instructions => &mut gathered.fields.instructions,
        Word::Confirm => &mut gathered.confirm,
        Word::Help => &mut gathered.help,
        _ => &mut gathered.matches,
    };
    *slot = text;
}

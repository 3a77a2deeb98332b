//! The way down of a series: a runbook turned round. Its steps stand in reverse; each runs what it says of its undo, and
//! is undone by what it runs. What is turned is checked, linted and planned like anything that is written.
//!
//! A name of something turned stands at a place without length, so that it is told from the one that is written.

use std::collections::BTreeMap;

use grammar::ast::{Action, ActionCall, Block, Boundary, Does, Fields, For, Name, Operand, Piece, Runbook, Step, Undo, Verify};
use grammar::source::{Span, Spanned, Text};

use super::error::CheckError;
use crate::plan::template::Prose;

/// Turns runbooks, and keeps the actions that they need on the way down.
#[derive(Default)]
pub(super) struct Turning {
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) errors: Vec<CheckError>,
}

/// Why something can't be turned, and where.
type Not = (Span, &'static str, &'static str);

impl Turning {
    /// `from`: where the series says that it goes down.
    pub(super) fn runbook(&mut self, runbook: &Runbook, from: Span, actions: &BTreeMap<String, Action>) -> Runbook {
        let mut nots: Vec<Not> =
            runbook.facts.iter().map(|fact| (fact.name.span, "it reads a fact", "what was read on the way up is not known then: pass a param")).collect();
        let body = self.block(&runbook.body, actions, &mut nots);
        let whose = runbook.name.value.clone();
        self.errors.extend(nots.into_iter().map(|(at, why, help)| CheckError::NoWayDown { at, from, whose: whose.clone(), why, help }));
        Runbook {
            name: place(&runbook.name),
            title: runbook.title.as_ref().map(taken_back),
            facts: Vec::new(),
            requires: Vec::new(),
            notify: Vec::new(),
            body,
            ..runbook.clone()
        }
    }

    fn block(&mut self, block: &Block, actions: &BTreeMap<String, Action>, nots: &mut Vec<Not>) -> Block {
        let mut pieces = Vec::new();
        for piece in block.pieces.iter().rev() {
            match piece {
                Piece::Step(step) | Piece::Manual(step) => match self.step(step, actions) {
                    Ok(turned) => pieces.extend(turned),
                    Err(not) => nots.push(not),
                },
                Piece::Boundary(boundary) => {
                    let block = self.block(&boundary.block, actions, nots);
                    pieces.push(Piece::Boundary(Boundary { title: boundary.title.as_ref().map(taken_back), block, ..boundary.clone() }));
                }
                Piece::For(each) => {
                    let block = self.block(&each.block, actions, nots);
                    pieces.push(Piece::For(For { block, ..each.clone() }));
                }
                // What must hold before the way up.
                Piece::Require(_) => {}
                other => nots.push((
                    place_of(other),
                    "only steps, boundaries and loops can be gone back over",
                    "say it in steps, or keep such a runbook out of a series that goes down",
                )),
            }
        }
        Block { when: block.when.clone(), after: block.after.clone(), settings: block.settings.clone(), pieces }
    }

    /// `None`: there is nothing to take back.
    fn step(&mut self, step: &Step, actions: &BTreeMap<String, Action>) -> Result<Option<Piece>, Not> {
        let Some(fields) = self.fields(&step.fields, step.id.span, actions)? else { return Ok(None) };
        let by_hand = fields.instructions.is_some();
        let step = Step { title: step.title.as_ref().map(taken_back), after: Vec::new(), fields, ..step.clone() };
        Ok(Some(if by_hand { Piece::Manual(step) } else { Piece::Step(step) }))
    }

    fn fields(&mut self, fields: &Fields, at: Span, actions: &BTreeMap<String, Action>) -> Result<Option<Fields>, Not> {
        if let Some(why) = &fields.irreversible {
            return Err((why.span, "it can't be taken back", "a series goes down only behind what can't: raise the version that is wanted"));
        }
        // Sleeping, looking: nothing is left of it.
        let idle = matches!(fields.does, None | Some(Does::Sleep(_))) && fields.instructions.is_none();
        let undo = match &fields.undo {
            Some(Undo::None(_)) => return Ok(None),
            None if idle => return Ok(None),
            undo => undo.as_ref(),
        };
        let early = fields.facts.iter().map(|fact| fact.name.span).chain(fields.captures.iter().map(|capture| capture.name.span)).next();
        if let Some(at) = early {
            return Err((at, "what it read on the way up is not known on the way down", "let its undo do with params: say there what the old value was"));
        }
        let texts = [&fields.check].into_iter().flatten().chain(match undo {
            Some(Undo::Command(undo)) => Some(undo),
            _ => None,
        });
        if let Some(text) = texts.into_iter().find(|text| is_of_one_run(text)) {
            return Err((text.span, "`run_id` is another on the way down", "name what is kept for the way back by the version"));
        }
        let turned = |does: Option<Does>, instructions: Option<Text>, undo: Undo| Fields {
            does,
            instructions,
            undo: Some(undo),
            check: None,
            verify: fields.check.iter().map(no_longer).collect(),
            requires: Vec::new(),
            evidence: Vec::new(),
            stdin: None,
            ..fields.clone()
        };
        let again = || match (&fields.does, &fields.instructions) {
            (Some(Does::Run(run)), _) => Ok(Undo::Command(unless(fields.check.as_ref(), run))),
            (None | Some(Does::Sleep(_)), Some(what)) => Ok(Undo::Manual(what.clone())),
            (None | Some(Does::Sleep(_)), None) => Ok(Undo::None(Text::verbatim("on the way up it does nothing", at))),
            _ => Err((at, "only a command can be done again", "say in `run` what it does, or in an action with an undo of its own")),
        };
        if let Some(stdin) = &fields.stdin {
            return Err((stdin.span, "its command would be without its input when it is done again", "give the input in the command, or in `env`"));
        }
        match (undo, &fields.does) {
            (None, Some(Does::Use(call))) if fields.check.is_none() => {
                let call = self.action(call, actions)?;
                Ok(call.map(|call| Fields { verify: Vec::new(), requires: Vec::new(), does: Some(Does::Use(call)), ..fields.clone() }))
            }
            (None, _) => Err((at, "it says no undo", "say `undo` with a command, `undo none \"why\"`, or `undo manual \"what a person does\"`")),
            (Some(Undo::Command(undo)), _) => Ok(Some(turned(Some(Does::Run(undo.clone())), None, again()?))),
            (Some(Undo::Manual(what)), _) => Ok(Some(turned(None, Some(what.clone()), again()?))),
            (Some(Undo::None(_)), _) => Ok(None),
        }
    }

    /// The action that takes back what this one does.
    fn action(&mut self, call: &ActionCall, actions: &BTreeMap<String, Action>) -> Result<Option<ActionCall>, Not> {
        let mut name = format!("undo-of-{}", call.name.value);
        while actions.contains_key(&name) {
            name = format!("undo-of-{name}");
        }
        let turned = ActionCall { name: Spanned::new(name.clone(), call.name.span), args: call.args.clone() };
        if call.args.iter().any(|(_, value)| operand_is_of_one_run(value)) {
            return Err((call.name.span, "`run_id` is another on the way down", "name what is kept for the way back by the version"));
        }
        // One that is not there is told elsewhere.
        let Some(action) = actions.get(&call.name.value) else { return Ok(None) };
        if !self.actions.contains_key(&name) {
            let Some(fields) = self.fields(&action.fields, action.name.span, actions).map_err(|(_, why, help)| (call.name.span, why, help))? else {
                return Ok(None);
            };
            let title = action.title.as_ref().map(taken_back);
            self.actions.insert(name.clone(), Action { name: Spanned::new(name, start(action.name.span)), title, fields, ..action.clone() });
        }
        Ok(Some(turned))
    }
}

fn place(name: &Name) -> Name {
    Spanned::new(name.value.clone(), start(name.span))
}

fn start(span: Span) -> Span {
    Span::new(span.source, span.start, span.start)
}

fn taken_back(title: &Text) -> Text {
    joined(&[Part::Ours("Take back: "), Part::Theirs(title)], title.span)
}

/// The check says no: a guard that can't tell is an error here, too.
fn no_longer(check: &Text) -> Verify {
    let cmd = joined(
        &[Part::Ours("set +e; (set -e\n"), Part::Theirs(check), Part::Ours("\n); said=$?; set -e\n[ $said -lt 126 ] || exit $said\n[ $said != 0 ]")],
        start(check.span),
    );
    Verify { cmd, every: None, within: None }
}

/// What a step does where its check says no: both in one command, since an undo has no check.
fn unless(check: Option<&Text>, run: &Text) -> Text {
    let Some(check) = check else { return run.clone() };
    let before = "set +e; ([ -z \"${BASH_VERSION-}\" ] || set +o pipefail; set -e\n";
    let between = "\n); said=$?; set -e\n[ $said -lt 126 ] || exit $said\n[ $said != 0 ] || exit 0\n";
    joined(&[Part::Ours(before), Part::Theirs(check), Part::Ours(between), Part::Theirs(run)], start(run.span))
}

enum Part<'a> {
    Ours(&'a str),
    Theirs(&'a Text),
}

/// Text of the engine's own making around text of the source, each byte of which keeps its place.
fn joined(parts: &[Part<'_>], span: Span) -> Text {
    let mut whole = Text::verbatim(String::new(), span);
    for part in parts {
        let at = whole.text.len();
        match part {
            Part::Ours(text) => {
                whole.pieces.push((at, span.start));
                whole.text.push_str(text);
            }
            Part::Theirs(text) => {
                let own = if text.pieces.is_empty() { vec![(0, text.span.start)] } else { text.pieces.clone() };
                whole.pieces.extend(own.into_iter().map(|(inside, source)| (at + inside, source)));
                whole.text.push_str(&text.text);
            }
        }
    }
    whole
}

fn is_of_one_run(text: &Text) -> bool {
    Prose::compile(text).is_ok_and(|prose| prose.names().iter().any(|(name, _)| name == "run_id"))
}

fn operand_is_of_one_run(value: &Operand) -> bool {
    match value {
        Operand::Literal(text) => is_of_one_run(text),
        Operand::Computed(text) => text.text.contains("run_id"),
        Operand::List(items) => items.value.iter().any(operand_is_of_one_run),
    }
}

fn place_of(piece: &Piece) -> Span {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => step.id.span,
        Piece::Gate(gate) => gate.id.span,
        Piece::Boundary(boundary) => boundary.id.span,
        Piece::During(during) => during.action.name.span,
        Piece::Parallel(block) => block.span,
        Piece::For(each) => each.var.span,
        Piece::Call(call) => call.id.span,
        Piece::Series(series) => series.folder.span,
        Piece::Fact(fact) => fact.name.span,
        Piece::Require(require) => require.why.span,
    }
}

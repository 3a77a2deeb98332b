//! Every rule finds its fault wherever it may stand, in both spellings; and finds nothing there in its good twin.

use std::collections::BTreeSet;

use grammar::Spelling;
use grammar::ast::{Action, ActionCall, Block, Boundary, Call, Does, During, Expr, Fields, File, For, Name, Operand, Piece, Runbook, Series, Settings, Step};
use grammar::source::{Span, Spanned, Text};

use super::rules;
use super::tests::{CUT_SHORT, codes_of};
use crate::plan::tests::parsed;

fn name(text: &str) -> Name {
    Name::new(text.to_owned(), Span::default())
}

fn text(text: &str) -> Text {
    Text::verbatim(text, Span::default())
}

fn block(pieces: Vec<Piece>) -> Block {
    Block { pieces, ..Block::default() }
}

/// The places that a piece may be put into.
const PLACES: [&str; 10] = ["boundary", "for", "wide for", "parallel", "during", "called", "action", "library", "series", "during in for"];

/// The same fault in another place. `None`: it can't stand there.
fn moved(file: &File, place: &str) -> Option<File> {
    let mut file = file.clone();
    let runbook = file.runbooks.first_mut()?;
    let pieces = std::mem::take(&mut runbook.body.pieces);
    let inside = match place {
        "boundary" => Piece::Boundary(Boundary { id: name("around"), title: None, on_failure: None, ask: None, budget: None, block: block(pieces) }),
        "for" | "wide for" => {
            let over: Expr = text("range(2)");
            let batch = (place == "wide for").then(|| text("2"));
            Piece::For(For { var: name("each_one"), over, batch, pause: None, tolerate: None, block: block(pieces) })
        }
        "parallel" => {
            let one =
                Piece::Boundary(Boundary { id: name("branch"), title: None, on_failure: Some(name("park")), ask: None, budget: None, block: block(pieces) });
            Piece::Parallel(Spanned::new(block(vec![one]), Span::default()))
        }
        "during" => {
            let action = ActionCall { name: name("site.held-there"), args: Vec::new() };
            file.actions.push(held());
            let settings = Settings { on: vec![name("local")], ..Settings::default() };
            Piece::During(During { action, release: Some(name("always")), settings, block: Some(block(pieces)) })
        }
        "called" => {
            let low = Runbook { name: name("low-down"), body: Block { pieces, ..std::mem::take(&mut runbook.body) }, ..runbook.clone() };
            let with = low.params.iter().map(|param| (param.name.clone(), Operand::Computed(text(&param.name.value)))).collect();
            let call = Piece::Call(Call { id: name("there"), runbook: name("low-down"), with, when: None, after: Vec::new() });
            file.runbooks.push(low);
            call
        }
        "action" => {
            let [Piece::Step(step)] = pieces.as_slice() else { return None };
            let Step { id, title, when, after, settings, fields } = step.clone();
            let on = settings.on.clone();
            let used = Does::Use(ActionCall { name: name("site.moved"), args: Vec::new() });
            file.actions.push(Action {
                name: name("site.moved"),
                title: title.clone(),
                params: Vec::new(),
                settings: Settings { on: Vec::new(), ..settings },
                fields,
            });
            Piece::Step(Step {
                id,
                title,
                when,
                after,
                settings: Settings { on, ..Settings::default() },
                fields: Fields { does: Some(used), ..Fields::default() },
            })
        }
        "series" => Piece::Series(Series { folder: text("updates/"), from: text("\"0\""), to: text("\"9\""), down: None, block: block(pieces) }),
        "library" => {
            let mut file = parsed_again(&file, pieces);
            file = moved(&file, "action")?;
            file.runbooks.clear();
            return Some(file);
        }
        "during in for" => {
            let file = moved(&parsed_again(&file, pieces), "during")?;
            return moved(&file, "for");
        }
        _ => return None,
    };
    file.runbooks.first_mut()?.body.pieces = vec![inside];
    Some(file)
}

fn parsed_again(file: &File, pieces: Vec<Piece>) -> File {
    let mut file = file.clone();
    file.runbooks[0].body.pieces = pieces;
    file
}

fn held() -> Action {
    let fields = Fields { does: Some(Does::Run(text("hold"))), undo: Some(grammar::ast::Undo::Command(text("let-go"))), ..Fields::default() };
    Action { name: name("site.held-there"), title: None, params: Vec::new(), settings: Settings::default(), fields }
}

/// What is told of an example in a place, once a spelling. `None`: it can't stand there.
fn told(example: &str, place: &str) -> Option<Vec<(String, BTreeSet<&'static str>)>> {
    let file = moved(&parsed("t.runbook", example).file, place)?;
    let spellings = [("t.runbook", Spelling::Native), ("t.runbook.yaml", Spelling::Yaml)].into_iter().map(|(path, spelling)| {
        let text = grammar::format::print(&file, spelling).unwrap_or_else(|e| panic!("{place}: {example}\n{e:#?}"));
        let codes = codes_of(path, &text).ok()?;
        Some((text, codes))
    });
    spellings.collect()
}

/// Where a rule says something else, and why it is right there.
const EXCEPTIONS: [(&str, &str, &str); 7] = [
    ("RB0312", "library", "a library has no params of a run"),
    ("RB0307", "library", "its example stands at the top of a runbook"),
    ("RB0314", "library", "its example is a `when`, which an action has not"),
    ("RB0382", "library", "a library has no date"),
    ("RB0383", "action", "an action has no instructions"),
    ("RB0383", "library", "an action has no instructions"),
    ("RB0325", "for", "what is asked about comes again with the next item"),
];
/// Where the good twin is no good twin any more, and why.
const NO_LONGER_GOOD: [(&str, &str, &str); 2] = [
    ("RB0317", "boundary", "the boundary around both is divided, too"),
    ("RB0330", "wide for", "what stands behind the loop is done once for each item of the one around"),
];

#[test]
fn a_fault_is_found_wherever_it_stands_and_its_good_twin_nowhere() {
    let mut wrong = Vec::new();
    for rule in rules().iter().filter(|rule| !CUT_SHORT.contains(&rule.code)) {
        let mut shown = 0;
        for place in PLACES {
            let except = |list: &[(&str, &str, &str)]| list.iter().any(|(code, at, _)| *code == rule.code && place.ends_with(at));
            for (text, codes) in told(rule.bad, place).into_iter().flatten().filter(|_| !except(&EXCEPTIONS)) {
                shown += 1;
                if !codes.contains(rule.code) {
                    wrong.push(format!("{} is silent in {place}: {codes:?}\n{text}", rule.code));
                }
            }
            for (text, codes) in told(rule.good, place).into_iter().flatten().filter(|_| !except(&NO_LONGER_GOOD)) {
                if codes.contains(rule.code) {
                    wrong.push(format!("{} cries in {place}\n{text}", rule.code));
                }
            }
        }
        if shown < 8 {
            wrong.push(format!("{} is shown in {shown} places alone", rule.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

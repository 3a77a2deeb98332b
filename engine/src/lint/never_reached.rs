//! What stands behind a place that no run passes.

use grammar::ast::{Condition, Does, Piece, Require, Step};
use grammar::diagnostic::Severity;
use grammar::source::{Span, Text};

use super::flow::names::always;
use super::flow::paths::{Spot, called, when};
use super::{Found, Rule};
use crate::check::Program;
use crate::value::Value;

pub(super) static RULE: Rule = Rule {
    code: "RB0315",
    severity: Severity::Warning,
    title: "something that is never reached",
    explanation: "Behind a gate that nobody can pass, since its time is over at once, or a step or a requirement whose command is `false`, nothing ever runs; a loop over nothing has no items. What stands there looks as if it were covered.",
    bad: "runbook x { target h: host = \"h1\"\n gate sure \"Go on?\" { timeout 0s then end }\n step s on h { run `true` } }",
    good: "runbook x { target h: host = \"h1\"\n gate sure \"Go on?\" { timeout 10m then end }\n step s on h { run `true` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let (Some(runbook), Some(paths)) = (program.runbook(), found.paths) else { return };
    if let (Some(require), Some(first)) = (runbook.requires.iter().find(|require| refuses(require)), paths.spots.first()) {
        unreached(*first, require.why.span, NEVER_HOLDS, found);
    }
    for spot in &paths.spots {
        if let Piece::For(each) = spot.piece
            && always(&each.over).is_some_and(|over| matches!(over, Value::List(items) if items.is_empty()))
            && paths.is_own(*spot)
        {
            found.add(
                each.over.span,
                "this loop has no items: nothing in it ever runs",
                "nothing to go over",
                "give it a list that has items, or take the loop out",
            );
        } else if let Some(why) = stops(*spot)
            // What stands in a called runbook alone is said there.
            && let Some(next) = paths.own().find(|other| paths.is_sure_before(*spot, *other))
        {
            unreached(next, called(spot.piece).0, why, found);
        }
    }
}

fn unreached(first: Spot<'_>, cause: Span, why: &str, found: &mut Found) {
    let (at, name) = called(first.piece);
    let note = found.add(at, format!("{name} is never reached: {why}"), "never reached", "mend what stands before it, or take out what can't run");
    note.related.push((cause, "no run gets past this".to_owned()));
}

const NEVER_HOLDS: &str = "what is required before it never holds";

/// Why no run gets past a piece.
fn stops(spot: Spot<'_>) -> Option<&'static str> {
    if when(spot.piece).is_some() {
        return None;
    }
    match spot.piece {
        // An expression that never holds is found by a rule of its own, which says that the run stops there.
        Piece::Require(require) => refuses(require).then_some(NEVER_HOLDS),
        Piece::Gate(gate) => {
            let after = gate.timeout.as_ref().and_then(|timeout| always(&timeout.after));
            (after == Some(Value::Duration(0))).then_some("the gate before it is over at once")
        }
        Piece::Step(step) => (step.fields.tolerate.is_none() && step_fails(step)).then_some("the step before it always fails"),
        Piece::Manual(_) | Piece::Boundary(_) | Piece::During(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Call(_) | Piece::Series(_) | Piece::Fact(_) => {
            None
        }
    }
}

fn refuses(require: &Require) -> bool {
    matches!(&require.that, Condition::Succeeds(command) if fails(command))
}

fn step_fails(step: &Step) -> bool {
    let run = matches!(&step.fields.does, Some(Does::Run(command)) if step.fields.check.is_none() && step.fields.reboots.is_none() && fails(command));
    run || step.fields.check.is_none() && step.fields.verify.iter().any(|verify| fails(&verify.cmd))
}

/// Commands that say no and nothing else.
fn fails(command: &Text) -> bool {
    match command.text.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["false"] => true,
        ["exit", status] => status.parse::<u8>().is_ok_and(|status| status > 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> Vec<String> {
        let text = format!("runbook x {{\n target h: host = \"h1\"\n param p: string\n {body}\n}}");
        places("RB0315", &text).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_stands_behind_an_end_is_found_wherever_it_stands() {
        assert_eq!(found("boundary b { require \"x\" `false` on h\n step s on h { verify `true` } }"), ["s"]);
        assert_eq!(found("boundary b { step s on h { run `exit 1`; undo none \"x\" } }\n step t on h { run `true` }"), ["t"]);
        assert_eq!(
            found("during puppet.disabled(reason: p) on h release always\n gate g \"?\" { timeout 5m then park }\n require \"x\" `exit 3` on h"),
            ["puppet.disabled"],
            "required at the top"
        );
        assert_eq!(found("for x in [] { step s on h { run `echo {{ x }}` } }"), ["[]"]);
    }

    #[test]
    fn what_may_be_passed_or_left_out_ends_nothing() {
        for body in [
            "gate g \"?\" { when p == \"a\"\n timeout 0s then park }\n step s on h { run `true` }",
            "parallel { step s on h { run `false` }\n step t on h { run `true` } }",
            "boundary b { when p == \"a\"\n step s on h { run `false`; undo none \"x\" } }\n step t on h { run `true` }",
            "step s on h { check `test -e /x`; run `false` }\n step t on h { run `true` }",
            "step s on h { run `exit 0` }\n step t on h { run `exit \"$x\"` }\n step u on h { run `true` }",
            "step s on h { run `true` }\n gate last \"?\" { timeout 0s then park }",
            "for x in [\"a\"] { step s on h { run `echo {{ x }}` } }",
        ] {
            assert!(found(body).is_empty(), "{body}");
        }
    }
}

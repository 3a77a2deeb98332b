//! Who says yes to what can't be taken back sees the state in which it is done.

use grammar::ast::{Does, Piece, Step};
use grammar::diagnostic::Severity;

use super::flow::paths::{Order, Paths, Spot};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0316",
    severity: Severity::Warning,
    title: "something changes between the gate and the irreversible step",
    explanation: "A gate before a point of no return freezes what was seen together with the answer. A step that changes something in between makes that evidence old: it may take its time, and it may change the very thing that was looked at. Steps that only look may stand between, and so may another irreversible one.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { gate sure \"Drop it?\" { timeout 1h then park }\n step dump on h { run `pg_dump old`\n undo none \"a copy\" }\n step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { step dump on h { run `pg_dump old`\n undo none \"a copy\" }\n gate sure \"Drop it?\" { timeout 1h then park }\n step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        if let Piece::Step(step) | Piece::Manual(step) = spot.piece
            && Merged::of_step(&step.fields, program.actions()).irreversible().is_some()
        {
            look(spot, step, paths, program, found);
        }
    }
}

fn look(irreversible: Spot<'_>, step: &Step, paths: &Paths<'_>, program: &Program, found: &mut Found) {
    // Without any gate another rule speaks.
    let gates = paths.spots.iter().filter(|spot| paths.is_sure_before(**spot, irreversible));
    let Some((gate, id)) = gates.filter_map(|spot| if let Piece::Gate(gate) = spot.piece { Some((spot, &gate.id)) } else { None }).next_back() else { return };
    let between = paths.spots.iter().find_map(|spot| match spot.piece {
        Piece::Step(other) | Piece::Manual(other) => {
            let lies_there = paths.order(*gate, *spot) == Order::Before && paths.order(*spot, irreversible) == Order::Before;
            (lies_there && changes(other, program)).then_some(other)
        }
        _ => None,
    });
    if let Some(other) = between {
        let span = step.fields.irreversible.as_ref().map_or(step.id.span, |why| why.span);
        let note = found.add(
            span,
            format!("`{}` can't be taken back, and `{}` changes something after the gate `{}` was answered", step.id.value, other.id.value, id.value),
            "a point of no return",
            "move the gate to right before it, or put a second one there",
        );
        note.related.push((id.span, "asked here".to_owned()));
        note.related.push((other.id.span, "this changes what was looked at, or takes its time".to_owned()));
    }
}

/// What was irreversible itself was asked about.
fn changes(step: &Step, program: &Program) -> bool {
    let merged = Merged::of_step(&step.fields, program.actions());
    let acts = step.fields.instructions.is_some() || matches!(merged.does(), Some((_, Does::Run(_) | Does::Upload { .. })));
    acts && merged.irreversible().is_none()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0316", &format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"h1\", \"h2\"]\n param p: string = \"a\"\n {body}\n}}")).len()
    }

    const GATE: &str = "gate sure \"?\" { timeout 1h then park }";
    const DROP: &str = "step drop on h { run `dropdb old`\n irreversible \"gone\" }";
    const DUMP: &str = "step dump on h { run `pg_dump old`\n undo none \"a copy\" }";

    #[test]
    fn looking_and_waiting_may_stand_between() {
        for between in [
            "",
            "step look on h { verify `true` }",
            "step wait on h { sleep 5s }",
            "fact n: int on h = `echo 1`\n require \"x\" n > 0",
            "step first on h { run `dropdb other`\n irreversible \"gone\" }",
            "step back on h { undo `true` }",
        ] {
            assert_eq!(found(&format!("{GATE}\n {between}\n {DROP}")), 0, "{between}");
        }
    }

    #[test]
    fn what_a_called_runbook_changes_lies_between_as_well() {
        let found = |low: &str, body: &str| {
            places("RB0316", &format!("runbook x {{\n target h: host = \"h1\"\n {body}\n {DROP} }}\nrunbook low {{\n target h: host = \"h1\"\n {low} }}")).len()
        };
        let called = format!("{GATE}\n call c low(h: h)");
        assert_eq!(found("step dump on h { run `pg_dump old` }", &called), 1);
        assert_eq!(found("step look on h { verify `true` }", &called), 0);
        assert_eq!(found(&format!("{GATE}\n step dump on h {{ run `pg_dump old` }}"), "call c low(h: h)"), 1, "the gate is there as well");
        assert_eq!(found(GATE, "call c low(h: h)"), 0);
    }

    #[test]
    fn the_last_gate_that_is_sure_to_be_asked_counts() {
        assert_eq!(found(&format!("{GATE}\n {DUMP}\n gate again \"?\" {{ timeout 1h then park }}\n {DROP}")), 0);
        assert_eq!(found(&format!("{GATE}\n {DUMP}\n gate again \"?\" {{ when p == \"b\"\n timeout 1h then park }}\n {DROP}")), 1);
        assert_eq!(found(&format!("{GATE}\n boundary b {{ {DUMP}\n {DROP} }}")), 1);
        assert_eq!(
            found(&format!("{GATE}\n for x in t {{ step dump on x {{ run `pg_dump old` }}\n step drop on x {{ run `dropdb old`\n irreversible \"gone\" }} }}")),
            1
        );
        assert_eq!(found(&format!("{GATE}\n for x in t {{ step drop on x {{ run `dropdb old`\n irreversible \"gone\" }} }}")), 0);
    }
}

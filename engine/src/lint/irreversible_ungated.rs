//! Before what can't be taken back, someone is asked: on every path.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0302",
    severity: Severity::Error,
    title: "an irreversible step without a gate before it",
    explanation: "Past an irreversible step nothing is rolled back any more. Someone decides to go there, with the evidence in view: a gate comes before it on every path, so one that a `when` may skip does not count, nor one in a loop that may have no items.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { gate sure \"Drop it?\" { timeout 1h then park }\n step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    // One in a called runbook has its gate there: that runbook may be run by itself.
    for spot in paths.own() {
        let (Piece::Step(step) | Piece::Manual(step)) = spot.piece else { continue };
        let gated = || paths.spots.iter().any(|other| matches!(other.piece, Piece::Gate(_)) && paths.is_sure_before(*other, spot));
        if Merged::of_step(&step.fields, program.actions()).irreversible().is_none() || gated() {
            continue;
        }
        let span = step.fields.irreversible.as_ref().map_or(step.id.span, |text| text.span);
        found.add(
            span,
            format!("`{}` can't be taken back, and nobody is asked before it", step.id.value),
            "a point of no return",
            "put a `gate` before it that no `when` can skip",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0302", &format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"h1\"]\n param drop: bool\n param sure: bool\n {body}\n}}")).len()
    }

    const DROP: &str = "run `dropdb old`\n irreversible \"gone\" }";

    #[test]
    fn a_gate_in_a_called_runbook_counts_as_one_that_stands_here() {
        let called = |when: &str, gate: &str| {
            let low = format!("runbook low {{ param sure: bool = true\n {gate}\n step look on local {{ verify `x` }} }}");
            let call = format!("call ask low(sure: q) {{ {when} }}");
            places("RB0302", &format!("runbook x {{ target h: host = \"h1\"\n param p: bool\n param q: bool\n {call}\n step d on h {{ {DROP} }}\n{low}")).len()
        };
        let gate = "gate ask \"?\" { timeout 1h then park }";
        assert_eq!(called("", gate), 0);
        assert_eq!(called("when p", gate), 1, "it may be skipped");
        assert_eq!(called("", "gate ask \"?\" { when sure\n timeout 1h then park }"), 1, "there");
        assert_eq!(called("", ""), 1);
    }

    #[test]
    fn a_gate_counts_where_no_run_reaches_the_step_without_it() {
        let gate = |when: &str| format!("gate ask \"?\" {{ {when} timeout 1h then park }}");
        assert_eq!(found(&format!("{}\n step d on h {{ {DROP}", gate(""))), 0);
        assert_eq!(found(&format!("{}\n step d on h {{ {DROP}", gate("when drop\n"))), 1);
        assert_eq!(found(&format!("{}\n step d on h {{ when drop\n {DROP}", gate("when drop\n"))), 0, "left out together");
        assert_eq!(found(&format!("{}\n step d on h {{ when drop and sure\n {DROP}", gate("when drop\n"))), 0);
        assert_eq!(found(&format!("{}\n step d on h {{ when drop or sure\n {DROP}", gate("when drop\n"))), 1);
        assert_eq!(found(&format!("boundary b {{ {} }}\n step d on h {{ {DROP}", gate(""))), 0);
        assert_eq!(found(&format!("for x in t {{ {}\n step s on x {{ run `true` }} }}\n step d on h {{ {DROP}", gate(""))), 1, "it may have no items");
        assert_eq!(found(&format!("for x in t {{ {}\n step d on x {{ {DROP} }}", gate(""))), 0, "for each item");
        assert_eq!(found(&format!("step d on h {{ {DROP}\n {}", gate(""))), 1, "too late");
    }
}

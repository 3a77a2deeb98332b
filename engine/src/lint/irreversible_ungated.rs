//! Before what can't be taken back, someone is asked: on every path.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::flow::paths::Paths;
use super::{Found, Rule, walk};
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
    for runbook in walk::runbooks(program) {
        let paths = Paths::of(runbook, program);
        for spot in &paths.spots {
            let (Piece::Step(step) | Piece::Manual(step)) = spot.piece else { continue };
            let gated = || paths.spots.iter().any(|other| matches!(other.piece, Piece::Gate(_)) && paths.is_sure_before(*other, *spot));
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
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0302", &format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"h1\"]\n param drop: bool\n param sure: bool\n {body}\n}}")).len()
    }

    const DROP: &str = "run `dropdb old`\n irreversible \"gone\" }";

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

//! A budget that the limits inside it do not keep to.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::flow::worst_case::{Clock, as_literal, in_words};
use super::flow::written;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0322",
    severity: Severity::Warning,
    title: "a budget is shorter than what is inside",
    explanation: "The budget of a boundary says how long its users will bear it. When the limits inside (timeouts with their retries, `within`, sleeps, pauses, the deadlines of gates) add up to more along the longest way, every step may keep to its limit and the budget is spent all the same, in the middle. Either the limits are too loose or the promise is too short. Steps without a limit count nothing.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { budget 5m\n gate go \"Reboot?\" { timeout 10m then rollback }\n step reboot on h { use host.rebooted(within: 10m) } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { budget 25m\n gate go \"Reboot?\" { timeout 10m then rollback }\n step reboot on h { use host.rebooted(within: 10m) } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    if let (Some(runbook), Some(paths)) = (program.runbook(), found.paths) {
        let clock = Clock::of(runbook, program);
        for spot in paths.own() {
            let Piece::Boundary(boundary) = spot.piece else { continue };
            let Some((text, budget)) = boundary.budget.as_ref().and_then(|text| Some((text, clock.seconds(text)?))) else { continue };
            let worst = clock.block(&boundary.block, paths.timeout(spot));
            if worst.seconds <= budget {
                continue;
            }
            let long = as_literal(worst.seconds);
            let note = found.add(
                text.span,
                format!("what is inside `{}` may take {}, and its budget is {}", boundary.id.value, in_words(worst.seconds), in_words(budget)),
                "spent before the limits inside are",
                format!("{}: write `budget {long}`, or shorten what is inside", worst.told()),
            );
            note.related.extend(worst.longest());
            note.mend_unsafely(format!("make it {long}"), written::clause(text, &long, program));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{mended_text, places};

    fn boundary(body: &str) -> String {
        format!("runbook x {{\n target h: host = \"h1\"\n target web = [\"a\", \"b\", \"c\"]\n boundary work {{\n budget 15m\n {body}\n}} }}")
    }

    fn found(body: &str) -> usize {
        places("RB0322", &boundary(body)).len()
    }

    #[test]
    fn limits_add_up_and_what_has_none_counts_nothing() {
        assert_eq!(found("step a on h { run `x`; undo `y` }\n manual m on h { instructions \"x\"; undo none \"x\" }"), 0);
        assert_eq!(found("step a on h { run `x`; undo `y`; timeout 10m }\n step b on h { verify `x` every 1s within 5m }"), 0);
        assert_eq!(found("step a on h { run `x`; undo `y`; timeout 10m }\n step b on h { verify `x` every 1s within 6m }"), 1);
        assert_eq!(found("parallel { step a on h { sleep 10m }\n step b on h { sleep 10m } }"), 0, "side by side");
        assert_eq!(found("for x in web batch 3 { step a on x { sleep 10m } }"), 0, "side by side");
        assert_eq!(found("for x in web { step a on x { sleep 6m } }"), 1, "one after the other");
    }

    #[test]
    fn yaml_is_mended_as_well() {
        let yaml = "runbook: x\ntargets:\n  h: {type: host, is: h1}\nsteps:\n  - boundary: b\n    budget: 1m\n    steps:\n      - step: wait\n        on: h\n        sleep: 90s\n";
        assert_eq!(mended_text("x.runbook.yaml", yaml), yaml.replace("budget: 1m", "budget: 90s"));
    }
}

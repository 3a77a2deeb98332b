//! What can't be taken back is ordered with everything that could.

use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0303",
    severity: Severity::Error,
    title: "an irreversible step beside other items of a batch",
    explanation: "A rollback goes back to the last irreversible step and no further, so every step of the boundary must lie clearly before or behind it. Items that pass a block side by side have no such order. A boundary inside the loop gives each item its own point of no return; `batch 1` lets them pass one by one.",
    bad: "runbook x { target t = [\"h1\", \"h2\"]\n gate sure \"Drop?\" { timeout 1h then park }\n boundary b { for h in t batch 2 { step drop on h { run `dropdb old`\n irreversible \"gone\" } } } }",
    good: "runbook x { target t = [\"h1\", \"h2\"]\n gate sure \"Drop?\" { timeout 1h then park }\n for h in t batch 2 { boundary b { step drop on h { run `dropdb old`\n irreversible \"gone\" } } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program) {
        let (Some(each), Some(_)) = (seen.around.batch, seen.around.boundary) else { continue };
        if seen.merged(program).irreversible().is_some() {
            let span = seen.step.fields.irreversible.as_ref().map_or(seen.step.id.span, |text| text.span);
            let note = found.add(
                span,
                format!("`{}` is irreversible for one item while others are still on their way", seen.step.id.value),
                "a point of no return for one item",
                "put the `boundary` inside the loop, or write `batch 1`",
            );
            note.related.push((each.batch.as_ref().map_or(each.var.span, |b| b.span), "these pass side by side".to_owned()));
        }
    }
}

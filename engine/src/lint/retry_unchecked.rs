//! A second attempt begins where the first one stopped.

use grammar::ast::Does;
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0306",
    severity: Severity::Warning,
    title: "a retry without a check",
    explanation: "A command that failed may have done half its work, or all of it and only failed to say so. Without a `check` nothing can tell, and the next attempt does it again from the start.",
    bad: "runbook x { target h: host = \"h1\"\n step add on h { run `useradd bot`\n retry 3 every 5s } }",
    good: "runbook x { target h: host = \"h1\"\n step add on h { check `id bot`\n run `useradd bot`\n retry 3 every 5s } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program) {
        let merged = seen.merged(program);
        if let Some(retry) = merged.retry()
            && merged.check().is_none()
            // A file is compared before it is sent again.
            && !matches!(merged.does(), Some((_, Does::Upload { .. } | Does::Download { .. })))
        {
            let span = seen.step.fields.retry.as_ref().map_or(seen.step.id.span, |_| retry.times.span);
            found.add(
                span,
                format!("`{}` is tried again without a look at what the last attempt did", seen.step.id.value),
                "a retry",
                "add a `check` that says whether it is done already",
            );
        }
    }
}

//! Somebody answers for a procedure.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0380",
    severity: Severity::Info,
    title: "a runbook has no owner",
    explanation: "Whoever runs it at night wants to know whom to ask, and whoever changes what it speaks of wants to know whom to tell. A team is a better owner than a person.",
    bad: "runbook x { source \"the wiki\"\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    good: "runbook x { source \"the wiki\"\n owner \"data-platform\"\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    if let Some(runbook) = program.runbook()
        && runbook.owner.as_ref().is_none_or(|owner| owner.text.trim().is_empty())
    {
        found.add(runbook.name.span, format!("nobody owns `{}`", runbook.name.value), "no owner", "say who answers for it: `owner \"TEAM\"`");
    }
}

//! A procedure comes from somewhere.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0381",
    severity: Severity::Info,
    title: "a runbook has no source",
    explanation: "A page of a wiki, a vendor's manual, an incident: with the source at hand a step that looks odd can be looked up, and a change of the source can be carried over. What was made up for this runbook says so.",
    bad: "runbook x { owner \"sre\"\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    good: "runbook x { owner \"sre\"\n source \"Wikitech, Analytics/Systems/Matomo, revision of 10 March 2021\"\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    if let Some(runbook) = program.runbook()
        && runbook.source.as_ref().is_none_or(|source| source.text.trim().is_empty())
    {
        found.add(
            runbook.name.span,
            format!("`{}` does not say where it comes from", runbook.name.value),
            "no source",
            "name the page, the manual or the incident: `source \"…\"`",
        );
    }
}

//! Nothing at all stands where an empty list stood.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::AdviceKind;

pub(super) static RULE: Rule = Rule {
    code: "RB0310",
    severity: Severity::Info,
    title: "a list may be empty",
    explanation: "An empty list leaves nothing behind in a command, and many programs do something else without arguments: `rm` fails, `wc` waits for its input, `git add` adds nothing.",
    bad: "runbook x { target h: host = \"h1\"\n param units: list(string)\n step s on h { run `systemctl stop -- {{ units }}` } }",
    good: "runbook x { target h: host = \"h1\"\n param unit: string\n step s on h { run `systemctl stop -- {{ unit }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for advice in program.advice().iter().filter(|a| a.kind == AdviceKind::ListMayBeEmpty) {
        found.add(advice.span, "an empty list would leave nothing here", "may be empty", "ask first: `require \"there are some\" LIST | length > 0`");
    }
}

//! Pasted text is run as it is.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::AdviceKind;

pub(super) static RULE: Rule = Rule {
    code: "RB0308",
    severity: Severity::Warning,
    title: "a value is pasted into a command",
    explanation: "Every value is bound beside its command, so that nothing in it is ever read as shell. `raw` gives that up: whatever stands in the value is run. It is for pieces of shell that the runbook itself composes, never for what someone types or a command prints.",
    bad: "runbook x { target h: host = \"h1\"\n param flags: string = \"-v\"\n step s on h { run `rsync {{ flags | raw }} a b` } }",
    good: "runbook x { target h: host = \"h1\"\n param from: path = \"a\"\n step s on h { run `rsync -v {{ from }} b` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for advice in program.advice().iter().filter(|a| a.kind == AdviceKind::RawPasted) {
        found.add(advice.span, "`raw` pastes text that the shell then reads", "run as it stands", "leave `raw` out; several words are a `list(string)`");
    }
}

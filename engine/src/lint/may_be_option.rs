//! Text that begins with a dash is an option to most programs.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::AdviceKind;

pub(super) static RULE: Rule = Rule {
    code: "RB0309",
    severity: Severity::Warning,
    title: "a value may be taken for an option",
    explanation: "A value that begins with `-` is an option to most programs, whatever it was meant to be. Hosts and paths refuse such a value; text does not.",
    bad: "runbook x { target h: host = \"h1\"\n param name: string\n step s on h { run `systemctl restart {{ name }}` } }",
    good: "runbook x { target h: host = \"h1\"\n param name: string\n step s on h { run `systemctl restart -- {{ name }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for advice in program.advice().iter().filter(|a| a.kind == AdviceKind::MayBeOption) {
        found.add(advice.span, "a value that begins with `-` would be an option here", "may begin with `-`", "put `--` before it");
    }
}

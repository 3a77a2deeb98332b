//! A program for sed can run commands.

use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::AdviceKind;

pub(super) static RULE: Rule = Rule {
    code: "RB0311",
    severity: Severity::Warning,
    title: "a value is part of a program for sed",
    explanation: "sed has commands that run others and that write files (`e`, `w`), so text in its program can do more than be replaced.",
    bad: "runbook x { target h: host = \"h1\"\n param name: path\n step s on h { run `sed -i \"s/old/{{ name }}/\" /etc/x` } }",
    good: "runbook x { target h: host = \"h1\"\n param name: path\n step s on h { run `crudini --set /etc/x main name {{ name }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for advice in program.advice().iter().filter(|a| a.kind == AdviceKind::SedProgram) {
        found.add(advice.span, "sed would read this value as part of its program", "read by sed", "use a tool that takes the value as an argument");
    }
}

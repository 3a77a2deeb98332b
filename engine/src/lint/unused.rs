//! What is declared is used: an unused name is a misspelt one now and then.

use grammar::ast::{Name, Piece};
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0312",
    severity: Severity::Warning,
    title: "something is declared and never used",
    explanation: "A param that nobody reads looks as if it had an effect, a target that nothing runs on looks as if it were covered, and a fact that nobody uses is read for nothing.",
    bad: "runbook x { target h: host = \"h1\"\n param reason: string\n step s on h { run `true` } }",
    good: "runbook x { target h: host = \"h1\"\n param reason: string\n step s on h { run `logger -- {{ reason }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for action in program.own_actions() {
        for param in &action.params {
            unused(program, "param", &param.name, found);
        }
        for fact in &action.fields.facts {
            unused(program, "fact", &fact.name, found);
        }
    }
    let Some(runbook) = program.runbook() else { return };
    for param in &runbook.params {
        unused(program, "param", &param.name, found);
    }
    for target in &runbook.targets {
        unused(program, "target", &target.name, found);
    }
    for fact in &runbook.facts {
        unused(program, "fact", &fact.name, found);
    }
    walk::blocks(&runbook.body, &mut |piece| {
        if let Piece::Fact(fact) = piece {
            unused(program, "fact", &fact.name, found);
        }
    });
}

fn unused(program: &Program, what: &str, name: &Name, found: &mut Found) {
    if !program.uses(name.span) {
        found.add(name.span, format!("the {what} `{}` is never used", name.value), "never used", "use it or take it out");
    }
}

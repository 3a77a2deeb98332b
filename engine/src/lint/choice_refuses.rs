//! A choice that is also the word for no.

use grammar::ast::{Operand, Piece};
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0333",
    severity: Severity::Warning,
    title: "a choice that is also a refusal",
    explanation: "`--answer GATE=no` and `GATE=reject` refuse a gate, whatever its choices are, and a refusal does what silence does. The same word as a choice at the terminal is an answer with which the run goes on. So what `no` does depends on where it is said.",
    bad: "runbook x { target h: host = \"h1\"\n gate ok \"Does the page look right?\" { choices [\"yes\", \"no\"]\n timeout 10m then park }\n step undo on h { when ok == \"no\"\n run `restore` } }",
    good: "runbook x { target h: host = \"h1\"\n gate ok \"Does the page look right?\" { choices [\"keep\", \"restore\"]\n timeout 10m then park }\n step undo on h { when ok == \"restore\"\n run `restore` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for runbook in walk::runbooks(program) {
        walk::blocks(&runbook.body, &mut |piece| {
            let Piece::Gate(gate) = piece else { return };
            let Some(Operand::List(choices)) = &gate.choices else { return };
            for choice in &choices.value {
                if let Operand::Literal(text) = choice
                    && matches!(text.text.as_str(), "no" | "reject")
                {
                    found.add(
                        text.span,
                        format!("the choice `{}` of `{}` is a refusal where it is given by `--answer`", text.text, gate.id.value),
                        "refuses the gate",
                        "name what is done then, such as `restore`; or leave `choices` out: a gate takes yes and no by itself",
                    );
                }
            }
        });
    }
}

//! What is declared is used: an unused name is a misspelt one now and then.

use grammar::ast::{Name, Piece};
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0312",
    severity: Severity::Warning,
    title: "something is declared and never used",
    explanation: "A param that nobody reads looks as if it had an effect, a target that nothing runs on looks as if it were covered, a fact that nobody uses is read for nothing, and so is a capture; a gate whose choice is never asked for does the same whatever is chosen, and a loop whose item is never used does the same each time. An action of a runbook's own file that nothing uses belongs into a file that others import, or nowhere.",
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
    walk::blocks(&runbook.body, &mut |piece| match piece {
        Piece::Fact(fact) => unused(program, "fact", &fact.name, found),
        Piece::Step(step) | Piece::Manual(step) => {
            for fact in &step.fields.facts {
                unused(program, "fact", &fact.name, found);
            }
            for capture in &step.fields.captures {
                unused(program, "capture", &capture.name, found);
            }
        }
        // `range` counts how often, and the number may be nobody's business.
        Piece::For(each) if !each.over.text.contains("range(") && !program.uses(each.var.span) => {
            found.add(
                each.var.span,
                format!("`{}` is never used: each item does the same", each.var.value),
                "never used",
                format!("use it, as in `on {}`; to do something so many times go over `range(n)`", each.var.value),
            );
        }
        Piece::Gate(gate) if gate.choices.is_some() && !program.uses(gate.id.span) => {
            found.add(
                gate.id.span,
                format!("the choice of `{}` is never asked for: each does the same", gate.id.value),
                "chosen for nothing",
                format!("ask for it, as in `when {} == …`, or leave `choices` out", gate.id.value.replace('-', "_")),
            );
        }
        _ => {}
    });
    for action in program.own_actions().filter(|action| action.name.span.source == runbook.name.span.source) {
        unused(program, "action", &action.name, found);
    }
}

fn unused(program: &Program, what: &str, name: &Name, found: &mut Found) {
    if !program.uses(name.span) {
        found.add(name.span, format!("the {what} `{}` is never used", name.value), "never used", "use it or take it out");
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(text: &str) -> Vec<&str> {
        places("RB0312", text)
    }

    #[test]
    fn everything_that_is_declared_is_looked_for() {
        let text = "action a.used() { run `x` }
            action a.unused() { run `x` }
            runbook x { target h: host = \"h1\"
              param p: string
              fact top: int on h = `x`
              gate how \"?\" { choices [\"a\", \"b\"]\n timeout 5m then park }
              fact inner: int on h = `x`
              step s on h { fact own: int = `x`; use a.used() }
              step t on h { run `x`; capture c: string }
              for i in [\"a\", \"b\"] { step u on h { run `x` } }
              for n in range(3) { step v on h { run `x` } } }";
        assert_eq!(found(text), ["a.unused", "p", "top", "how", "inner", "own", "c", "i"]);
    }

    #[test]
    fn what_is_used_anywhere_is_used() {
        let text = "action a.used() { run `x` }
            runbook x { target h: host = \"h1\"
              gate how-now \"?\" { choices [\"a\", \"b\"]\n timeout 5m then park }
              step s on h { when how_now == \"a\"; use a.used() }
              step t on h { run `x`; capture c: string? }
              step u on h { run `echo {{ c }}` } }";
        assert_eq!(found(text), [""; 0]);
        assert_eq!(found("action a.b() { run `x` }\naction a.c() { use a.b() }"), [""; 0], "a library is for others");
    }
}

//! `A && B || C` is no if and else.

use grammar::diagnostic::Severity;

use super::shell::{Facts, Joint, Kind, Simple};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0360",
    severity: Severity::Warning,
    title: "an `&&` with an alternative behind it is no `if`",
    explanation: "The `||` looks at what came before it, whichever that was: when A holds and B fails, C runs as well, and the failure of B is gone. For one or the other write `if A; then B; else C; fi`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `[ -e /etc/app.conf ] && apply-config || write-config` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `if [ -e /etc/app.conf ]; then apply-config; else write-config; fi` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        for chain in &facts.chains {
            let [(_, _), (Joint::And, then), (Joint::Or, other)] = chain.parts.as_slice() else { continue };
            let (Some(then), Some(other)) = (only(facts, *then), only(facts, *other)) else { continue };
            if is_sure(then) || is_sure(other) || is_test(then) {
                continue;
            }
            found.add(
                said.span(other.at),
                format!("this also runs when `{}` fails", first_words(then)),
                "not only when the condition fails",
                "write `if A; then B; else C; fi`",
            );
        }
    }
}

fn only(facts: &Facts, pipeline: usize) -> Option<&Simple> {
    match facts.pipelines[pipeline].members.as_slice() {
        [member] if member.kind == Kind::Simple => facts.simples.get(member.simples.start).filter(|simple| !simple.words.is_empty()),
        _ => None,
    }
}

/// What does not fail, or is meant for both cases: `a && b || exit 1`.
fn is_sure(simple: &Simple) -> bool {
    matches!(
        simple.name.as_str(),
        "echo"
            | "printf"
            | ":"
            | "true"
            | "false"
            | "exit"
            | "return"
            | "break"
            | "continue"
            | "logger"
            | "log"
            | "warn"
            | "die"
            | "fail"
            | "error"
            | "abort"
            | "export"
            | "shift"
            | ""
    )
}

/// `a && b || c` of three questions is a question.
fn is_test(simple: &Simple) -> bool {
    matches!(simple.name.as_str(), "[" | "test" | "grep" | "cmp" | "diff")
}

fn first_words(simple: &Simple) -> String {
    let words: Vec<&str> = simple.words.iter().map(String::as_str).take(2).collect();
    words.join(" ").replace("${rb_", "{{ ").replace('}', " }}")
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn an_else_that_is_none_is_found() {
        table(
            RULE.code,
            &[
                ("run", "[ -e a ] && mv a b || touch b", &["touch b"]),
                ("run", "grep -q x f && systemctl reload x || systemctl start x; y", &["systemctl start x"]),
            ],
        );
    }

    #[test]
    fn what_is_meant_for_both_cases_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "[ -e a ] && mv a b || exit 1",
                "[ -e a ] && echo yes || echo no",
                "[ -e a ] && mv a b || true",
                "[ -e a ] && mv a b || { echo no >&2; exit 1; }",
                "[ a = b ] && [ c = d ] || touch x",
                "a || b && c",
                "a && b && c || d",
                "a && x=1 || x=2",
            ],
        );
    }
}

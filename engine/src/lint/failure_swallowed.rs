//! A command that can't fail says nothing.

use grammar::ast::Fields;
use grammar::diagnostic::Severity;

use super::shell::{At, Chain, Joint, Kind, Layer, Role, Said, literal, lost};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0351",
    severity: Severity::Warning,
    title: "a failure is swallowed",
    explanation: "A guard that ends with `|| true` always says yes, an undo that does is always \"undone\", and a step without a `verify` always succeeds. Where some failure is expected, let that one pass and no other: `cmd || [ $? = 1 ]`. Under `shell \"sh\"` there is no `pipefail` either: only the last command of a pipe counts.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `pg_dump shop > /srv/shop.sql || true` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `pg_dump shop > /srv/shop.sql` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        if said.posix && said.role.has_pipefail() {
            for pipe in lost(said) {
                found.add(
                    said.span(pipe),
                    "if the command before this pipe fails, nobody notices: `sh` knows no `pipefail`",
                    "its exit status is lost",
                    "write its output to a file first, or leave out `shell \"sh\"` where the host has bash",
                );
            }
        }
        let Some(at) = last_word(said) else { continue };
        let consequence = match said.role {
            Role::Check | Role::Verify | Role::Require | Role::Fact(true) => "this guard always says yes",
            Role::Undo => "this undo is always done, whatever it did",
            Role::Run if !said.fields().is_some_and(is_verified) => "this step always succeeds, whatever happened",
            Role::Run | Role::Fact(false) | Role::Show => continue,
        };
        found.add(said.span(at), consequence, "any failure ends here", "take it out, or let only the expected failure pass: `|| [ $? = 1 ]`");
    }
}

fn is_verified(fields: &Fields) -> bool {
    !fields.verify.is_empty()
}

/// `|| true` at the very end.
fn last_word(said: &Said<'_>) -> Option<At> {
    let facts = &said.facts;
    let last: &Chain = facts.chains.iter().find(|chain| chain.top && chain.layer == Layer::Script && chain.next.is_none() && !chain.background)?;
    let (Joint::Or, pipeline) = last.parts.last()? else { return None };
    let [only] = facts.pipelines[*pipeline].members.as_slice() else { return None };
    let simple = facts.simples.get(only.simples.start).filter(|_| only.kind == Kind::Simple)?;
    let quiet = match simple.name.as_str() {
        "true" | ":" | "echo" | "printf" | "logger" => true,
        "exit" => simple.arguments().first().is_some_and(|status| literal(status).is_some_and(|text| text == "0")),
        _ => false,
    };
    let start = said.script().get(..simple.at.start)?.rfind("||")?;
    quiet.then_some(At { start, end: simple.at.end })
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_last_word_that_can_not_fail_is_found() {
        table(
            RULE.code,
            &[
                ("run", "a; b || true", &["|| true"]),
                ("run", "b || :", &["|| :"]),
                ("run", "b || echo \"b failed\" >&2", &["|| echo \"b failed\""]),
                ("check", "grep -q x f || true", &["|| true"]),
                ("verify", "curl -fsS http://x || exit 0", &["|| exit 0"]),
                ("undo", "userdel bot || true", &["|| true"]),
                ("sh", "pg_dump shop | gzip >f", &["|"]),
                ("sh", "n=$(pg_dump shop | wc -c)", &["|"]),
            ],
        );
    }

    #[test]
    fn a_failure_that_is_let_pass_on_purpose_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "a || true; b",
                "a || b",
                "a || exit 1",
                "a || [ $? = 1 ]",
                "a || { echo no; exit 1; }",
                "x=$(a || true)",
                "pg_dump shop | gzip >f",
                "a || exit \"$?\"",
            ],
        );
        silent(RULE.code, "verified", &["systemctl stop x || true"]);
        silent(RULE.code, "fact", &["grep -c x f || true"]);
        silent(RULE.code, "sh", &["echo a | tee f", "if a; then b; fi"]);
    }
}

//! Under `set -e` what comes behind a command knows that it ended well.

use grammar::diagnostic::Severity;

use super::shell::{Chain, Expansion, Facts, Kind, Site, What};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0355",
    severity: Severity::Warning,
    title: "`$?` is asked where it is always 0",
    explanation: "Commands run with `set -e`: a command that fails ends the script, so the next line is reached only when it ended well, and `$?` is 0 there. The branch for the failure never runs. Ask the command itself: `if ! command; then …`, or keep its status: `status=0; command || status=$?`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `apachectl configtest; if [ $? -ne 0 ]; then exit 1; fi; apachectl graceful` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `if ! apachectl configtest; then exit 1; fi; apachectl graceful` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        for (number, expansion) in facts.expansions.iter().enumerate().filter(|(_, expansion)| expansion.what == What::Status) {
            if is_settled(facts, number, expansion) {
                found.add(
                    said.span(expansion.at),
                    "this is always 0: had the command before it failed, `set -e` would have ended the script",
                    "always 0 here",
                    "ask the command itself: `if ! command; then …`, or write `status=0; command || status=$?`",
                );
            }
        }
    }
}

fn is_settled(facts: &Facts, number: usize, expansion: &Expansion) -> bool {
    // The statement that begins with the question, whatever stands around it: `if [ $? … ]`, `case $? in`.
    let asked = facts.chains.iter().find(|chain| chain.previous.is_some() && begins(facts, chain, number, expansion));
    if let Site::Word { simple, .. } = expansion.site
        && facts.simples.get(simple).is_some_and(|simple| matches!(simple.name.as_str(), "exit" | "return"))
    {
        return false;
    }
    let Some(before) = asked.and_then(|chain| facts.chains.get(chain.previous?)) else { return false };
    let [(_, pipeline)] = before.parts.as_slice() else { return false };
    let pipeline = &facts.pipelines[*pipeline];
    let ran = pipeline.members.last().is_some_and(|last| matches!(last.kind, Kind::Simple | Kind::Subshell | Kind::Test));
    let sets =
        pipeline.members.last().and_then(|last| facts.simples.get(last.simples.start)).is_some_and(|simple| simple.name == "set" || simple.name == "wait");
    before.strict && !before.background && !pipeline.bang && ran && !sets
}

/// Whether nothing runs in a statement before this is looked at.
fn begins(facts: &Facts, chain: &Chain, number: usize, expansion: &Expansion) -> bool {
    match expansion.site {
        Site::Word { simple, .. } => chain.simples.start == simple,
        _ => {
            let first = chain.simples.clone().next().and_then(|first| facts.simples.get(first));
            chain.expansions.start == number && first.is_none_or(|first| expansion.at.start <= first.at.end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_status_that_set_e_has_settled_is_found() {
        table(
            RULE.code,
            &[
                ("run", "a; if [ $? -ne 0 ]; then b; fi", &["$?"]),
                ("run", "a\nrc=$?\nexit $rc", &["$?"]),
                ("run", "a; [ \"$?\" = 0 ] || exit 1", &["$?"]),
                ("run", "a | b; case $? in 0) ;; esac", &["$?"]),
                ("run", "x=$(a); if [[ $? -ne 0 ]]; then b; fi", &["$?"]),
                ("check", "(a); echo $?", &["$?"]),
                ("run", "f() { a; if [ $? -eq 0 ]; then b; fi; }; f", &["$?"]),
            ],
        );
    }

    #[test]
    fn a_status_that_may_be_anything_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "a || rc=$?",
                "a || [ $? = 1 ]",
                "set +e; a; rc=$?",
                "a && b; rc=$?",
                "if a; then b; fi; rc=$?",
                "! a; rc=$?",
                "a & wait $!; rc=$?",
                "exit $?",
                "a; exit $?",
                "x=$(a; echo $?)",
                "if ! a; then echo $?; fi",
                "while a; do b; done; echo $?",
                "trap 'rc=$?; exit $rc' EXIT",
            ],
        );
    }
}

//! What comes behind a `cd` that failed runs in the wrong folder.

use grammar::diagnostic::Severity;

use super::shell::{Chain, Facts, Joint, Kind, Simple, literal};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0352",
    severity: Severity::Warning,
    title: "a `cd` may fail, and the rest runs elsewhere",
    explanation: "`set -e` ends a command at a failed `cd`, but not everywhere: not on the left side of `&&`, not inside `$( )` under bash, not in a condition, and not in `sh -c '…'`. There the next command runs in the folder that was current before: `cd /srv/app && make clean; rm -rf cache` removes another `cache`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `cd /srv/app && make clean; rm -rf cache` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `cd /srv/app; make clean; rm -rf cache` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        for chain in &facts.chains {
            let Some((cd, why)) = unchecked(facts, chain) else { continue };
            found.add(said.span(cd.at), why, "if this fails", "let it end the rest: `cd DIR || exit 1`, or use the field `cwd`");
        }
    }
}

fn unchecked<'f>(facts: &'f Facts, chain: &Chain) -> Option<(&'f Simple, &'static str)> {
    let cd = only(facts, chain, 0).filter(|cd| matches!(cd.name.as_str(), "cd" | "pushd") && may_fail(cd))?;
    facts.chains.get(chain.next?).filter(|next| matters(facts, next))?;
    let joints: Vec<Joint> = chain.parts.iter().map(|(joint, _)| *joint).collect();
    let why = match joints.as_slice() {
        [_] if chain.strict => return None,
        [_] => "`set -e` is not in force here: what follows runs in the folder that was current before",
        [_, Joint::And, rest @ ..] if !rest.contains(&Joint::Or) => {
            "on the left of `&&` a failure does not end the script: what follows runs in the folder that was current before"
        }
        [_, Joint::Or, ..] if only(facts, chain, 1).is_some_and(|other| matches!(other.name.as_str(), "true" | ":" | "echo" | "printf" | "logger")) => {
            "its failure is passed over: what follows runs in the folder that was current before"
        }
        _ => return None,
    };
    Some((cd, why))
}

fn only<'f>(facts: &'f Facts, chain: &Chain, part: usize) -> Option<&'f Simple> {
    let (_, pipeline) = chain.parts.get(part)?;
    match facts.pipelines[*pipeline].members.as_slice() {
        [member] if member.kind == Kind::Simple && !facts.pipelines[*pipeline].bang => facts.simples.get(member.simples.start),
        _ => None,
    }
}

fn may_fail(cd: &Simple) -> bool {
    let there = |word: &String| matches!(word.trim_matches('"'), "/" | "/tmp" | "~" | "-" | "$HOME" | "${HOME}" | "$OLDPWD" | "..");
    !cd.arguments().is_empty() && !cd.arguments().iter().any(there)
}

/// Whether it matters where the next statement runs.
fn matters(facts: &Facts, next: &Chain) -> bool {
    facts.simples.get(next.simples.start).is_none_or(|first| match first.name.as_str() {
        "echo" | "printf" | ":" | "true" | "exit" | "return" | "logger" | "sleep" => false,
        "cd" | "pushd" => !first.arguments().last().and_then(|to| literal(to)).is_some_and(|to| to.starts_with('/')),
        "popd" => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_cd_is_found_where_set_e_does_not_reach() {
        table(
            RULE.code,
            &[
                ("run", "cd /srv/a && make; rm -rf b", &["cd /srv/a"]),
                ("run", "x=$(cd {{ folder }}; ls)", &["cd {{ folder }}"]),
                ("run", "if (cd a; rm -rf b); then true; fi", &["cd a"]),
                ("run", "(cd a; rm -rf b) || echo no", &["cd a"]),
                ("run", "set +e; cd a; rm b", &["cd a"]),
                ("run", "sudo sh -c 'cd a; rm b'", &["cd a"]),
                ("run", "cd a || true\nrm b", &["cd a"]),
                ("run", "cd a || echo no; rm b", &["cd a"]),
                ("run", "! { cd a; rm b; }", &["cd a"]),
            ],
        );
    }

    #[test]
    fn a_cd_that_ends_the_rest_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "cd a; rm b",
                "(cd a; rm b)",
                "cd a && rm b",
                "cd a && rm b && rm c; echo done",
                "cd a || exit 1; rm b",
                "cd a || { echo no; exit 1; }; rm b",
                "x=$(cd a && ls)",
                "cd /tmp && y; z",
                "for d in a b; do (cd \"$d\"; make); done",
                "if cd a; then rm b; fi",
                "f() { cd a; rm b; }; f",
                "sh -ec 'cd a; rm b'",
                "sh -c 'set -e; cd a; rm b'",
                "cd a && make; cd /srv; rm b",
            ],
        );
        silent(RULE.code, "sh", &["x=$(cd a; ls)"]);
    }
}

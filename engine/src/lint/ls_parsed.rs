//! `ls` prints for people.

use grammar::diagnostic::Severity;

use super::shell::{Facts, Kind, Pipeline, Simple, Site, What};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0359",
    severity: Severity::Info,
    title: "file names are taken out of what `ls` prints",
    explanation: "A name may hold spaces, line breaks and signs that `ls` prints as something else, and then another file is meant, or two. The shell has the names themselves: `for f in *.log`. Whether a file is there is asked by `[ -e FILE ]`, and `find -print0 | xargs -0` hands names on unchanged.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `ls /srv/spool | xargs -r rm` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `find /srv/spool -type f -delete` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        let piped = facts.pipelines.iter().filter_map(|pipeline| piped(facts, pipeline));
        let looped = facts.expansions.iter().filter(|expansion| expansion.site == Site::Items).filter_map(|expansion| match &expansion.what {
            What::Substitution(simples) if simples.len() == 1 => facts.simples.get(simples.start).filter(|simple| simple.name == "ls"),
            _ => None,
        });
        let all: Vec<&Simple> = piped.chain(looped).collect();
        for ls in all {
            found.add(
                said.span(ls.at),
                "a name with a space or a line break in it is taken for another",
                "printed for people",
                "use `for f in DIR/*`, `[ -e FILE ]` or `find … -print0 | xargs -0 …`",
            );
        }
    }
}

/// `ls` whose lines another command takes for names.
fn piped<'f>(facts: &'f Facts, pipeline: &Pipeline) -> Option<&'f Simple> {
    pipeline.members.windows(2).find_map(|pair| {
        let [left, right] = pair else { return None };
        let ls = facts.simples.get(left.simples.start).filter(|simple| left.kind == Kind::Simple && simple.name == "ls")?;
        let next = facts.simples.get(right.simples.start)?;
        let takes = right.kind == Kind::Loop && next.name == "read"
            || next.is_run_by("xargs")
            || next.name == "xargs"
            || matches!(next.name.as_str(), "grep" | "egrep" | "fgrep");
        takes.then_some(ls)
    })
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn names_that_are_taken_from_ls_are_found() {
        table(
            RULE.code,
            &[
                ("run", "for f in $(ls /a); do rm \"$f\"; done", &["ls /a"]),
                ("run", "ls -1 a | while read -r f; do rm \"$f\"; done", &["ls -1 a"]),
                ("check", "ls /a | grep -q b", &["ls /a"]),
                ("run", "ls | sudo xargs rm", &["ls"]),
            ],
        );
        silent(
            RULE.code,
            "run",
            &["ls -l /a", "ls -t /a | head -1", "ls /a | wc -l", "for f in a/*; do rm \"$f\"; done", "for f in $(ls a; ls b); do x; done", "lsblk | grep sda"],
        );
    }
}

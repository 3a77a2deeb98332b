//! `set -e` is what makes a failure known.

use grammar::diagnostic::Severity;

use super::shell::Simple;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0354",
    severity: Severity::Warning,
    title: "`set -e` is turned off for good",
    explanation: "Every command runs with `set -eu`: the first failure ends it, and the engine learns of it. Behind `set +e` failures pass unseen, and the step fails only if its very last command does. Where one failure is to be looked at, keep that one: `status=0; command || status=$?`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `set +e; pg_dump shop > /srv/shop.sql; gzip /srv/shop.sql` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `pg_dump shop > /srv/shop.sql; gzip /srv/shop.sql` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let switches: Vec<(&Simple, bool)> = said.facts.simples.iter().filter_map(|simple| errexit(simple).map(|on| (simple, on))).collect();
        if let Some((simple, false)) = switches.last() {
            found.add(
                said.span(simple.at),
                "behind this a failure no longer ends the command",
                "`set -e` is off from here on",
                "take it out; to look at one failure write `status=0; command || status=$?`",
            );
        }
    }
}

/// Whether a `set` turns it on or off.
fn errexit(simple: &Simple) -> Option<bool> {
    let words = simple.arguments();
    (simple.name == "set").then_some(())?;
    let named = |i: usize| words.get(i + 1).is_some_and(|name| name == "errexit");
    words.iter().enumerate().take_while(|(_, word)| *word != "--").find_map(|(i, word)| {
        let letters = word.strip_prefix(['-', '+'])?;
        (letters.contains('e') || letters.ends_with('o') && named(i)).then(|| word.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn only_what_stays_off_is_found() {
        table(
            RULE.code,
            &[
                ("run", "set +e; a", &["set +e"]),
                ("undo", "set +eu\na", &["set +eu"]),
                ("run", "set +o errexit; a", &["set +o errexit"]),
                ("run", "set +e; a; set -e; b; set +e", &["set +e"]),
            ],
        );
        silent(RULE.code, "run", &["set +e; a; s=$?; set -e; b", "set -euo pipefail; a", "set +x; set +u; a", "set -- +e; a"]);
    }
}

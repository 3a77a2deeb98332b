//! A job ends when its command ends; what it left in the background is nobody's.

use grammar::diagnostic::Severity;

use super::shell::Layer;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0362",
    severity: Severity::Warning,
    title: "something is left running in the background",
    explanation: "A step is done when its command is. A process that it left behind has no exit status that anyone reads, no log, and may go on when the step has failed. A command that takes long needs no `nohup`: every step outlives its connection. What is to stay is a unit: `systemctl start`, or `systemd-run`. What is waited for may run in the background: `a & b & wait`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `nohup reindex > /var/log/reindex.log 2>&1 &` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `reindex > /var/log/reindex.log 2>&1` } }",
    find,
};

const HELP: &str = "let the step wait for it, or make it a unit: `systemd-run --unit NAME command`";

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        let waited = facts.simples.iter().any(|simple| simple.name == "wait");
        for chain in facts.chains.iter().filter(|chain| chain.background && !waited && chain.layer == Layer::Script) {
            let Some(at) = facts.simples.get(chain.simples.clone()).and_then(|all| all.iter().map(|simple| simple.at).reduce(super::shell::At::to)) else {
                continue;
            };
            found.add(said.span(at), "nobody waits for this, and nobody learns how it ends", "in the background", HELP);
        }
        for simple in &facts.simples {
            let chain = &facts.chains[simple.stands.chain];
            let told = chain.background && !waited && chain.layer == Layer::Script;
            let detaches = simple.is_run_by("nohup") || simple.is_run_by("setsid") || matches!(simple.name.as_str(), "disown" | "nohup" | "setsid");
            if detaches && !told {
                found.add(said.span(simple.at), "a step outlives its connection by itself: this only hides how it ends", "let go", HELP);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn what_nobody_waits_for_is_found_once() {
        table(
            RULE.code,
            &[
                ("run", "a b &", &["a b"]),
                ("run", "nohup a >f 2>&1 &", &["nohup a"]),
                ("run", "nohup a", &["nohup a"]),
                ("run", "(a; b) &\nc", &["a; b"]),
                ("run", "a & disown", &["a", "disown"]),
                ("run", "for i in 1 2; do a & done", &["a"]),
            ],
        );
        silent(RULE.code, "run", &["a & b & wait", "a & p=$!; b; wait \"$p\"", "a && b", "a 2>&1", "curl 'http://x/?a&b'", "systemd-run --unit x a"]);
    }
}

//! A command that goes on until somebody presses Ctrl-C.

use grammar::diagnostic::Severity;

use super::shell::{At, Facts, Kind, Pipeline, Simple, has_flag, operands};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0370",
    severity: Severity::Warning,
    title: "a command that never ends by itself",
    explanation: "`tail -f`, `journalctl -f`, `watch` and `ping` go on until somebody presses Ctrl-C, and here nobody does: the step hangs until its `timeout` and then it has failed. What is to be waited for is a `verify` with `every` and `within`; what is to be seen is a `show` of a gate.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `tail -f /var/log/app.log | grep ready` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { verify `grep -q ready /var/log/app.log` every 2s within 1m } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        for pipeline in &facts.pipelines {
            let chain = &facts.chains[pipeline.stands.chain];
            if chain.background {
                continue;
            }
            for (i, member) in pipeline.members.iter().enumerate() {
                let at = match member.kind {
                    Kind::Simple => {
                        facts.simples.get(member.simples.start).filter(|simple| goes_on(simple) && !ends_early(facts, pipeline, i)).map(|simple| simple.at)
                    }
                    Kind::Loop => endless(facts, member.simples.start, member.simples.end),
                    _ => None,
                };
                if let Some(at) = at {
                    found.add(
                        said.span(at),
                        "this goes on until somebody presses Ctrl-C",
                        "never ends",
                        "wait by `verify … every … within …`, or put `timeout` before it",
                    );
                }
            }
        }
    }
}

fn goes_on(simple: &Simple) -> bool {
    let words = simple.arguments();
    let first = words.first().map(String::as_str).unwrap_or_default();
    if simple.is_run_by("timeout") {
        return false;
    }
    match simple.name.as_str() {
        "tail" => (has_flag(words, 'f', "cns", &["follow"]) || has_flag(words, 'F', "cns", &[])) && !words.iter().any(|word| word.starts_with("--pid")),
        "journalctl" => has_flag(words, 'f', "ungptSUobDcM", &["follow"]),
        "dmesg" => has_flag(words, 'w', "lfsF", &["follow"]) || has_flag(words, 'W', "lfsF", &["follow-new"]),
        "watch" => !words.iter().any(|word| matches!(word.as_str(), "-g" | "--chgexit" | "-e" | "--errexit" | "-v" | "--version")),
        "ping" | "ping6" => !has_flag(words, 'c', "iIlMpQsStTW", &[]) && !has_flag(words, 'w', "iIlMpQsStTW", &[]) && !words.is_empty(),
        "tcpdump" => !has_flag(words, 'c', "BCFGiDjKmMrsTVwWyzZ", &["version"]) && !has_flag(words, 'r', "", &[]) && !has_flag(words, 'D', "", &[]),
        "docker" | "podman" | "docker-compose" => words.iter().take(2).any(|word| word == "logs") && has_flag(words, 'f', "n", &["follow"]),
        "kubectl" => {
            first == "logs" && has_flag(words, 'f', "cn", &["follow"]) || first == "get" && has_flag(words, 'w', "non", &["watch"]) || first == "port-forward"
        }
        "inotifywait" => has_flag(words, 'm', "eot", &["monitor"]) && !has_flag(words, 't', "", &["timeout"]),
        "vmstat" | "iostat" | "mpstat" | "sar" => {
            let numbers: Vec<_> = operands(words, "pPo", &[]).into_iter().filter(|(_, word)| word.bytes().all(|b| b.is_ascii_digit())).collect();
            numbers.len() == 1
        }
        "sleep" => first == "infinity",
        _ => false,
    }
}

/// A later command of the pipe that ends once it has seen enough: the broken pipe ends the one before it.
fn ends_early(facts: &Facts, pipeline: &Pipeline, member: usize) -> bool {
    pipeline.members[member + 1..].iter().filter_map(|later| facts.simples.get(later.simples.start)).any(|simple| {
        let words = simple.arguments();
        match simple.name.as_str() {
            "grep" | "egrep" | "fgrep" => has_flag(words, 'q', "efABC", &["quiet", "silent"]) || has_flag(words, 'm', "efABC", &["max-count"]),
            "head" => true,
            "sed" | "awk" | "gawk" => words.iter().any(|word| word.contains("exit") || word.contains('q')),
            "while" | "read" => true,
            _ => false,
        }
    })
}

/// `while true` with nothing in it that would leave.
fn endless(facts: &Facts, start: usize, end: usize) -> Option<At> {
    let inside = facts.simples.get(start..end)?;
    let first = inside.first().filter(|first| matches!(first.name.as_str(), "true" | ":") && first.stands.asked)?;
    let leaves = inside.iter().any(|simple| matches!(simple.name.as_str(), "break" | "exit" | "return" | "exec" | "kill") || simple.is_run_by("exec"));
    // A failure inside leaves as well, where `set -e` is in force: then the loop is one that waits for it.
    (!leaves && inside.len() > 1).then_some(first.at)
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn what_goes_on_for_ever_is_found() {
        table(
            RULE.code,
            &[
                ("run", "tail -f /var/log/x", &["tail -f /var/log/x"]),
                ("run", "tail -n 5 -F f | grep x", &["tail -n 5 -F f"]),
                ("verify", "journalctl -fu nginx", &["journalctl -fu nginx"]),
                ("run", "ping db1", &["ping db1"]),
                ("run", "watch -n 1 uptime", &["watch -n 1 uptime"]),
                ("run", "docker logs -f web", &["docker logs -f web"]),
                ("run", "vmstat 1", &["vmstat 1"]),
                ("run", "while true; do curl -fsS x; sleep 1; done", &["true"]),
            ],
        );
        silent(
            RULE.code,
            "run",
            &[
                "tail -n 100 f",
                "tail -f f | grep -q ready",
                "tail -f f | head -5",
                "timeout 60 tail -f f",
                "tail --pid=1 -f f",
                "journalctl -u f -n 50",
                "ping -c 3 db1",
                "ping -w 5 db1",
                "docker logs web",
                "vmstat 1 5; vmstat",
                "while true; do if a; then break; fi; sleep 1; done",
                "while ! a; do sleep 1; done",
                "until a; do sleep 1; done",
                "tail -f f & p=$!; a; kill $p; wait",
            ],
        );
    }
}

//! A process that is killed can't put its things in order.

use grammar::diagnostic::Severity;

use super::shell::Simple;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0358",
    severity: Severity::Info,
    title: "`kill -9` without a chance to end",
    explanation: "SIGKILL takes a process away in the middle of what it does: buffers are not written, locks and pid files stay, children go on. Send SIGTERM first and wait; what does not end then may be killed. A unit is stopped by `systemctl stop`, which does just that.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `pkill -9 -x indexer` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `pkill -x indexer` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let mut asked_before = false;
        for simple in &said.facts.simples {
            let Some(hard) = kills(simple) else { continue };
            if hard && !asked_before {
                found.add(
                    said.span(simple.at),
                    "the process has no chance to end by itself",
                    "SIGKILL",
                    "send SIGTERM first and wait: `kill PID`, `pkill NAME`, `systemctl stop UNIT`",
                );
            }
            asked_before |= !hard;
        }
    }
}

/// Whether it ends processes the hard way; `None`: it ends none.
fn kills(simple: &Simple) -> Option<bool> {
    let words = simple.arguments();
    let is_signal = |names: &[&str]| {
        words.iter().enumerate().any(|(i, word)| {
            let behind = matches!(word.as_str(), "-s" | "--signal" | "-n").then(|| words.get(i + 1)).flatten().map(String::as_str);
            let name =
                behind.or_else(|| word.strip_prefix("--signal=")).or_else(|| word.strip_prefix("-s")).or_else(|| word.strip_prefix('-')).unwrap_or_default();
            names.contains(&name.trim_start_matches("SIG"))
        })
    };
    match simple.name.as_str() {
        "kill" | "pkill" | "killall" | "skill" if is_signal(&["0", "HUP", "USR1", "USR2", "1", "10", "12", "STOP", "CONT", "l"]) => None,
        "kill" | "pkill" | "killall" | "skill" => Some(is_signal(&["9", "KILL"])),
        "systemctl" if words.first().is_some_and(|verb| verb == "stop") => Some(false),
        "systemctl" if words.first().is_some_and(|verb| verb == "kill") => Some(is_signal(&["9", "KILL"])),
        "fuser" if words.iter().any(|word| word.starts_with('-') && word.contains('k')) => None,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_kill_is_found_unless_the_process_was_asked_before() {
        table(
            RULE.code,
            &[
                ("run", "kill -9 $(cat p)", &["kill -9 $(cat p)"]),
                ("run", "pkill -KILL x", &["pkill -KILL x"]),
                ("run", "kill -s KILL 1", &["kill -s KILL 1"]),
                ("run", "sudo killall --signal=SIGKILL x", &["sudo killall --signal=SIGKILL x"]),
                ("run", "systemctl kill -s SIGKILL x", &["systemctl kill -s SIGKILL x"]),
            ],
        );
        silent(RULE.code, "run", &["kill 1; sleep 5; kill -9 1", "kill -0 1", "pkill -HUP x", "kill -TERM 1", "systemctl stop x; pkill -9 x"]);
    }
}

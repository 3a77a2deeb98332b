//! What a machine can do, a person need not type.

use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0383",
    severity: Severity::Info,
    title: "a manual step holds a command that could be a step",
    explanation: "A command in the text of a manual step is typed or copied by hand: on a host that nobody checks, without a timeout, without a record of what it printed. As a step it has all that, and the person keeps what only a person can do.",
    bad: "runbook x { target h: host = \"h1\"\n manual apache on h { instructions \"Restart Apache: sudo systemctl restart apache2\" } }",
    good: "runbook x { target h: host = \"h1\"\n step apache \"Restart Apache\" on h { run `systemctl restart apache2` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for seen in walk::steps(program).into_iter().filter(|seen| seen.manual) {
        let Some(text) = &seen.step.fields.instructions else { continue };
        if let Some((start, end)) = command(&text.text) {
            let shown: String = text.text[start..end].chars().take(60).collect();
            found.add(
                text.span_of(start, end),
                format!("`{shown}` could be a step"),
                "typed by hand",
                "make it a `step` with `run`, and leave the person what only a person can do",
            );
        }
    }
}

/// The first command in a text: behind a prompt, in backticks, or known by its first words.
fn command(text: &str) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    for (start, words) in starts(text) {
        let rest = &text[start..];
        let mut given = rest.split([' ', '\t', '\n']);
        let first = given.next().unwrap_or_default();
        let second = given.next().unwrap_or_default();
        if is_command(first, second, words) && best.is_none_or(|(at, _)| start < at) {
            best = Some((start, start + end(rest, words)));
        }
    }
    best
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marked {
    Backticks,
    Prompt,
    Not,
}

/// Where a command may begin.
fn starts(text: &str) -> Vec<(usize, Marked)> {
    let mut found = Vec::new();
    let mut ticks = text.match_indices('`').map(|(at, _)| at);
    while let (Some(open), Some(_)) = (ticks.next(), ticks.next()) {
        found.push((open + 1, Marked::Backticks));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        if let Some(rest) = bare.strip_prefix("$ ") {
            found.push((at + (line.len() - rest.len()), Marked::Prompt));
        }
        at += line.len();
    }
    found.extend(
        text.char_indices()
            .filter(|(at, c)| c.is_ascii_lowercase() && text[..*at].chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'(:".contains(c)))
            .map(|(at, _)| (at, Marked::Not)),
    );
    found
}

fn is_command(first: &str, second: &str, marked: Marked) -> bool {
    let second = second.trim_end_matches('.').trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '/' && c != '.');
    let verb = |verbs: &[&str]| verbs.contains(&second);
    match first {
        "sudo" => second.len() > 2 && !verb(&["and", "access", "rights", "privileges", "user", "group", "password", "permissions"]),
        "systemctl" => {
            verb(&["start", "stop", "restart", "reload", "enable", "disable", "status", "mask", "unmask", "daemon-reload", "is-active", "reboot", "show"])
        }
        "apt" | "apt-get" | "yum" | "dnf" | "zypper" => {
            verb(&["install", "update", "upgrade", "remove", "dist-upgrade", "full-upgrade", "purge", "autoremove"])
        }
        "puppet" => verb(&["agent", "apply"]),
        "docker" | "podman" => verb(&["run", "stop", "start", "restart", "exec", "pull", "rm", "compose"]),
        "kubectl" => verb(&["apply", "delete", "drain", "cordon", "uncordon", "rollout", "scale", "exec", "get", "patch"]),
        "rm" | "cp" | "mv" | "chmod" | "chown" | "mysql" | "mysqldump" | "psql" | "pg_dump" | "rsync" | "curl" | "wget" | "sed" | "tar" => {
            second.starts_with(['-', '/']) || second.starts_with("http")
        }
        "service" | "mkdir" | "cd" | "git" | "make" | "systemd-run" | "journalctl" | "crontab" | "cat" | "grep" | "tail" | "kill" | "reboot" | "shutdown"
        | "php" | "python3" | "ln" | "touch" => marked != Marked::Not,
        _ => marked == Marked::Prompt && first.starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '.'),
    }
}

fn end(rest: &str, marked: Marked) -> usize {
    let line = rest.split('\n').next().unwrap_or(rest);
    let length = match marked {
        Marked::Backticks => line.find('`').unwrap_or(line.len()),
        Marked::Prompt => line.len(),
        // Up to where a sentence ends or goes on.
        Marked::Not => [". ", ", ", "; ", "` ", ") ", " then ", " and "].iter().filter_map(|sign| line.find(sign)).min().unwrap_or(line.len()),
    };
    line[..length].trim_end_matches(['.', ' ', ')', '`', '"', ',', ':', ';']).len()
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_command_is_found_in_its_sentence() {
        for (text, expected) in [
            ("Restart apache: sudo systemctl restart apache2.", Some("sudo systemctl restart apache2")),
            ("Stop mariadb with systemctl status mariadb, then wait", Some("systemctl status mariadb")),
            ("Run `cat /etc/motd` and read it", Some("cat /etc/motd")),
            ("Then:\n  $ ./upgrade --all\nWait.", Some("./upgrade --all")),
            ("Re-enable puppet with sudo puppet agent --enable", Some("sudo puppet agent --enable")),
            ("Make a patch, have it reviewed, merge it.", None),
            ("Restart the service in the console of the provider.", None),
            ("You need sudo rights for that. Ask for sudo access.", None),
            ("Look at the git history and make a note; kill the lights.", None),
            ("Open the page `Restart`; look for `status`", None),
            ("Write to the list that web goes down.", None),
            ("It costs $ 5", None),
        ] {
            assert_eq!(command(text).map(|(start, end)| &text[start..end]), expected, "{text}");
        }
    }
}

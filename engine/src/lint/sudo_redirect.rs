//! `sudo` gives its rights to the command, not to the shell that opens the file.

use grammar::diagnostic::Severity;

use super::shell::{Way, literal};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0356",
    severity: Severity::Warning,
    title: "the file behind `>` is not opened by `sudo`",
    explanation: "The shell opens the file of a redirection before it starts the command, as the user that the shell runs as: `sudo echo x > /etc/f` writes as that user and fails, or changes a file that was meant to be out of reach. Run the step `as \"root\"`, or let `sudo tee` write.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `sudo echo 1 > /etc/app/on` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { as \"root\"\n run `echo 1 > /etc/app/on` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        for simple in said.facts.simples.iter().filter(|simple| simple.is_run_by("sudo")) {
            for redirect in simple.redirects.iter().filter(|redirect| matches!(redirect.way, Way::Out | Way::Append) && is_guarded(&redirect.word)) {
                found.add(
                    said.span(redirect.at),
                    "`sudo` does not write this file: the shell around it does",
                    "opened without `sudo`",
                    "put `as \"root\"` into the step and leave `sudo` out, or write `… | sudo tee FILE >/dev/null`",
                );
            }
        }
    }
}

/// A place where not everybody may write.
fn is_guarded(word: &str) -> bool {
    literal(word)
        .is_some_and(|path| path.starts_with('/') && !["/tmp/", "/var/tmp/", "/dev/", "/home/", "/proc/self/"].iter().any(|free| path.starts_with(free)))
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn only_a_file_out_of_reach_is_found() {
        table(
            RULE.code,
            &[
                ("run", "sudo echo x > /etc/f", &["/etc/f"]),
                ("run", "sudo -u app cat a >> '/var/log/app.log'", &["'/var/log/app.log'"]),
                ("run", "a | sudo sort > /etc/f", &["/etc/f"]),
            ],
        );
        silent(
            RULE.code,
            "run",
            &[
                "sudo a >/dev/null 2>&1",
                "sudo a > /tmp/x",
                "echo x | sudo tee /etc/f >/dev/null",
                "sudo sh -c 'echo x > /etc/f'",
                "echo x > /etc/f",
                "sudo a > out.txt",
            ],
        );
    }
}

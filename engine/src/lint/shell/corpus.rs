//! Real commands, and what is said of each. Every line was looked at: what is found is a fault that a person would mend,
//! and what is not found is none.

use std::fmt::Write as _;

use super::tests::runbook;
use crate::lint::tests::linted;

const COMMANDS: &str = include_str!("corpus.txt");

/// `field<TAB>codes<TAB>command`; `\n` in a command is a line break.
#[test]
fn of_two_hundred_real_commands_each_gets_what_it_deserves_and_no_more() {
    let mut now = String::new();
    for line in COMMANDS.lines() {
        let mut parts = line.splitn(3, '\t');
        let (field, _, command) = (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
        let mut codes: Vec<&str> =
            linted(&runbook(field, &command.replace("\\n", "\n"))).into_iter().map(|d| d.code).filter(|code| *code >= "RB0350" || *code == "RB0307").collect();
        codes.dedup();
        let codes = if codes.is_empty() { "-".to_owned() } else { codes.join(" ") };
        let _ = writeln!(now, "{field}\t{codes}\t{command}");
    }
    for (before, now) in COMMANDS.lines().zip(now.lines()) {
        assert_eq!(before, now);
    }
    assert!(COMMANDS.lines().count() > 200);
}

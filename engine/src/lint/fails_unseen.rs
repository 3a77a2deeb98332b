//! A guard must not take "I could not look" for an answer.

use grammar::diagnostic::Severity;

use super::shell::{Role, lost};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0307",
    severity: Severity::Warning,
    title: "the left side of a guard's pipe may fail unseen",
    explanation: "Guards run without `pipefail`, because `… | grep -q` would end the left side with a broken pipe. So a left side that fails looks like one that printed nothing, and the guard says \"no\" where it should say \"I can't tell\". `verify` is not concerned: there a \"no\" is a failure anyway.",
    bad: "runbook x { target h: host = \"h1\"\n require \"it is in sync\" `mysql -e 'show slave status' | grep -q Yes` on h\n step s on h { run `true` } }",
    good: "runbook x { target h: host = \"h1\"\n require \"it is in sync\" `status=$(mysql -e 'show slave status') || exit 126; grep -q Yes <<<\"$status\"` on h\n step s on h { run `true` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands.iter().filter(|said| matches!(said.role, Role::Check | Role::Require | Role::Fact(true))) {
        if let Some(pipe) = lost(said).first() {
            found.add(
                said.span(*pipe),
                "if the command before this pipe fails, the guard says no",
                "its exit status is lost",
                "keep it: `out=$(command) || exit 126; grep -q … <<<\"$out\"`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{runbook, silent, table};
    use super::RULE;

    #[test]
    fn a_pipe_of_a_guard_is_found_where_its_left_side_may_fail() {
        table(
            RULE.code,
            &[
                ("check", "mysql -e 'show status' | grep -q Yes", &["|"]),
                ("require", "x=$(df -P / | tail -1); [ -n \"$x\" ]", &["|"]),
                ("flag", "if journalctl -u a | grep -q b; then exit 0; fi; exit 1", &["|"]),
                ("check", "a |\n  grep -q b", &["|"]),
                ("check", "[ \"$(grep -c a /etc/hosts | head -1)\" = 1 ]; n=$(grep a /etc/hosts | wc -l); [ \"$n\" = 1 ]", &["|"]),
            ],
        );
        assert!(runbook("check", "é | b").contains('é'));
    }

    #[test]
    fn what_can_not_fail_and_what_is_no_pipe_is_let_alone() {
        silent(
            RULE.code,
            "check",
            &[
                "echo a | grep -q a",
                "ps aux | grep -q x",
                "cat /proc/mounts | grep -q x",
                "case $1 in a | b) ;; esac",
                "awk '/a|b/' f",
                "true || false",
                "# a | b\ntrue",
                "grep -q 'a|b' <<E\nx | y\nE",
                "x=$(df -P) || exit 126; n=$(grep -o a <<<\"$x\" | sort -u | wc -l); [ \"$n\" = 1 ]",
            ],
        );
        silent(RULE.code, "verify", &["mysql -e 'show status' | grep -q Yes"]);
        silent(RULE.code, "fact", &["df -P / | tail -1"]);
    }
}

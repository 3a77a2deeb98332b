//! A reboot takes everything down that runs beside it.

use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0305",
    severity: Severity::Error,
    title: "a reboot inside a `parallel`",
    explanation: "The children of a `parallel` may work on one host at the same time. A reboot among them interrupts the others in the middle of what they do, and whether it does is a matter of luck.",
    bad: "runbook x { target h: host = \"h1\"\n parallel { step reboot on h { run `systemctl reboot`\n reboots within 10m }\n step copy on h { run `cp a b` } } }",
    good: "runbook x { target h: host = \"h1\"\n step copy on h { run `cp a b` }\n step reboot on h { run `systemctl reboot`\n reboots within 10m } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program).into_iter().filter(|s| s.around.parallel) {
        if seen.merged(program).first(|f| f.reboots.as_ref()).is_some() {
            found.add(
                seen.step.id.span,
                format!("`{}` reboots a host that others may be working on", seen.step.id.value),
                "inside a `parallel`",
                "put it before or behind the `parallel`",
            );
        }
    }
}

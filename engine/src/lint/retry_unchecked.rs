//! A second attempt begins where the first one stopped.

use grammar::ast::{Does, Name};
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::merged::Merged;
use crate::check::{Program, stdlib};

pub(super) static RULE: Rule = Rule {
    code: "RB0306",
    severity: Severity::Warning,
    title: "a retry without a check",
    explanation: "A command that failed may have done half its work, or all of it and only failed to say so. Without a `check` nothing can tell, and the next attempt does it again from the start.",
    bad: "runbook x { target h: host = \"h1\"\n step add on h { run `useradd bot`\n retry 3 every 5s } }",
    good: "runbook x { target h: host = \"h1\"\n step add on h { check `id bot`\n run `useradd bot`\n retry 3 every 5s } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program) {
        look(&seen.step.id, &seen.merged(program), found);
    }
    for action in program.own_actions() {
        look(&action.name, &Merged::of_action(action, program.actions()), found);
    }
}

fn look(name: &Name, merged: &Merged<'_>, found: &mut Found) {
    let Some((at, retry)) = merged.first(|fields| fields.retry.as_ref()) else { return };
    // A file is compared before it is sent again, and who only looks or waits changes nothing twice.
    let changes = matches!(merged.does(), Some((_, Does::Run(_))));
    // Of an action's own retry is told there, unless the action is not this program's to change.
    let is_told_there = merged.layers[at].action.is_some_and(|action| action.name != *name && !stdlib::is_standard(action.name.span.source));
    if merged.check().is_none() && changes && !is_told_there {
        let span = if at == 0 { retry.times.span } else { name.span };
        found.add(
            span,
            format!("`{}` is tried again without a look at what the last attempt did", name.value),
            "a retry",
            "add a `check` that says whether it is done already",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    #[test]
    fn an_action_is_looked_at_where_it_is_written() {
        let action = "action a.b() { run `x`\n retry 2 every 5s }";
        assert_eq!(places("RB0306", action), ["2"], "a library");
        assert_eq!(places("RB0306", &format!("{action}\nrunbook x {{ target h: host = \"h1\"\n step s on h {{ use a.b() }} }}")), ["2"], "once");
        let plain = "action a.b() { run `x` }";
        assert_eq!(places("RB0306", &format!("{plain}\nrunbook x {{ target h: host = \"h1\"\n step s on h {{ use a.b()\n retry 3 every 5s }} }}")), ["3"]);
        let checked = "action a.b() { check `c`; run `x` }";
        assert_eq!(places("RB0306", &format!("{checked}\nrunbook x {{ target h: host = \"h1\"\n step s on h {{ use a.b()\n retry 3 every 5s }} }}")), [""; 0]);
    }
}

//! Two durations of one field or step that can't both be meant.

use grammar::ast::{Expr, Fields, Piece, Settings};
use grammar::diagnostic::Severity;

use super::flow::worst_case::{Clock, in_words};
use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0324",
    severity: Severity::Warning,
    title: "a limit is shorter than what it limits",
    explanation: "A `verify` that is asked `every 5m within 1m` is asked once and never again. A step that usually takes longer (`expect`) than it may (`timeout`) is killed on a good day. One of the two durations is not what was meant.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `true`\n verify `true` every 5m within 1m } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `true`\n verify `true` every 5s within 1m } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for runbook in walk::runbooks(program) {
        let clock = Clock::of(runbook, program);
        walk::blocks(&runbook.body, &mut |piece| {
            if let Piece::Step(step) | Piece::Manual(step) = piece {
                look(&step.fields, &step.settings, &clock, found);
            }
        });
    }
    // An action's own params have no value here: only literals are compared.
    let nobody = Clock::of_nothing(program);
    for action in program.own_actions() {
        look(&action.fields, &action.settings, &nobody, found);
    }
}

fn look(fields: &Fields, settings: &Settings, clock: &Clock<'_>, found: &mut Found) {
    for verify in &fields.verify {
        if let (Some(every), Some(within)) = (&verify.every, &verify.within) {
            compare(every, within, clock, found, |every, within| {
                (
                    format!("this is asked every {every}, and given up after {within}"),
                    "never asked a second time",
                    "write a shorter `every`, or a longer `within`",
                )
            });
        }
    }
    if let (Some(expect), Some(timeout)) = (&fields.expect, &settings.timeout) {
        compare(expect, timeout, clock, found, |expect, timeout| {
            (format!("this usually takes {expect}, and is ended after {timeout}"), "longer than the limit", "write a longer `timeout`, or a shorter `expect`")
        });
    }
}

fn compare(one: &Expr, limit: &Expr, clock: &Clock<'_>, found: &mut Found, say: impl Fn(String, String) -> (String, &'static str, &'static str)) {
    let (Some(long), Some(short)) = (clock.seconds(one), clock.seconds(limit)) else { return };
    if long > short {
        let (message, label, help) = say(in_words(long), in_words(short));
        let note = found.add(one.span, message, label, help);
        note.related.push((limit.span, "the limit".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(fields: &str) -> Vec<String> {
        let text = format!("runbook x {{\n target h: host = \"h1\"\n param p: duration = 1m\n param q: duration\n step s on h {{ {fields} }}\n step t on h {{ sleep p }} step u on h {{ sleep q }}\n}}").replace("} step u", "}\n step u");
        places("RB0324", &text).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn durations_are_compared_where_they_are_known() {
        assert_eq!(found("run `x`; expect 10m; timeout 5m"), ["10m"]);
        assert_eq!(found("run `x`; expect 5m; timeout 5m"), [""; 0]);
        assert_eq!(found("verify `x` every p within 30s"), ["p"]);
        assert_eq!(found("verify `x` every q within 1s"), [""; 0], "not known");
        assert_eq!(found("verify `x` every 1s within 1s; verify `y` within 5s"), [""; 0]);
    }

    #[test]
    fn actions_are_looked_at_too() {
        let text = "action a.b(p: duration = 1m) { run `x`; verify `y` every 10m within 5m; verify `z` every 10m within p }\nrunbook x { target h: host = \"h1\"\n step s on h { use a.b() } }";
        assert_eq!(places("RB0324", text), ["10m"]);
    }
}

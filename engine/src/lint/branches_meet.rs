//! Branches that run side by side work on different hosts.

use grammar::ast::{Does, Piece, Step};
use grammar::diagnostic::Severity;

use super::flow::hosts::Where;
use super::flow::paths::{Order, Paths, Spot, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0331",
    severity: Severity::Warning,
    title: "two branches of a `parallel` change the same host",
    explanation: "Everywhere else the engine lets no two steps change one host at the same time. A `parallel` says that its branches may, and then they meet in package locks, in restarts of one service, in files that both write; and which of them is undone first is a matter of luck. `after` puts them in order; steps that only look, and steps on `local`, may run side by side.",
    bad: "runbook x { target h: host = \"h1\"\n parallel { step one on h { run `apt-get -y install a` }\n step two on h { run `apt-get -y install b` } } }",
    good: "runbook x { target h: host = \"h1\"\n parallel { step one on h { run `apt-get -y install a` }\n step two on h { after [one]\n run `apt-get -y install b` } } }",
    find,
};

/// A step that changes something, and where.
struct Change<'a> {
    spot: Spot<'a>,
    step: &'a Step,
    at: Where,
}

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    let changes: Vec<Change<'_>> = paths.spots.iter().filter_map(|spot| change(*spot, paths, program)).collect();
    for (position, second) in changes.iter().enumerate() {
        let first = changes[..position].iter().find(|first| meet(first, second, paths));
        if let Some(first) = first {
            let (one, other) = (called(paths.reached_by(first.spot).piece), called(paths.reached_by(second.spot).piece));
            let help = if one.0 == other.0 {
                "give it two hosts, or let it work on them one after the other".to_owned()
            } else {
                format!("order them with `after [{}]`, or put one behind the `parallel`", one.1.trim_matches('`'))
            };
            let note = found.add(
                other.0,
                format!("`{}` and `{}` may change the same host at the same time", first.step.id.value, second.step.id.value),
                "side by side with the other",
                help,
            );
            note.related.push((first.step.id.span, "the other".to_owned()));
            if !paths.is_own(second.spot) {
                note.related.push((second.step.id.span, "with this one".to_owned()));
            }
        }
    }
}

fn change<'a>(spot: Spot<'a>, paths: &Paths<'a>, program: &Program) -> Option<Change<'a>> {
    let Piece::Step(step) = spot.piece else { return None };
    if !paths.is_in_a_branch(spot) {
        return None;
    }
    let merged = Merged::of_step(&step.fields, program.actions());
    // A reboot beside others has a rule of its own.
    let acts = matches!(merged.does(), Some((_, Does::Run(_) | Does::Upload { .. }))) && merged.first(|f| f.reboots.as_ref()).is_none();
    let at = paths.hosts(spot);
    (acts && !at.is_local()).then_some(Change { spot, step, at })
}

fn meet<'a>(first: &Change<'a>, second: &Change<'a>, paths: &Paths<'a>) -> bool {
    paths.order(first.spot, second.spot) == Order::Beside
        && first.at.meets(&second.at)
        && !paths.is_said_there(first.spot, second.spot)
        && !paths.exclude(first.spot, second.spot)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(children: &str) -> Vec<String> {
        let text = format!(
            "runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n target web = [\"h1\", \"h3\"]\n target later\n param p: bool\n parallel {{\n {children}\n}} }}"
        );
        places("RB0331", &text).into_iter().map(str::to_owned).collect()
    }

    fn step(id: &str, on: &str) -> String {
        format!("step {id} on {on} {{ run `x` }}\n")
    }

    #[test]
    fn branches_on_other_hosts_and_on_this_machine_do_not_meet() {
        for (one, other, meet) in [
            ("h", "h", true),
            ("h", "web", true),
            ("later", "later", true),
            ("h", "g", false),
            ("g", "web", false),
            ("local", "local", false),
            ("later", "web", false),
        ] {
            let second = if meet { vec!["two"] } else { vec![] };
            assert_eq!(found(&(step("one", one) + &step("two", other))), second, "{one} {other}");
        }
    }

    #[test]
    fn what_lies_deep_in_a_branch_counts() {
        assert_eq!(found(&format!("boundary b {{ step a on h {{ run `x`\n undo `y` }} }}\n for x in web {{ {} }}", step("c", "x"))), ["c"]);
        assert_eq!(
            found(&format!("boundary b {{ step a on h {{ run `x`\n undo `y` }}\n step c on h {{ run `x`\n undo `y` }} }}\n {}", step("d", "g"))),
            [""; 0]
        );
    }

    #[test]
    fn called_runbooks_meet_on_what_they_are_given() {
        let found = |body: &str| {
            let low = "runbook low { param go: bool = true\n target h: host\n step s on h { when go\n run `x` } }";
            let two = "runbook two { target a: host = \"m\"\n target b: host = \"n\"\n parallel { step s on a { run `x` }\n step t on b { run `x` } } }";
            let text = format!("runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n param p: bool\n {body} }}\n{low}\n{two}");
            places("RB0331", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found("parallel { call one low(h: h)\n call other low(h: h) }"), ["other"]);
        assert_eq!(found("parallel { call one low(h: h)\n call other low(h: g) }"), [""; 0]);
        assert_eq!(found("parallel { step one on h { run `x` }\n call other low() }"), ["other"]);
        assert_eq!(found("parallel { call one low(h: h)\n call other low(h: h) { after [one] } }"), [""; 0]);
        assert_eq!(found("parallel { call one low(h: h)\n call other low(h: h, go: false) }"), [""; 0], "it does nothing");
        assert_eq!(found("parallel { call one low(h: h, go: p)\n call other low(h: h) { when not p } }"), ["other"], "who knows");
        assert_eq!(found("call both two(a: h, b: h)"), ["both"], "one host for two");
        assert_eq!(found("call both two(a: h, b: g)"), [""; 0]);
    }

    #[test]
    fn looking_waiting_and_excluding_each_other_is_no_meeting() {
        assert_eq!(found(&(step("one", "h") + "step two on h { verify `x` }\n step three on h { sleep 5s }")), [""; 0]);
        assert_eq!(found("step one on h { when p\n run `x` }\n step two on h { when not p\n run `y` }"), [""; 0]);
        assert_eq!(found("step one on h { run `x` }\n step two on h { after [one]\n run `y` }\n step three on h { after [two]\n run `z` }"), [""; 0]);
    }
}

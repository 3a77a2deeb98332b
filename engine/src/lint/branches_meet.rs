//! Branches that run side by side work on different hosts.

use grammar::ast::{Does, Piece, Step};
use grammar::diagnostic::Severity;

use super::flow::hosts::{Hosts, Where};
use super::flow::paths::{Order, Paths, Spot};
use super::flow::truth::{Truth, truth};
use super::{Found, Rule, walk};
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
    for runbook in walk::runbooks(program) {
        let (paths, hosts) = (Paths::of(runbook, program), Hosts::of(runbook));
        let changes: Vec<Change<'_>> = paths.spots.iter().filter_map(|spot| change(*spot, &paths, &hosts, program)).collect();
        for (position, second) in changes.iter().enumerate() {
            let first = changes[..position].iter().find(|first| meet(first, second, &paths));
            if let Some(first) = first {
                let note = found.add(
                    second.step.id.span,
                    format!("`{}` and `{}` may change the same host at the same time", first.step.id.value, second.step.id.value),
                    "side by side with the other",
                    format!("order them with `after [{}]`, or put one behind the `parallel`", first.step.id.value),
                );
                note.related.push((first.step.id.span, "the other".to_owned()));
            }
        }
    }
}

fn change<'a>(spot: Spot<'a>, paths: &Paths<'a>, hosts: &Hosts, program: &Program) -> Option<Change<'a>> {
    let Piece::Step(step) = spot.piece else { return None };
    let merged = Merged::of_step(&step.fields, program.actions());
    // A reboot beside others has a rule of its own.
    let acts = matches!(merged.does(), Some((_, Does::Run(_) | Does::Upload { .. }))) && merged.first(|f| f.reboots.as_ref()).is_none();
    let at = hosts.of_piece(spot, paths);
    (acts && !at.is_local()).then_some(Change { spot, step, at })
}

fn meet<'a>(first: &Change<'a>, second: &Change<'a>, paths: &Paths<'a>) -> bool {
    paths.order(first.spot, second.spot) == Order::Beside && first.at.meets(&second.at) && !exclude(first.spot, second.spot, paths)
}

/// Whether at most one of the two is ever run.
fn exclude<'a>(one: Spot<'a>, other: Spot<'a>, paths: &Paths<'a>) -> bool {
    let given = paths.all_conditions(other);
    paths.all_conditions(one).iter().any(|condition| truth(condition, &given, &paths.names) == Truth::Never)
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
    fn looking_waiting_and_excluding_each_other_is_no_meeting() {
        assert_eq!(found(&(step("one", "h") + "step two on h { verify `x` }\n step three on h { sleep 5s }")), [""; 0]);
        assert_eq!(found("step one on h { when p\n run `x` }\n step two on h { when not p\n run `y` }"), [""; 0]);
        assert_eq!(found("step one on h { run `x` }\n step two on h { after [one]\n run `y` }\n step three on h { after [two]\n run `z` }"), [""; 0]);
    }
}

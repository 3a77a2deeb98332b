//! One scope has one holder.

use grammar::ast::{During, Piece};
use grammar::diagnostic::Severity;

use super::flow::paths::Order;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0332",
    severity: Severity::Error,
    title: "two branches of a `parallel` hold the same scope",
    explanation: "Whoever takes a scope that is held already is satisfied by its `check`: to it the scope is somebody else's. So of two branches that hold the same, the first one releases it when it is done, under the feet of the second. And branches that take two scopes in two orders each hold what the other waits for, where taking waits. A scope around the `parallel` is held until both are done.",
    bad: "runbook x { target h: host = \"h1\"\n target g: host = \"h2\"\n parallel { boundary a { during puppet.disabled(reason: \"x\") on h release always { step one on h { verify `true` } } }\n boundary b { during puppet.disabled(reason: \"x\") on h release always { step two on g { verify `true` } } } } }",
    good: "runbook x { target h: host = \"h1\"\n target g: host = \"h2\"\n during puppet.disabled(reason: \"x\") on h release always { parallel { step one on h { verify `true` }\n step two on g { verify `true` } } } }",
    find,
};

fn find(_: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    let scopes: Vec<_> = paths.spots.iter().filter_map(|spot| if let Piece::During(during) = spot.piece { Some((*spot, during)) } else { None }).collect();
    for (position, (spot, during)) in scopes.iter().enumerate() {
        let same = scopes[..position].iter().find(|(other, held)| {
            is_same(during, held)
                && paths.hosts(*spot).meets(&paths.hosts(*other))
                && paths.order(*spot, *other) == Order::Beside
                && !paths.is_said_there(*other, *spot)
                && !paths.exclude(*other, *spot)
        });
        if let Some((_, first)) = same {
            let name = &during.action.name;
            let note = found.add_at(
                *spot,
                format!("two branches hold `{}` of the same host, and the first that is done releases it", name.value),
                "held by the other branch as well",
                "hold it once, around the `parallel`",
            );
            note.related.push((first.action.name.span, "the other".to_owned()));
        }
    }
}

/// The same thing is held, whatever the reason that is given.
fn is_same(one: &During, other: &During) -> bool {
    let told = |during: &During| {
        let args = during.action.args.iter().filter(|(name, _)| !matches!(name.value.as_str(), "reason" | "within" | "for"));
        args.map(|(name, value)| (name.value.clone(), value.clone())).collect::<Vec<_>>()
    };
    one.action.name == other.action.name && told(one) == told(other)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(one: &str, other: &str) -> usize {
        let text = format!(
            "runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n parallel {{\n boundary a {{ during {one} release always {{ step s on h {{ verify `x` }} }} }}\n boundary b {{ during {other} release always {{ step t on g {{ verify `x` }} }} }}\n}} }}"
        );
        places("RB0332", &text).len()
    }

    #[test]
    fn scopes_are_the_same_where_they_hold_the_same_thing_of_the_same_host() {
        assert_eq!(found("puppet.disabled(reason: \"a\") on h", "puppet.disabled(reason: \"b\") on h"), 1);
        assert_eq!(found("puppet.disabled(reason: \"a\") on h", "puppet.disabled(reason: \"a\") on g"), 0);
        assert_eq!(found("service.stopped(name: \"a\") on h", "service.stopped(name: \"b\") on h"), 0);
        assert_eq!(found("service.stopped(name: \"a\") on h", "service.stopped(name: \"a\") on h"), 1);
        assert_eq!(found("service.stopped(name: \"a\") on local", "service.stopped(name: \"a\") on local"), 1, "this machine is a host here");
    }

    #[test]
    fn called_runbooks_hold_what_they_are_given() {
        let found = |one: &str, other: &str| {
            let low = "runbook low { target web: host\n during puppet.disabled(reason: \"x\") on web release always\n step s on web { verify `x` } }";
            let text = format!(
                "runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n param p: bool\n parallel {{ call one low(web: {one})\n call other low(web: {other}) }} }}\n{low}"
            );
            places("RB0332", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found("h", "h"), ["other"]);
        assert_eq!(found("h", "g"), [""; 0]);
    }

    #[test]
    fn branches_of_which_one_runs_hold_nothing_twice() {
        let branch = |id: &str, when: &str| {
            format!("boundary {id} {{ when {when}\n during puppet.disabled(reason: \"x\") on h release always {{ step s-{id} on h {{ verify `x` }} }} }}\n")
        };
        let text = format!("runbook x {{\n target h: host = \"h1\"\n param p: bool\n parallel {{\n {}{} }} }}", branch("a", "p"), branch("b", "not p"));
        assert_eq!(places("RB0332", &text), [""; 0]);
    }

    #[test]
    fn two_orders_are_two_findings() {
        let branch = |id: &str, outer: &str, inner: &str| {
            format!(
                "boundary {id} {{ during service.stopped(name: \"{outer}\") on h release always {{ during service.stopped(name: \"{inner}\") on h release always {{ step s-{id} on h {{ verify `x` }} }} }} }}\n"
            )
        };
        let text = format!("runbook x {{\n target h: host = \"h1\"\n parallel {{\n {}{} }} }}", branch("a", "nginx", "php"), branch("b", "php", "nginx"));
        assert_eq!(places("RB0332", &text).len(), 2);
    }
}

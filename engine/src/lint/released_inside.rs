//! What a scope holds is not given back by hand inside it.

use grammar::ast::{ActionCall, Does, During, Piece, Step, Undo};
use grammar::diagnostic::Severity;
use grammar::source::Text;

use super::flow::pairs;
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0319",
    severity: Severity::Error,
    title: "a scope is released by hand inside itself",
    explanation: "A scope is released where its block ends, whatever happened in it. A step that gives the same thing back inside leaves the rest of the block without it, though the plan says that it is held; and the release at the end has nothing to do any more, or undoes what another has done since.",
    bad: "runbook x { target h: host = \"h1\"\n during puppet.disabled(reason: \"kernel\") on h release always { step enable on h { run `puppet agent --enable` }\n step restart on h { use service.restarted(name: \"nginx\") } } }",
    good: "runbook x { target h: host = \"h1\"\n during puppet.disabled(reason: \"kernel\") on h release always { step restart on h { use service.restarted(name: \"nginx\") } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in &paths.spots {
        let Piece::Step(step) = spot.piece else { continue };
        let Some(during) = paths.scope_here(*spot, |during| gives_back(step, during, program)) else { continue };
        let message = format!("`{}` gives back by hand what `during {}` holds", step.id.value, during.action.name.value);
        let label = "released here, and the block goes on without it";
        let note = found.add_at(*spot, message, label, "take the step out, or end the scope's block before it");
        note.related.push((during.action.name.span, "held from here on, and released by its own undo".to_owned()));
    }
}

/// It runs the scope's own undo, the command that undoes it elsewhere, or the action that is its opposite.
fn gives_back(step: &Step, during: &During, program: &Program) -> bool {
    let Some(action) = program.actions().get(&during.action.name.value) else { return false };
    let scope = Merged::of_action(action, program.actions());
    let (Some((_, Does::Run(take))), Some(Undo::Command(undo))) = (scope.does(), scope.undo()) else { return false };
    let own = match &step.fields.does {
        Some(Does::Use(call)) if is_opposite(&call.name, &during.action.name) => return agree(call, &during.action, program),
        Some(Does::Run(run)) => run,
        _ => return false,
    };
    let same = words(own) == words(undo) && !undo.text.contains("{{");
    same || pairs::gives_back(own, take)
}

fn words(text: &Text) -> Vec<&str> {
    text.text.split_whitespace().collect()
}

const OPPOSITES: [(&str, &str); 16] = [
    ("disabled", "enabled"),
    ("stopped", "running"),
    ("stopped", "started"),
    ("paused", "resumed"),
    ("suspended", "resumed"),
    ("locked", "unlocked"),
    ("down", "up"),
    ("off", "on"),
    ("drained", "undrained"),
    ("cordoned", "uncordoned"),
    ("depooled", "pooled"),
    ("masked", "unmasked"),
    ("mounted", "unmounted"),
    ("closed", "open"),
    ("blocked", "unblocked"),
    ("frozen", "thawed"),
];

/// `service.running` of `service.stopped`, `mysql.replication_running` of `mysql.replication_stopped`.
fn is_opposite(one: &str, other: &str) -> bool {
    OPPOSITES.iter().any(|(a, b)| {
        let stem = |name: &str, end: &str| name.strip_suffix(end).filter(|stem| stem.ends_with(['.', '_', '-'])).map(str::to_owned);
        let pair = |a: &str, b: &str| stem(one, a).is_some_and(|stem_one| stem(other, b) == Some(stem_one));
        pair(a, b) || pair(b, a)
    })
}

/// What both know is given to both alike.
fn agree(one: &ActionCall, other: &ActionCall, program: &Program) -> bool {
    let given = |call: &ActionCall, name: &str| call.args.iter().find(|(n, _)| n.value == name).map(|(_, value)| value.clone());
    let params = |call: &ActionCall| program.actions().get(&call.name.value).map_or(&[][..], |action| &action.params);
    let shared = params(one).iter().map(|param| &param.name.value).filter(|name| params(other).iter().any(|param| param.name.value == **name));
    shared.filter(|name| !matches!(name.as_str(), "within" | "reason")).all(|name| given(one, name) == given(other, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        let text = format!(
            "action site.frozen(name: string) {{ run `freeze -- {{{{ name }}}}`\n undo `thaw all` }}\nrunbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n {body}\n}}"
        );
        places("RB0319", &text).len()
    }

    fn inside(scope: &str, step: &str) -> usize {
        found(&format!("during {scope} on h release always {{ step before on h {{ {step} }}\n step rest on h {{ run `true` }} }}"))
    }

    #[test]
    fn every_way_of_giving_it_back_is_seen() {
        let stopped = "service.stopped(name: \"nginx\")";
        assert_eq!(inside(stopped, "use service.running(name: \"nginx\")"), 1);
        assert_eq!(inside("mysql.replication_stopped()", "use mysql.replication_running(within: 1m)"), 1);
        assert_eq!(inside("site.frozen(name: \"a\")", "run `thaw  all`"), 1, "its own undo");
        assert_eq!(inside("puppet.disabled(reason: \"x\")", "run `set -x; sudo puppet agent -v --enable`"), 1);
    }

    #[test]
    fn what_gives_back_something_else_is_left_alone() {
        let stopped = "service.stopped(name: \"nginx\")";
        assert_eq!(inside(stopped, "use service.running(name: \"php\")"), 0);
        assert_eq!(inside("mysql.replication_stopped(socket: \"/a.sock\")", "use mysql.replication_running()"), 0, "another instance");
        assert_eq!(inside(stopped, "use service.restarted(name: \"nginx\")"), 0);
        assert_eq!(inside("puppet.disabled(reason: \"x\")", "undo `puppet agent --enable`"), 0, "on the way back");
        assert_eq!(found("during puppet.disabled(reason: \"x\") on h release always { step other on g { run `puppet agent --enable` } }"), 0, "elsewhere");
        assert_eq!(
            found("during puppet.disabled(reason: \"x\") on h release always { step a on h { run `true` } }\n step b on h { run `puppet agent --enable` }"),
            0
        );
    }

    #[test]
    fn a_called_runbook_gives_back_what_its_caller_holds() {
        let found = |host: &str| {
            let call = format!("during puppet.disabled(reason: \"x\") on h release always {{ call low low(on_it: {host}) }}");
            let low = "runbook low { target on_it: host\n step enable on on_it { run `puppet agent --enable` } }";
            let text = format!("runbook x {{ target h: host = \"h1\"\n target g: host = \"h2\"\n {call} }}\n{low}");
            places("RB0319", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found("h"), ["low"]);
        assert_eq!(found("g"), [""; 0]);
    }

    #[test]
    fn opposites_have_one_stem() {
        assert!(is_opposite("mysql.replication_running", "mysql.replication_stopped"));
        assert!(is_opposite("puppet.disabled", "puppet.enabled"));
        assert!(!is_opposite("service.stopped", "mysql.replication_running"));
        assert!(!is_opposite("site.upon", "site.off"));
    }
}

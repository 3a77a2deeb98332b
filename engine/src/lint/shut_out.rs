//! A scope that keeps its own steps from working.

use grammar::ast::{Does, Piece, Undo};
use grammar::diagnostic::Severity;

use super::flow::pairs;
use super::flow::paths::called;
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0320",
    severity: Severity::Error,
    title: "a step that can't work inside its scope",
    explanation: "While Puppet is disabled, `puppet agent --test` does nothing and fails: a step that runs it inside `during puppet.disabled` on the same host never succeeds, and on the way back neither does an undo that runs it.",
    bad: "runbook x { target h: host = \"h1\"\n during puppet.disabled(reason: \"kernel\") on h release always { step apply on h { use puppet.applied() } } }",
    good: "runbook x { target h: host = \"h1\"\n during puppet.disabled(reason: \"kernel\") on h release always { step restart on h { use service.restarted(name: \"nginx\") } }\n step apply on h { use puppet.applied() } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in &paths.spots {
        let Piece::Step(step) = spot.piece else { continue };
        let merged = Merged::of_step(&step.fields, program.actions());
        let run = if let Some((_, Does::Run(run))) = merged.does() { Some(run) } else { None };
        // A scope is held until what was done inside it is undone.
        let undo = if let Some(Undo::Command(undo)) = merged.undo() { Some(undo) } else { None };
        let shuts_out = |name: &str| {
            let scope = Merged::of_action(program.actions().get(name)?, program.actions());
            let Some((_, Does::Run(take))) = scope.does() else { return None };
            pairs::taken(take).any(|pair| run.into_iter().chain(undo).any(|command| pair.fails(command))).then_some(())
        };
        // What a called runbook holds is looked at there.
        let mut scopes = paths.scopes_here(*spot).into_iter().filter(|(held, _)| paths.is_own(*held));
        if let Some((_, during)) = scopes.find(|(_, during)| shuts_out(&during.action.name).is_some()) {
            let note = found.add(
                called(paths.reached_by(*spot).piece).0,
                format!("`{}` can't work while `during {}` holds", step.id.value, during.action.name.value),
                "fails inside the scope",
                "put it before the scope, or behind its block",
            );
            if !paths.is_own(*spot) {
                note.related.push((step.id.span, "this step".to_owned()));
            }
            note.related.push((during.action.name.span, "held here".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0320", &format!("runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n {body}\n}}")).len()
    }

    #[test]
    fn a_called_runbook_is_shut_out_by_the_scope_around_its_call() {
        let found = |host: &str| {
            let call = format!("during puppet.disabled(reason: \"x\") on h release always {{ call low low(web: {host}) }}");
            let low = "runbook low { target web: host\n step apply on web { use puppet.applied() } }";
            places("RB0320", &format!("runbook x {{ target h: host = \"h1\"\n target g: host = \"h2\"\n {call} }}\n{low}")).len()
        };
        assert_eq!((found("h"), found("g")), (1, 0));
    }

    #[test]
    fn puppet_runs_elsewhere_and_afterwards() {
        let held =
            |step: &str| found(&format!("during puppet.disabled(reason: \"x\") on h release always {{ {step} }}\n step last on h {{ use puppet.applied() }}"));
        assert_eq!(held("step a on h { run `sudo puppet agent -t` }"), 1);
        assert_eq!(held("for x in [\"h1\", \"h2\"] { step a on h { run `puppet agent --test; echo {{ x }}` } }"), 1);
        assert_eq!(held("step a on g { use puppet.applied() }"), 0);
        assert_eq!(held("step a on h { run `puppet agent --configprint lockfile` }"), 0);
        assert_eq!(held("step a on h { undo `puppet agent --test` }"), 1, "it is held on the way back, too");
    }
}

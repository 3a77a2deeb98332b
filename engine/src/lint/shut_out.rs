//! A scope that keeps its own steps from working.

use grammar::ast::{Does, Piece, Undo};
use grammar::diagnostic::Severity;

use super::flow::hosts::Hosts;
use super::flow::pairs;
use super::flow::paths::Paths;
use super::{Found, Rule, walk};
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
    for runbook in walk::runbooks(program) {
        let (paths, hosts) = (Paths::of(runbook, program), Hosts::of(runbook));
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
            if let Some(during) = hosts.scopes_here(*spot, &paths).into_iter().find(|during| shuts_out(&during.action.name).is_some()) {
                let note = found.add(
                    step.id.span,
                    format!("`{}` can't work while `during {}` holds", step.id.value, during.action.name.value),
                    "fails inside the scope",
                    "put it before the scope, or behind its block",
                );
                note.related.push((during.action.name.span, "held here".to_owned()));
            }
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

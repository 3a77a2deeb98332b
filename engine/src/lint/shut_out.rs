//! A scope that keeps its own steps from working.

use grammar::ast::{Does, During, Piece, Step, Undo};
use grammar::diagnostic::Severity;
use grammar::source::Text;

use super::flow::pairs;
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
        let shuts_out = |during: &During| takes(during, program).is_some_and(|take| commands(step, program).any(|command| pairs::fails_after(command, take)));
        let Some(during) = paths.scope_here(*spot, shuts_out) else { continue };
        let message = format!("`{}` can't work while `during {}` holds", step.id.value, during.action.name.value);
        let note = found.add_at(*spot, message, "fails inside the scope", "put it before the scope, or behind its block");
        note.related.push((during.action.name.span, "held here".to_owned()));
    }
}

/// The command by which a scope is taken.
fn takes<'a>(during: &During, program: &'a Program) -> Option<&'a Text> {
    let scope = Merged::of_action(program.actions().get(&during.action.name.value)?, program.actions());
    if let Some((_, Does::Run(take))) = scope.does() { Some(take) } else { None }
}

/// What a step runs, and what undoes it: a scope is held until what was done inside it is undone.
fn commands<'a>(step: &'a Step, program: &'a Program) -> impl Iterator<Item = &'a Text> {
    let merged = Merged::of_step(&step.fields, program.actions());
    let run = if let Some((_, Does::Run(run))) = merged.does() { Some(run) } else { None };
    let undo = if let Some(Undo::Command(undo)) = merged.undo() { Some(undo) } else { None };
    run.into_iter().chain(undo)
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

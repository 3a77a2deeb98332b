//! An item that fails and is tolerated is undone by a boundary inside the loop, and by no other.

use grammar::ast::{Piece, Undo};
use grammar::diagnostic::Severity;

use super::flow::fleet;
use super::flow::paths::{Order, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0334",
    severity: Severity::Warning,
    title: "a tolerated failure that no boundary undoes",
    explanation: "When an item of a loop fails and is tolerated, its boundaries are rolled back and the run goes on: those that lie inside the loop. A boundary around the loop has not failed, so nothing of that item is undone, and the host stays half changed though every step in it says how it is taken back. A boundary inside the loop, one for each item, undoes it.",
    bad: "runbook x { target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n boundary all { for h in web tolerate 1 { step configure on h { run `site-config new`\n undo `site-config old` }\n step upgrade on h { run `upgrade`\n undo `downgrade` } } } }",
    good: "runbook x { target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n for h in web tolerate 1 { boundary one { step configure on h { run `site-config new`\n undo `site-config old` }\n step upgrade on h { run `upgrade`\n undo `downgrade` } } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        let Piece::For(each) = spot.piece else { continue };
        if fleet::of_piece(spot, paths, program).is_none_or(|tolerate| tolerate.is_of_none()) {
            continue;
        }
        let Some(around) = paths.boundaries(spot).next().filter(|b| b.on_failure.as_ref().is_none_or(|word| word.value == "rollback")) else { continue };
        let left = paths.spots.iter().filter(|inner| paths.order(spot, **inner) == Order::Around).find(|inner| {
            let (Piece::Step(step) | Piece::Manual(step)) = inner.piece else { return false };
            let undone = matches!(Merged::of_step(&step.fields, program.actions()).undo(), Some(Undo::Command(_) | Undo::Manual(_)));
            undone && paths.boundaries(**inner).next().is_some_and(|nearest| std::ptr::eq(nearest, around))
        });
        if let (Some(left), Some(tolerate)) = (left, &each.tolerate) {
            let (at, name) = called(left.piece);
            let note = found.add(
                tolerate.span,
                format!("of an item that fails and is tolerated {name} is not undone: the boundary `{}` lies around the loop", around.id.value),
                "goes on without undoing it",
                "put a `boundary` inside the loop, around what is to be undone together",
            );
            note.related.push((at, "stays as it is".to_owned()));
            note.related.push((around.id.span, "this has not failed then".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0334", &format!("runbook x {{\n target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n {body}\n}}")).len()
    }

    #[test]
    fn a_boundary_inside_undoes_it_and_one_around_does_not() {
        let step = "step s on h { run `x`; undo `y` }";
        assert_eq!(found(&format!("boundary all {{ for h in web tolerate 1 {{ {step} }} }}")), 1);
        assert_eq!(found(&format!("boundary all {{ for h in web tolerate 1 {{ boundary one {{ {step} }} }} }}")), 0);
        assert_eq!(found(&format!("boundary all {{ for h in web {{ {step} }} }}")), 0, "nothing is tolerated");
        assert_eq!(found(&format!("for h in web tolerate 1 {{ {step} }}")), 0, "nothing is promised");
        assert_eq!(found(&format!("boundary all {{ on_failure park\n for h in web tolerate 1 {{ {step} }} }}")), 0, "nothing is rolled back");
        assert_eq!(found("boundary all { for h in web tolerate 1 { step s on h { run `x`; undo none \"a copy\" } } }"), 0);
        assert_eq!(
            found("boundary all { for h in web tolerate 1 { during puppet.disabled(reason: \"x\") on h release always { step s on h { verify `x` } } } }"),
            0
        );
    }
}

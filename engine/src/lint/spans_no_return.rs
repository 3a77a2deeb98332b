//! A boundary promises that all of it is undone. One with a point of no return in its middle can't.

use grammar::ast::{Boundary, Piece, Step, Undo};
use grammar::diagnostic::Severity;

use super::flow::paths::{Order, Paths, Spot, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0317",
    severity: Severity::Warning,
    title: "a boundary spans a point of no return",
    explanation: "Once an irreversible step has begun, a failure in its boundary undoes nothing by itself: the run parks. So with a step that can be undone before it and one that may fail behind it, a failure of the second leaves the first standing, though both lie in one boundary. Two boundaries that meet at the point of no return say what really happens; so does `on_failure park`, of this boundary or of one inside it around what comes behind.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step stop on h { run `systemctl stop x`\n undo `systemctl start x` }\n gate sure \"Migrate?\" { timeout 1h then park }\n step migrate on h { run `x migrate`\n irreversible \"the old schema is gone\" }\n step start on h { run `systemctl start x`\n undo `systemctl stop x` } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { step stop on h { run `systemctl stop x`\n undo `systemctl start x` }\n gate sure \"Migrate?\" { timeout 1h then park }\n step migrate on h { run `x migrate`\n irreversible \"the old schema is gone\" } }\n boundary c { step start on h { run `systemctl start x`\n undo `systemctl stop x` } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    let steps: Vec<(Spot<'_>, &Step)> = paths
        .spots
        .iter()
        .filter_map(|spot| match spot.piece {
            Piece::Step(step) | Piece::Manual(step) => Some((*spot, step)),
            _ => None,
        })
        .collect();
    for (at, step) in &steps {
        let merged = Merged::of_step(&step.fields, program.actions());
        let Some(boundary) = merged.irreversible().and_then(|_| spanned(*at, &steps, paths, program)) else { continue };
        let (before, after) = (boundary.before, boundary.after);
        let why = step.fields.irreversible.as_ref().map_or(step.id.span, |why| why.span);
        let span = if paths.is_own(*at) { why } else { called(paths.reached_by(*at).piece).0 };
        let note = found.add(
            span,
            format!(
                "`{}` divides the boundary `{}`: if `{}` fails, `{}` is not undone",
                step.id.value, boundary.boundary.id.value, after.id.value, before.id.value
            ),
            "nothing before this is undone any more",
            format!("end the boundary here and begin another one before `{}`, or write `on_failure park`", after.id.value),
        );
        if !paths.is_own(*at) {
            note.related.push((why, "the point of no return".to_owned()));
        }
        note.related.push((before.id.span, "this can be undone, until then".to_owned()));
        note.related.push((after.id.span, "this may fail, and parks the run".to_owned()));
    }
}

struct Spanned<'a> {
    boundary: &'a Boundary,
    before: &'a Step,
    after: &'a Step,
}

/// The innermost boundary around it that has something to undo before it and something that changes behind it. Those of
/// called runbooks are looked at in those.
fn spanned<'a>(at: Spot<'a>, steps: &[(Spot<'a>, &'a Step)], paths: &Paths<'a>, program: &Program) -> Option<Spanned<'a>> {
    let parks = |b: &Boundary| b.on_failure.as_ref().is_some_and(|word| word.value == "park");
    paths.own_boundaries(at).filter(|b| !parks(b)).find_map(|boundary| {
        // What stands in a boundary of its own that parks makes no promise of this one.
        let inside = |order: Order| {
            steps
                .iter()
                .filter(move |(spot, _)| {
                    let mut own = paths.own_boundaries(*spot);
                    paths.order(*spot, at) == order
                        && own.find(|b| std::ptr::eq(*b, boundary) || (order == Order::After && parks(b))).is_some_and(|b| std::ptr::eq(b, boundary))
                })
                .map(|(_, step)| *step)
        };
        let before = inside(Order::Before).rfind(|step| can_be_undone(step, program))?;
        let after = inside(Order::After).find(|step| can_be_undone(step, program))?;
        Some(Spanned { boundary, before, after })
    })
}

fn can_be_undone(step: &Step, program: &Program) -> bool {
    let merged = Merged::of_step(&step.fields, program.actions());
    let acts = step.fields.instructions.is_some() || merged.does().is_some();
    acts && merged.irreversible().is_none() && matches!(merged.undo(), Some(Undo::Command(_) | Undo::Manual(_)))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0317", &format!("runbook x {{\n target h: host = \"h1\"\n {body}\n}}")).len()
    }

    fn step(id: &str, undo: &str) -> String {
        format!("step {id} on h {{ run `x`\n {undo} }}\n")
    }

    const POINT: &str = "gate sure \"?\" { timeout 1h then park }\n step point on h { run `x`\n irreversible \"gone\" }\n";

    #[test]
    fn only_what_would_have_been_undone_is_missed() {
        let (undone, kept) = (|id| step(id, "undo `y`"), |id| step(id, "undo none \"x\""));
        let around = |before: &str, after: &str| found(&format!("boundary b {{\n {before}\n {POINT}\n {after}\n }}"));
        assert_eq!(around(&undone("a"), &undone("c")), 1);
        assert_eq!(around(&kept("a"), &undone("c")), 0, "first");
        assert_eq!(around(&undone("a"), &kept("c")), 0);
        assert_eq!(around(&undone("a"), "step look on h { verify `true` }"), 0, "looking changes nothing");
        assert_eq!(around("step back on h { undo `y` }", &undone("c")), 0, "a way back that began nothing");
    }

    #[test]
    fn a_called_runbook_stands_in_the_boundary_around_its_call() {
        let (a, c) = (step("a", "undo `y`"), step("c", "undo `y`"));
        let found = |body: &str, low: &str| {
            let text = format!("runbook x {{\n target h: host = \"h1\"\n boundary b {{ {body} }} }}\nrunbook low {{\n target h: host = \"h1\"\n {low} }}");
            places("RB0317", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found(&format!("{a}\n call point low(h: h)\n {c}"), POINT), ["point"], "the point of no return is in it");
        assert_eq!(found(&format!("call low low(h: h)\n {POINT}\n {c}"), &a), ["gone"]);
        assert_eq!(found("call all low(h: h)", &format!("{a} {POINT} {c}")), ["all"], "the whole of it");
        assert_eq!(found("call all low(h: h)", &format!("boundary i {{ {a} {POINT} }}\n step look on h {{ verify `true` }}")), [""; 0]);
        assert_eq!(found(&format!("{a}\n call point low(h: h)"), POINT), [""; 0]);
    }

    #[test]
    fn every_boundary_around_it_counts_and_one_that_parks_does_not() {
        let (a, c) = (step("a", "undo `y`"), step("c", "undo `y`"));
        assert_eq!(found(&format!("boundary b {{\n {a} boundary i {{\n {POINT} }}\n {c} }}")), 1);
        assert_eq!(found(&format!("boundary b {{\n {a} {POINT} }}\n boundary d {{\n {c} }}")), 0);
        assert_eq!(found(&format!("boundary b {{ on_failure park\n {a} {POINT} {c} }}")), 0);
        assert_eq!(found(&format!("boundary b {{\n {a} {POINT} boundary d {{\n {c} }} }}")), 1);
        assert_eq!(found(&format!("boundary b {{\n {a} {POINT} boundary d {{ on_failure park\n {c} }} }}")), 0, "what comes behind says so itself");
        assert_eq!(found(&format!("boundary b {{\n {a} {POINT} boundary d {{ on_failure park\n {c} }}\n {c} }}").replacen("step c", "step e", 1)), 1);
    }
}

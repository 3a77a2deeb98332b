//! Where hosts may fail, it is said what one that can't be reached is.

use grammar::ast::{Piece, Step};
use grammar::diagnostic::Severity;

use super::flow::fleet::{self, Counted, Tolerate};
use super::flow::paths::{Order, Paths, Spot, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0328",
    severity: Severity::Warning,
    title: "nothing is said of unreachable hosts where some may fail",
    explanation: "Who tolerates failed hosts has thought of some that fail; one that is not there is another matter. Without a word it is `fail`: a single host that is down refuses the whole run, before anything changes, though one may fail; in the middle it counts as a failure. `unreachable skip` begins without it and counts it, `unreachable park` waits for a person, and `unreachable fail` says that this is meant. It may stand in the step, in any block around it, or at the top; a called runbook has its own.",
    bad: "runbook x { target web = [\"a\", \"b\", \"c\"]\n for h in web tolerate 1 { step restart on h { use service.restarted(name: \"nginx\") } } }",
    good: "runbook x { target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n for h in web tolerate 1 { step restart on h { use service.restarted(name: \"nginx\") } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        let Some(tolerate) = fleet::of_piece(spot, paths, program).filter(|tolerate| !tolerate.is_of_none()) else { continue };
        let (at, unsaid) = match tolerate.counted {
            Counted::Hosts(step) => {
                let own = step.fields.tolerate.as_ref().map_or(step.id.span, |at| at.span);
                (own, (is_unsaid(spot, paths, program) && !paths.hosts(spot).is_local()).then_some(spot))
            }
            Counted::Items(_) => (tolerate.at.span, inside(&tolerate, paths, program)),
        };
        let Some(unsaid) = unsaid else { continue };
        let (place, name) = called(unsaid.piece);
        let around = if paths.is_own(unsaid) {
            "write `unreachable skip`, `park` or `fail` in it or around it"
        } else {
            "write `unreachable skip`, `park` or `fail` in the called runbook"
        };
        let note = found.add(at, format!("hosts may fail, and nothing says what one is that {name} can't reach"), "and unreachable ones?", around);
        // A step's own `tolerate` stands in it: there is no second place to show.
        if !std::ptr::eq(tolerate.spot.piece, unsaid.piece) {
            note.related.push((place, "without a word it fails, and is not begun without".to_owned()));
        }
    }
}

/// The first piece in a loop that works on the host of its item, and says nothing.
fn inside<'a>(tolerate: &Tolerate<'a>, paths: &Paths<'a>, program: &'a Program) -> Option<Spot<'a>> {
    let mut all = paths.spots.iter().filter(|spot| paths.order(tolerate.spot, **spot) == Order::Around);
    all.find(|spot| works(spot.piece) && paths.is_of_an_item(**spot, tolerate.spot) && is_unsaid(**spot, paths, program)).copied()
}

fn works(piece: &Piece) -> bool {
    matches!(piece, Piece::Step(_) | Piece::Manual(_) | Piece::During(_) | Piece::Fact(_))
}

fn is_unsaid(spot: Spot<'_>, paths: &Paths<'_>, program: &Program) -> bool {
    let by_action = |step: &Step| {
        let merged = Merged::of_step(&step.fields, program.actions());
        merged.layers.iter().any(|layer| layer.settings.is_some_and(|settings| settings.unreachable.is_some()))
    };
    let action = matches!(spot.piece, Piece::Step(step) | Piece::Manual(step) if by_action(step));
    paths.unreachable(spot).is_none() && !action
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(head: &str, body: &str) -> Vec<String> {
        let low = "action site.skips() { unreachable skip\n run `x` }\nrunbook low { target h: host\n step s on h { run `x` } }\nrunbook said { target h: host\n unreachable fail\n step s on h { run `x` } }";
        let text = format!("runbook x {{\n target web = [\"a\", \"b\", \"c\"]\n target db: host = \"d\"\n {head}\n {body}\n}}\n{low}");
        places("RB0328", &text).into_iter().map(str::to_owned).collect()
    }

    const LOOP: &str = "for h in web tolerate 1 { step s on h { run `x` } }";
    const STEP: &str = "step s on web { run `x`\n tolerate 1 }";

    #[test]
    fn a_word_may_stand_anywhere_around() {
        for body in [LOOP, STEP] {
            assert_eq!(found("", body), ["1"], "{body}");
            assert_eq!(found("unreachable skip", body), [""; 0], "{body}");
            assert_eq!(found("", &format!("boundary b {{ unreachable park\n {} }}", body.replace("run `x`", "run `x`; undo none \"x\""))), [""; 0], "{body}");
        }
        assert_eq!(found("", "for h in web tolerate 1 { step s on h { run `x`; unreachable fail } }"), [""; 0]);
        assert_eq!(found("", "step s on web { use site.skips(); tolerate 1 }"), [""; 0], "in the action");
    }

    #[test]
    fn only_what_runs_on_the_hosts_that_may_fail_is_asked_about() {
        assert_eq!(found("", "for h in web { step s on h { run `x` } }"), [""; 0], "nothing is tolerated");
        assert_eq!(found("", "for h in web tolerate 0 { step s on h { run `x` } }"), [""; 0]);
        assert_eq!(found("", "for h in web tolerate 1 { step s on local { run `deploy {{ h }}` } }"), [""; 0], "this machine is here");
        assert_eq!(found("", "for h in web tolerate 1 { step s on db { run `deploy {{ h }}` } }"), [""; 0], "the same for each");
        assert_eq!(found("", "for h in web tolerate 1 { unreachable skip\n step s on h { run `x` } }"), [""; 0]);
        assert_eq!(found("", "for h in web tolerate 1 { fact f: int on h = `x`\n step s on local { run `echo {{ f }}` } }"), ["1"]);
    }

    #[test]
    fn a_called_runbook_has_its_own_word() {
        assert_eq!(found("unreachable skip", "for h in web tolerate 1 { call one low(h: h) }"), ["1"]);
        assert_eq!(found("", "for h in web tolerate 1 { call one said(h: h) }"), [""; 0]);
    }
}

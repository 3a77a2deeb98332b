//! What is taken for a while is held by a scope: a step that takes it is not released when something fails.

use grammar::ast::{Does, Piece, Step, Undo};
use grammar::diagnostic::Severity;

use super::flow::pairs::{self, Pair};
use super::flow::paths::{Order, Paths, Spot, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0318",
    severity: Severity::Warning,
    title: "something is taken, and on some way it is never given back",
    explanation: "A step that disables Puppet, cordons a node or sets `noout` owes the step that takes it back. If that one may be skipped, or if a failure between the two ends the run outside any boundary that undoes the first, the host stays as it is and nobody is told. A scope (`during`) is released on every way out, and `end` and `release` know of it. The same where nothing gives it back and the host is worked on all the same. What is taken last is the purpose of its runbook, and a host that is retired or switched off needs nothing back: both are left alone.",
    bad: "runbook x { target h: host = \"h1\"\n step off on h { run `puppet agent --disable upgrade` }\n step upgrade on h { run `apt-get -y upgrade` }\n step on-again on h { run `puppet agent --enable` } }",
    good: "runbook x { target h: host = \"h1\"\n during puppet.disabled(reason: \"upgrade\") on h release always { step upgrade on h { run `apt-get -y upgrade` } } }",
    find,
};

/// A step that takes something, and those that may give it back later.
struct Taken<'a> {
    spot: Spot<'a>,
    step: &'a Step,
    pair: &'static Pair,
    given: Vec<(Spot<'a>, &'a Step)>,
}

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    let runs: Vec<_> = paths.spots.iter().filter_map(|spot| if let Piece::Step(step) = spot.piece { Some((*spot, step)) } else { None }).collect();
    for (spot, step) in &runs {
        let merged = Merged::of_step(&step.fields, program.actions());
        let Some((_, Does::Run(take))) = merged.does() else { continue };
        for pair in pairs::taken(take) {
            let here = paths.hosts(*spot);
            let gives = |(other, later): &&(Spot<'_>, &Step)| {
                let given = matches!(Merged::of_step(&later.fields, program.actions()).does(), Some((_, Does::Run(give))) if pair.is_given_by(give));
                given && paths.order(*spot, *other) == Order::Before && paths.hosts(*other).meets(&here)
            };
            let taken = Taken { spot: *spot, step, pair, given: runs.iter().filter(gives).copied().collect() };
            // Where a called runbook takes and gives, that is looked at there.
            let is_said_there = !paths.is_own(*spot) && taken.given.iter().any(|(other, _)| paths.are_of_one_call(*spot, *other));
            if !taken.given.is_empty() && !is_said_there {
                look(&taken, &merged, paths, found);
            }
            if taken.given.is_empty() && !pair.stays && !retires(program, paths, *spot) {
                let worked = runs.iter().find(|(other, step)| {
                    let at = paths.hosts(*other);
                    let changes = matches!(Merged::of_step(&step.fields, program.actions()).does(), Some((_, Does::Run(_) | Does::Upload { .. })));
                    // What is run here may be about any host.
                    changes && paths.order(*spot, *other) == Order::Before && (here.is_local() || at.meets(&here))
                });
                // In a called runbook alone that is looked at there.
                if let Some((at, step)) = worked.filter(|(at, _)| paths.is_own(*spot) || !paths.are_of_one_call(*spot, *at)) {
                    let id = called(paths.reached_by(*spot).piece);
                    let why = format!("{} takes this, `{}` works on, and nothing ever gives it back", id.1, step.id.value);
                    let note = found.add(id.0, why, "taken here", help(pair));
                    note.related.push((called(at.piece).0, "done while it is taken".to_owned()));
                }
            }
        }
    }
}

fn look(taken: &Taken<'_>, merged: &Merged<'_>, paths: &Paths<'_>, found: &mut Found) {
    let sure = taken.given.iter().find(|(spot, _)| paths.is_sure_after(taken.spot, *spot));
    let undone = paths.boundaries(taken.spot).next().is_some() && matches!(merged.undo(), Some(Undo::Command(undo)) if taken.pair.is_given_by(undo));
    let id = &taken.step.id;
    let why = match sure {
        Some(_) if undone => return,
        Some((_, give)) => format!("`{}` is taken back only by `{}`: a failure between the two leaves it so", id.value, give.id.value),
        None => format!("`{}` is taken back by a step that may be skipped", id.value),
    };
    let note = found.add(called(paths.reached_by(taken.spot).piece).0, why, "taken here", help(taken.pair));
    if !paths.is_own(taken.spot) {
        note.related.push((id.span, "by this step".to_owned()));
    }
    note.related.extend(taken.given.iter().map(|(_, give)| (give.id.span, "given back here".to_owned())));
}

fn help(pair: &Pair) -> String {
    match pair.scope {
        Some(scope) => format!("hold it with `during {scope}(…) on … release always {{ … }}`"),
        None => "make it an action with an `undo`, and hold that with `during … release always { … }`".to_owned(),
    }
}

/// Whether the host is taken out of service for good, or switched off: by what the runbook is called, or what comes later.
fn retires<'a>(program: &Program, paths: &Paths<'a>, taken: Spot<'a>) -> bool {
    const WORDS: [&str; 8] = ["decom", "retire", "remove", "poweroff", "power-off", "shutdown", "destroy", "delete"];
    let says = |text: &str| WORDS.iter().any(|word| text.to_lowercase().contains(word));
    let runbook = program.runbook().is_some_and(|runbook| says(&runbook.name) || runbook.title.as_ref().is_some_and(|title| says(&title.text)));
    let later = |spot: &&Spot<'a>| paths.order(taken, **spot) == Order::Before;
    runbook
        || paths.spots.iter().filter(later).any(|spot| match spot.piece {
            Piece::Step(step) | Piece::Manual(step) => {
                let run = if let Some((_, Does::Run(run))) = Merged::of_step(&step.fields, program.actions()).does() { run.text.as_str() } else { "" };
                says(run) || says(&step.id) || step.title.as_ref().is_some_and(|title| says(&title.text))
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0318", &format!("runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n param p: bool = true\n {body}\n}}")).len()
    }

    const CORDON: &str = "step cordon on h { run `kubectl cordon n1`\n undo `kubectl uncordon n1` }";
    const UNCORDON: &str = "step uncordon on h { run `kubectl uncordon n1`\n undo none \"x\" }";

    #[test]
    fn a_boundary_gives_back_what_a_failure_would_leave() {
        assert_eq!(found(&format!("boundary b {{ {CORDON}\n step work on h {{ run `x`\n undo `y` }}\n {UNCORDON} }}")), 0);
        assert_eq!(found(&format!("{CORDON}\n {UNCORDON}")), 1, "no boundary");
        assert_eq!(found(&format!("boundary b {{ {CORDON} }}\n boundary c {{ when p\n {UNCORDON} }}")), 1, "may be skipped");
        assert_eq!(found(&format!("boundary b {{ when p\n {CORDON}\n {UNCORDON} }}")), 0, "both or none");
        let when = |step: &str| step.replacen("{", "{ when p\n", 1);
        assert_eq!(found(&format!("boundary b {{ {}\n {} }}", when(CORDON), when(UNCORDON))), 0, "both or none");
    }

    #[test]
    fn what_called_runbooks_take_and_give_counts_here() {
        let calls = |body: &str| {
            let low = |name: &str, step: &str| format!("runbook {name} {{ target h: host = \"h9\"\n {step} }}\n");
            let text = format!("runbook x {{ target h: host = \"h1\"\n target g: host = \"h2\"\n {body} }}\n{}{}", low("off", CORDON), low("on", UNCORDON));
            places("RB0318", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(calls("call off off(h: h)\n step work on h { run `x` }\n call on on(h: h)"), ["off"]);
        assert_eq!(calls(&format!("{CORDON}\n call on on(h: h)")), ["cordon"]);
        assert_eq!(calls("call off off(h: h)\n call on on(h: g)"), [""; 0], "of another host");
        assert_eq!(calls("boundary b { call off off(h: h)\n step work on h { run `x`; undo `y` }\n call on on(h: h) }"), [""; 0]);
    }

    #[test]
    fn what_is_never_given_back_is_meant_so_where_nothing_else_follows() {
        assert_eq!(found(&format!("{CORDON}\n step work on h {{ run `x` }}")), 1);
        assert_eq!(found(&format!("{CORDON}\n step look on h {{ verify `x` }}")), 0);
        assert_eq!(found(CORDON), 0);
        assert_eq!(found("step hold on h { run `apt-mark hold x` }\n step work on h { run `y` }"), 0, "it may stay so");
        assert_eq!(found("step off on local { run `kubectl drain n1` }\n step work on h { run `x` }"), 1, "about any host");
        assert_eq!(found("step off on h { use puppet.disabled(reason: \"x\") }\n step work on h { run `x` }"), 1);
        assert_eq!(found("step off on h { use puppet.disabled(reason: \"x\") }\n step work on g { run `x` }"), 0);
        assert_eq!(found(&format!("{CORDON}\n step off on h {{ run `poweroff` }}")), 0);
        assert_eq!(found(&format!("{CORDON}\n step work on h {{ run `x` }}\n step decommission on h {{ run `y` }}")), 0);
        assert_eq!(found(&format!("{CORDON}\n step uncordon on g {{ run `kubectl uncordon n2` }}")), 0, "elsewhere");
        assert_eq!(found(&format!("{UNCORDON}\n {CORDON}")), 0, "before");
    }
}

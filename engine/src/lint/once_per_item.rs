//! A step in a loop that has nothing to do with its item runs once for each of them.

use std::collections::BTreeSet;

use grammar::ast::{Does, For, Piece};
use grammar::diagnostic::Severity;

use super::flow::paths::{Paths, Spot};
use super::flow::texts::{self, Written};
use super::{Found, Rule, walk};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0330",
    severity: Severity::Warning,
    title: "a step in a batch runs once for each item",
    explanation: "The items of a batch pass through the block side by side. A step there that changes one fixed host, and in which the item is nowhere named, does the same thing once for each item, several times at once. If it is meant once for the whole loop it stands before or behind it; once a batch is a loop over lists: `for group in (web | batch(2))`.",
    bad: "runbook x { target web = [\"a\", \"b\", \"c\", \"d\"]\n target lb: host = \"lb1\"\n for h in web batch 2 { step reload on lb { run `systemctl reload haproxy` }\n step restart on h { use service.restarted(name: \"nginx\") } } }",
    good: "runbook x { target web = [\"a\", \"b\", \"c\", \"d\"]\n target lb: host = \"lb1\"\n for h in web batch 2 { step restart on h { use service.restarted(name: \"nginx\") } }\n step reload on lb { run `systemctl reload haproxy` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in &paths.spots {
        let Piece::Step(step) = spot.piece else { continue };
        // A step of a called runbook does what its call gives it; the loops there are looked at there.
        let outer = paths.reached_by(*spot);
        let Some(each) = paths.loops(*spot).next().filter(|each| is_wide(each) && paths.loops(outer).any(|other| std::ptr::eq(*each, other))) else { continue };
        let acts = matches!(Merged::of_step(&step.fields, program.actions()).does(), Some((_, Does::Run(_) | Does::Upload { .. })));
        if acts && !names_the_item(outer, each, paths) && paths.hosts(*spot).is_one() {
            let note = found.add_at(
                *spot,
                format!("`{}` does the same for each `{}` of the loop, several at once", step.id.value, each.var.value),
                "once for each item",
                format!("put it before or behind the loop; once a batch is a loop over lists: `for group in ({} | batch(n))`", each.over.text.trim()),
            );
            note.related.push((each.batch.as_ref().map_or(each.var.span, |batch| batch.span), "these pass side by side".to_owned()));
        }
    }
}

fn is_wide(each: &For) -> bool {
    each.batch.as_ref().is_some_and(|batch| batch.text.trim() != "1")
}

/// Whether anything in the step, or in the call, or that it reads, comes from the item.
fn names_the_item(spot: Spot<'_>, each: &For, paths: &Paths<'_>) -> bool {
    let mut of_item: BTreeSet<String> = BTreeSet::from([each.var.value.clone()]);
    // What is read inside the loop is read for the item.
    walk::blocks(&each.block, &mut |piece| match piece {
        Piece::Fact(fact) => of_item.extend([fact.name.value.clone()]),
        Piece::Step(other) | Piece::Manual(other) => {
            of_item.extend(other.fields.captures.iter().map(|c| c.name.value.clone()).chain(other.fields.evidence.iter().map(|e| e.name.value.clone())));
        }
        Piece::Gate(gate) => of_item.extend([gate.id.value.replace('-', "_")]),
        Piece::For(inner) => of_item.extend([inner.var.value.clone()]),
        _ => {}
    });
    let on = paths.on(spot).iter().any(|name| of_item.contains(&name.value));
    let conditions = paths.all_conditions(spot);
    let passed = match spot.piece {
        Piece::Call(call) => paths.passes_by_name(call, &of_item),
        // A series passes whatever has the same name.
        piece => matches!(piece, Piece::Series(_)),
    };
    let said = texts::of_piece(spot.piece).into_iter().chain(conditions.into_iter().map(Written::Expression));
    on || passed || said.flat_map(Written::names).any(|(name, _)| of_item.contains(&name))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(batch: &str, body: &str) -> usize {
        let text = format!(
            "runbook x {{\n target web = [\"a\", \"b\"]\n target lb: host = \"lb1\"\n for h in web {batch} {{\n {body}\n step restart on h {{ run `x` }} }} }}"
        );
        places("RB0330", &text).len()
    }

    #[test]
    fn what_names_the_item_or_only_looks_is_meant_for_each() {
        assert_eq!(found("batch 2", "step a on lb { run `reload` }"), 1);
        assert_eq!(found("batch 50%", "step a on local { run `reload` }"), 1);
        for body in [
            "step a on lb { run `disable {{ h }}` }",
            "step a on lb { use service.restarted(name: h) }",
            "step a on lb { run `x`; env { HOST = h } }",
            "step a on lb { verify `healthy` }",
            "step a on local { sleep 5s }",
            "step a on lb { when h == \"a\"; run `reload` }",
            "fact role: string on h = `cat role`\n step a on lb { run `echo {{ role }}` }",
            "step a on web { run `x` }",
        ] {
            assert_eq!(found("batch 2", body), 0, "{body}");
        }
    }

    #[test]
    fn a_call_that_is_not_given_the_item_does_the_same_for_each() {
        let found = |target: &str, call: &str| {
            let low = format!(
                "runbook low {{ target {target}: host = \"h9\"\n param name: string = \"x\"\n step reload on {target} {{ run `reload {{{{ name }}}}` }} }}"
            );
            let text =
                format!("runbook x {{ target web = [\"a\", \"b\"]\n target lb: host = \"lb1\"\n for h in web batch 2 {{ call it low({call}) }} }}\n{low}");
            places("RB0330", &text).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found("lb", ""), ["it"]);
        assert_eq!(found("lb", "lb: lb"), ["it"]);
        assert_eq!(found("lb", "name: h"), [""; 0]);
        assert_eq!(found("lb", "lb: h"), [""; 0]);
        assert_eq!(found("h", ""), [""; 0], "passed by its name");
    }

    #[test]
    fn one_by_one_it_may_be_meant_so() {
        assert_eq!(found("", "step a on lb { run `reload` }"), 0);
        assert_eq!(found("batch 1", "step a on lb { run `reload` }"), 0);
    }
}

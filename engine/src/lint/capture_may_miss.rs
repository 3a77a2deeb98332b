//! What a step captured is missing where it failed and was tolerated.

use grammar::ast::{Name, Piece, Step};
use grammar::diagnostic::Severity;
use grammar::source::Span;

use super::flow::fleet;
use super::flow::paths::{Order, Paths, Spot};
use super::flow::texts::{self, Written};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0329",
    severity: Severity::Warning,
    title: "a capture is used where its step may have failed and was tolerated",
    explanation: "A step that tolerates failed hosts ends alone: what comes next runs on those hosts as well, and what the step captures, or a person enters, has no value there. Whoever uses it then fails too, and outside a `tolerate` of its own that failure stops the run. `when version is defined`, `succeeded(\"step\")` or `default` ask first; `min`, `max`, `sum`, `all` and `any` go over the hosts that have a value.",
    bad: "runbook x { target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n step look on web { run `cat /srv/version`\n capture found: string\n tolerate 1 }\n step report on web { run `logger -- {{ found }}` } }",
    good: "runbook x { target web = [\"a\", \"b\", \"c\"]\n unreachable skip\n step look on web { run `cat /srv/version`\n capture found: string\n tolerate 1 }\n step report on web { when found is defined\n run `logger -- {{ found }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        let (Piece::Step(step) | Piece::Manual(step)) = spot.piece else { continue };
        if fleet::of_piece(spot, paths, program).is_none_or(|tolerate| tolerate.is_of_none()) {
            continue;
        }
        let captures = Merged::of_step(&step.fields, program.actions()).captures();
        let names = captures.iter().map(|capture| &capture.name).chain(step.fields.evidence.iter().map(|evidence| &evidence.name));
        for name in names {
            for later in paths.own().filter(|later| paths.order(spot, *later) == Order::Before) {
                if let Some(at) = used(name, spot, step, later, paths) {
                    let note = found.add(
                        at,
                        format!("`{}` has no value where `{}` failed and was tolerated", name.value, step.id.value),
                        "may be missing here",
                        format!("ask first: `when {} is defined`, or `when succeeded(\"{}\")`", name.value, step.id.value),
                    );
                    let from = if name.span.source == step.id.span.source { name.span } else { step.id.span };
                    note.related.push((from, "it comes from here".to_owned()));
                }
            }
        }
    }
}

/// Where a later piece needs the value on a host that may have none.
fn used<'a>(name: &Name, from: Spot<'a>, step: &Step, later: Spot<'a>, paths: &Paths<'a>) -> Option<Span> {
    let asks = |text: &str| text.contains(&format!("{} is defined", name.value)) || positively(text, &format!("succeeded(\"{}\")", step.id.value));
    if paths.all_conditions(later).iter().any(|condition| asks(&condition.text)) {
        return None;
    }
    let same_hosts = paths.hosts(later).meets(&paths.hosts(from)) || matches!(later.piece, Piece::Call(_));
    texts::of_piece(later.piece).into_iter().filter(|written| !asks(&written.text().text)).find_map(|written| {
        let (_, at) = written.names().into_iter().find(|(other, _)| *other == name.value)?;
        (needs(written, name, same_hosts)).then_some(at)
    })
}

/// Whether a condition wants this to hold, and not that it doesn't.
fn positively(text: &str, question: &str) -> bool {
    text.split_once(question).is_some_and(|(before, _)| !before.trim_end().ends_with("not"))
}

/// On the hosts themselves any use needs the value of that host; elsewhere one that picks a host.
fn needs(written: Written<'_>, name: &Name, same_hosts: bool) -> bool {
    let text = &written.text().text;
    text.match_indices(name.value.as_str()).any(|(at, _)| {
        let (before, after) = (&text[..at], text[at + name.value.len()..].trim_start());
        let is_part = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') || after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let in_template = matches!(written, Written::Expression(_)) || before.matches("{{").count() > before.matches("}}").count();
        let instead = after.strip_prefix('|').is_some_and(|rest| rest.trim_start().starts_with("default"));
        let folded = ["min", "max", "sum", "all", "any"].iter().any(|fold| {
            after.strip_prefix('|').is_some_and(|rest| rest.trim_start().starts_with(fold))
                || before.trim_end().strip_suffix('(').is_some_and(|head| head.trim_end().ends_with(fold))
        });
        !is_part && in_template && !instead && !folded && (same_hosts || after.starts_with('['))
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(tolerate: &str, body: &str) -> Vec<String> {
        let head = "target web = [\"a\", \"b\", \"c\"]\n target db: host = \"d\"\n unreachable skip";
        let text = format!(
            "runbook x {{\n {head}\n step look on web {{ run `x`\n capture seen: int\n {tolerate} }}\n {body}\n}}\nrunbook low {{ param n: int\n target web\n step s on web {{ run `echo {{{{ n }}}}` }} }}"
        );
        places("RB0329", &text).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_use_on_those_hosts_is_found() {
        for body in [
            "step s on web { run `echo {{ seen }}` }",
            "step s on web { when seen > 3\n run `x` }",
            "step s on web { run `x`; undo `echo {{ seen }}` }",
            "step s on web { use service.running(name: \"x{{ seen }}\") }",
            "boundary b { step s on web { env { SEEN = seen }; run `x`; undo none \"x\" } }",
            "for h in web { step s on h { run `echo {{ seen }}` } }",
            "step s on local { run `echo {{ seen[web[0]] }}` }",
            "manual s on web { instructions \"{{ seen }}\" }",
        ] {
            assert_eq!(found("tolerate 1", body), ["seen"], "{body}");
            assert_eq!(found("", body), [""; 0], "{body}");
            assert_eq!(found("tolerate 0", body), [""; 0], "{body}");
        }
    }

    #[test]
    fn who_asks_first_or_goes_over_those_that_have_one_is_left_alone() {
        for body in [
            "step s on web { when seen is defined\n run `echo {{ seen }}` }",
            "step s on web { when succeeded(\"look\")\n run `echo {{ seen }}` }",
            "boundary b { when succeeded(\"look\")\n step s on web { run `echo {{ seen }}`; undo none \"x\" } }",
            "step s on web { run `echo {{ seen | default(0) }}` }",
            "step s on local { run `echo {{ max(seen) }} {{ seen | min }}` }",
            "step s on web { run `seen=1; echo seen` }",
        ] {
            assert_eq!(found("tolerate 1", body), [""; 0], "{body}");
        }
        assert_eq!(found("tolerate 1", "step s on web { when not succeeded(\"look\")\n run `echo {{ seen }}` }"), ["seen"]);
    }

    #[test]
    fn what_a_loop_tolerates_ends_the_item_with_all_that_would_use_it() {
        let text = "runbook x { target web = [\"a\", \"b\"]\n unreachable skip\n for h in web tolerate 1 { step look on h { run `x`\n capture seen: int }\n step s on h { run `echo {{ seen }}` } } }";
        assert_eq!(places("RB0329", text), [""; 0]);
    }
}

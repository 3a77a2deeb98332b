//! A `tolerate` that does not say what its author may think.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::flow::fleet::{self, Counted, Share, Tolerate};
use super::flow::paths::{Order, Paths, Spot};
use super::{Found, Rule};
use crate::check::Program;
use crate::value::Value;

pub(super) static RULE: Rule = Rule {
    code: "RB0327",
    severity: Severity::Warning,
    title: "a tolerance that stops nothing, or tolerates nothing",
    explanation: "`tolerate` stops a run before a mistake reaches all hosts. `tolerate 3` of three hosts, or `100%`, stops nothing: a command that fails everywhere is tolerated everywhere. A share is rounded down, so `tolerate 10%` of four hosts tolerates none. In a step on the item of a loop it counts that one host, anew for each item, and not the items of the loop: that stands in the header of the `for`. In a loop over lists of hosts it counts lists. And a loop in which every step tolerates all its own failures never counts one. Where one step alone is worth no stop, `tolerate 1` on its one host says so, or `100%` on the item of a loop.",
    bad: "runbook x { target web = [\"a\", \"b\", \"c\"]\n for h in web tolerate 3 { unreachable skip\n step restart on h { use service.restarted(name: \"nginx\") } } }",
    good: "runbook x { target web = [\"a\", \"b\", \"c\"]\n for h in web tolerate 1 { unreachable skip\n step restart on h { use service.restarted(name: \"nginx\") } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        let Some(tolerate) = fleet::of_piece(spot, paths, program) else { continue };
        let Some(missed) = missed(&tolerate, paths, program) else { continue };
        let own = match tolerate.counted {
            Counted::Hosts(step) if step.fields.tolerate.is_none() => step.id.span,
            _ => tolerate.at.span,
        };
        let note = found.add(own, missed.message, missed.label, missed.help);
        if own != tolerate.at.span {
            note.related.push((tolerate.at.span, "said here".to_owned()));
        }
    }
}

struct Missed {
    message: String,
    label: &'static str,
    help: String,
}

fn missed<'a>(tolerate: &Tolerate<'a>, paths: &Paths<'a>, program: &'a Program) -> Option<Missed> {
    let written = tolerate.at.text.trim();
    match tolerate.counted {
        Counted::Hosts(step) => {
            let id = &step.id.value;
            // An item of a loop: someone may have meant the loop.
            let item = paths.loop_spots(tolerate.spot).into_iter().find(|each| paths.is_of_an_item(tolerate.spot, *each));
            if let (Some(1), Some(each)) = (tolerate.parts, item) {
                let is_for_all = tolerate.share == Some(Share::Percent(100.0));
                let loop_counts = fleet::of_piece(each, paths, program).is_some();
                let means_one = tolerate.share == Some(Share::Number(1)) && loop_counts;
                let zero = tolerate.share == Some(Share::Number(0));
                let Piece::For(each) = each.piece else { return None };
                return (tolerate.share.is_some() && !is_for_all && !means_one && !zero).then(|| Missed {
                    message: format!("`tolerate {written}` counts the one host of `{id}`, anew for each `{}`", each.var.value),
                    label: if tolerate.is_of_none() { "none of one may fail" } else { "no failure ever stops the loop" },
                    help: format!(
                        "put it into the header: `for {} in {} tolerate {written}`; where `{id}` may fail on each of them, write `tolerate 100%`",
                        each.var.value,
                        each.over.text.trim()
                    ),
                });
            }
            // One host that may fail is how a step says that nothing hangs on it.
            let is_one_of_one = tolerate.parts == Some(1) && matches!(tolerate.share, Some(Share::Number(1) | Share::Percent(100.0)));
            if is_one_of_one { None } else { of_number(tolerate, id, "host") }
        }
        Counted::Items(each) => {
            let name = format!("for {}", each.var.value);
            let lists = match paths.value(tolerate.spot, &each.over) {
                Some(Value::List(items)) => items.iter().any(|item| matches!(item, Value::List(_))),
                _ => each.over.text.contains("batch("),
            };
            if lists && !tolerate.is_of_none() {
                return Some(Missed {
                    message: format!("`{name}` goes over lists, so this counts lists and not hosts"),
                    label: "one failed host is a failed list",
                    help: format!(
                        "go over the hosts themselves with `batch`, or over the list in a `for` inside: `for h in {} tolerate {written}`",
                        each.var.value
                    ),
                });
            }
            of_number(tolerate, &name, "item").or_else(|| nothing_inside(tolerate, &name, paths, program))
        }
    }
}

/// Whether the number, or the share, is one of those that say something else.
fn of_number(tolerate: &Tolerate<'_>, name: &str, noun: &str) -> Option<Missed> {
    let written = tolerate.at.text.trim();
    let plural = |count: usize| if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") };
    if let Some(Share::Percent(share)) = tolerate.share
        && let Some(parts) = tolerate.parts
        && share > 0.0
        && tolerate.most() == Some(0)
    {
        return Some(Missed {
            message: format!("{written} of {} is none: it is rounded down", plural(parts)),
            label: "none may fail",
            help: format!("write how many of `{name}` may fail, such as `tolerate 1`; or nothing, if none may"),
        });
    }
    if !tolerate.is_of_all() || tolerate.parts == Some(0) {
        return None;
    }
    let message = match (tolerate.most(), tolerate.parts) {
        (Some(most), Some(parts)) if most > parts => format!("`{name}` has {}, and {most} may fail: nothing stops it", plural(parts)),
        (_, Some(parts)) => format!("all {} of `{name}` may fail: nothing stops it", plural(parts)),
        _ => format!("every {noun} of `{name}` may fail: nothing stops it"),
    };
    Some(Missed { message, label: "no failure is one too many", help: format!("write fewer {noun}s than there are, such as `tolerate 1`") })
}

/// A loop in which nothing is left to count.
fn nothing_inside<'a>(tolerate: &Tolerate<'a>, name: &str, paths: &Paths<'a>, program: &'a Program) -> Option<Missed> {
    let inside: Vec<Spot<'a>> = paths.spots.iter().filter(|spot| paths.order(tolerate.spot, **spot) == Order::Around).copied().collect();
    let fails: Vec<Spot<'a>> = inside.into_iter().filter(|spot| may_fail(*spot) || !paths.is_seen_through(*spot)).collect();
    let is_told_inside = |spot: &Spot<'a>| {
        let between = fleet::around(*spot, paths, program).into_iter().take_while(|other| !std::ptr::eq(other.at, tolerate.at));
        between.chain(fleet::of_piece(*spot, paths, program)).any(|inner| inner.is_of_all())
    };
    let (message, label) = match fails.as_slice() {
        [] => (format!("nothing in `{name}` can fail: there is nothing to tolerate"), "counts nothing"),
        all if all.iter().all(is_told_inside) => (format!("all that can fail in `{name}` is tolerated there already"), "never counts a failure"),
        _ => return None,
    };
    Some(Missed { message, label, help: "take it out, or the ones inside".to_owned() })
}

/// A gate's no is never tolerated, and who only waits does not fail.
fn may_fail(spot: Spot<'_>) -> bool {
    match spot.piece {
        Piece::Step(step) => {
            !matches!(step.fields.does, Some(grammar::ast::Does::Sleep(_))) || !step.fields.verify.is_empty() || !step.fields.requires.is_empty()
        }
        Piece::Manual(_) | Piece::During(_) | Piece::Fact(_) | Piece::Require(_) => true,
        Piece::Gate(_) | Piece::Boundary(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Call(_) | Piece::Series(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> Vec<String> {
        let low =
            "action site.best_effort() { tolerate 5\n run `x` }\nrunbook low { target h: host\n step s on h { tolerate 1\n unreachable skip\n run `x` } }";
        let head = "target web = [\"a\", \"b\", \"c\", \"d\"]\n target later\n target db: host = \"d\"\n target first: host = later[0]\n param most: int = 9";
        places("RB0327", &format!("runbook x {{\n {head}\n unreachable skip\n {body}\n}}\n{low}")).into_iter().map(str::to_owned).collect()
    }

    fn of_loop(header: &str) -> usize {
        found(&format!("for h in {header} {{ step s on h {{ run `x` }} }}")).len()
    }

    #[test]
    fn a_loop_stops_before_all_have_failed_and_not_at_the_first() {
        for (header, wanted) in [
            ("web tolerate 1", 0),
            ("web tolerate 3", 0),
            ("web tolerate 4", 1),
            ("web tolerate 100%", 1),
            ("later tolerate 100%", 1),
            ("later tolerate 5", 0),
            ("web tolerate 25%", 0),
            ("web tolerate 20%", 1),
            ("later tolerate 20%", 0),
            ("web tolerate 0", 0),
            ("web tolerate 0%", 0),
            ("web tolerate most", 0),
            ("[\"a\", \"b\"] tolerate 2", 1),
        ] {
            assert_eq!(of_loop(header), wanted, "{header}");
        }
    }

    #[test]
    fn a_step_counts_its_own_hosts() {
        let step = |on: &str, tolerate: &str| found(&format!("step s on {on} {{ run `x`\n tolerate {tolerate} }}")).len();
        for (on, tolerate, wanted) in [
            ("web", "1", 0),
            ("web", "4", 1),
            ("web", "10%", 1),
            ("web", "100%", 1),
            ("later", "2", 0),
            ("db", "1", 0),
            ("db", "100%", 0),
            ("db", "2", 1),
            ("db", "50%", 1),
            ("first", "1", 0),
            ("first", "3", 1),
            ("web, db", "4", 1),
        ] {
            assert_eq!(step(on, tolerate), wanted, "{on} {tolerate}");
        }
        assert_eq!(found("step s on web { use site.best_effort() }"), ["s"], "said in the action");
    }

    #[test]
    fn in_an_item_of_a_loop_one_host_is_counted_anew() {
        let inside = |header: &str, tolerate: &str| {
            found(&format!("for h in {header} {{ step s on h {{ run `x`\n tolerate {tolerate} }}\n step t on h {{ run `x` }} }}"))
        };
        assert_eq!(inside("web", "1"), ["1"]);
        assert_eq!(inside("later", "2"), ["2"]);
        assert_eq!(inside("web", "10%"), ["10%"]);
        assert_eq!(inside("web", "100%"), [""; 0], "it may fail on each of them");
        assert_eq!(inside("web tolerate 1", "1"), [""; 0], "the two are told apart");
        assert_eq!(inside("web tolerate 1", "2"), ["2"]);
        assert_eq!(found("for h in web { step s on web { run `echo {{ h }}`\n tolerate 1 } }"), [""; 0], "all of them, each time");
    }

    #[test]
    fn lists_of_hosts_are_no_hosts() {
        assert_eq!(found("for group in (web | batch(2)) tolerate 1 { step s on group { run `x` } }"), ["1"]);
        assert_eq!(found("for group in (later | batch(2)) tolerate 1 { step s on group { run `x` } }"), ["1"]);
        assert_eq!(found("for group in (web | batch(2)) { for h in group tolerate 1 { step s on h { run `x` } } }"), [""; 0]);
    }

    #[test]
    fn what_can_not_fail_or_is_tolerated_inside_is_never_counted() {
        let inside = |body: &str| found(&format!("for h in web tolerate 1 {{ {body} }}"));
        assert_eq!(inside("step s on h { sleep 5s }\n gate go \"?\" { timeout 5m then park }"), ["1"]);
        assert_eq!(inside("step s on h { run `x`\n tolerate 100% }"), ["1"]);
        assert_eq!(inside("call one low(h: h)"), ["1"], "in the called runbook");
        assert_eq!(inside("step s on h { run `x`\n tolerate 100% }\n step t on h { run `x` }"), [""; 0]);
        assert_eq!(inside("fact f: int on h = `x`\n gate go \"{{ f }}?\" { timeout 5m then park }"), [""; 0]);
        assert_eq!(inside("for i in [\"x\", \"y\"] tolerate 2 { step s on h { run `echo {{ i }}` } }"), ["1", "2"]);
    }
}

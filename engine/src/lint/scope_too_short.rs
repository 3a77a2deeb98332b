//! A scope that ends by itself while its work is still going on.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::flow::worst_case::{Clock, as_literal, in_words};
use super::flow::written;
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0321",
    severity: Severity::Warning,
    title: "a scope is shorter than what it is held over",
    explanation: "A downtime, a silence or a lock that is taken for so long ends by itself, in the middle of the work, when that takes longer: then people are paged, or another one comes in. What the steps inside may take is the sum of the limits that are written there (timeouts with their retries, `within`, sleeps, pauses, the deadlines of gates) along the longest way; steps without a limit count nothing. A longer scope costs nothing where it is released at its end.",
    bad: "runbook x { target h: host = \"h1\"\n during icinga.downtime(hosts: [h], for: 15m, reason: \"reboot\") on local release always { gate go \"Reboot?\" { timeout 10m then park }\n step reboot on h { use host.rebooted(within: 10m) } } }",
    good: "runbook x { target h: host = \"h1\"\n during icinga.downtime(hosts: [h], for: 25m, reason: \"reboot\") on local release always { gate go \"Reboot?\" { timeout 10m then park }\n step reboot on h { use host.rebooted(within: 10m) } } }",
    find,
};

/// Params of an action that say how long what it takes lasts by itself.
const LASTS: [&str; 7] = ["for", "ttl", "lease", "lasts", "duration", "expires", "expires_in"];

fn find(program: &Program, found: &mut Found) {
    if let (Some(runbook), Some(paths)) = (program.runbook(), found.paths) {
        let clock = Clock::of(runbook, program);
        for spot in paths.own() {
            let Piece::During(during) = spot.piece else { continue };
            let Some((name, lasts)) = LASTS.iter().find_map(|name| Some((*name, clock.argument(during, name)?))) else { continue };
            let limit = during.block.as_ref().and_then(|block| block.settings.timeout.as_ref()).or_else(|| paths.timeout(spot));
            let worst = clock.pieces(&paths.held(during), limit);
            if worst.seconds <= lasts {
                continue;
            }
            let argument = during.action.args.iter().find(|(n, _)| n.value == name);
            let at = argument.map_or(during.action.name.span, |(_, value)| value.span());
            let long = as_literal(worst.seconds);
            let note = found.add(
                at,
                format!("what `{}` is held over may take {}, and it lasts {}", during.action.name.value, in_words(worst.seconds), in_words(lasts)),
                "over before the work is",
                format!("{}: write `{name}: {long}`, or shorten what is inside", worst.told()),
            );
            note.related.extend(worst.longest());
            note.mend_unsafely(format!("let it last {long}"), argument.and_then(|(_, value)| written::literal(value, &long, program)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{mended_text, places};

    fn downtime(length: &str, body: &str) -> String {
        format!(
            "runbook x {{\n target h: host = \"h1\"\n param long: duration = 1h\n during icinga.downtime(hosts: [h], for: {length}, reason: \"x\") on local release always\n {body}\n}}"
        )
    }

    fn found(length: &str, body: &str) -> usize {
        places("RB0321", &downtime(length, body)).len()
    }

    #[test]
    fn only_limits_that_are_written_count() {
        assert_eq!(found("15m", "step a on h { run `x` }\n manual m on h { instructions \"x\" }\n step b on h { verify `x` }"), 0);
        assert_eq!(found("15m", "step a on h { sleep 15m }"), 0, "just as long");
        assert_eq!(found("15m", "step a on h { sleep 10m }\n step b on h { run `x`; timeout 301s }"), 1);
        assert_eq!(found("long", "step a on h { sleep 2h }"), 1, "as it is declared");
        assert_eq!(found("long", "step a on h { sleep long }"), 0);
    }

    #[test]
    fn the_sum_and_its_parts_are_told_and_a_longer_one_is_written() {
        let text = downtime("15m", "boundary b { step a on h { sleep 10m }\n gate go \"?\" { timeout 30m then park } }");
        let said = crate::lint::tests::linted(&text).into_iter().find(|d| d.code == "RB0321").expect("it is too short");
        assert_eq!(said.help.as_deref(), Some("`a` 10m + the gate `go` 30m: write `for: 40m`, or shorten what is inside"));
        assert_eq!(said.message, "what `icinga.downtime` is held over may take 40m, and it lasts 15m");
        assert_eq!(said.related.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>(), ["the longest part: up to 30m"]);
        assert!(mended_text("x.runbook", &text).contains("for: 40m,"));
    }

    #[test]
    fn one_scope_behind_the_other_is_held_over_all_that_follows() {
        assert_eq!(found("15m", "during puppet.disabled(reason: \"x\", within: 6m) on h release always\n step a on h { sleep 10m }"), 1);
        assert_eq!(found("16m", "during puppet.disabled(reason: \"x\", within: 6m) on h release always\n step a on h { sleep 10m }"), 0);
    }

    #[test]
    fn a_scope_with_a_block_ends_with_it() {
        let text = "runbook x { target h: host = \"h1\"\n during icinga.downtime(hosts: [h], for: 5m, reason: \"x\") on local release always { step a on h { sleep 5m } }\n step b on h { sleep 5m } }";
        assert!(places("RB0321", text).is_empty());
    }
}

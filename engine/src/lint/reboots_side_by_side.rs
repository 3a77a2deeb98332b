//! A reboot takes everything down that runs beside it.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;
use grammar::source::Span;

use super::flow::hosts::Where;
use super::flow::paths::{Order, Paths, Spot, called};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0305",
    severity: Severity::Error,
    title: "a reboot beside something else on its host",
    explanation: "The children of a `parallel` may work on one host at the same time. A reboot among them interrupts what another does there in the middle, a look as well as a change, and whether it does is a matter of luck. Hosts of their own may reboot side by side.",
    bad: "runbook x { target h: host = \"h1\"\n parallel { step reboot on h { run `systemctl reboot`\n reboots within 10m }\n step copy on h { run `cp a b` } } }",
    good: "runbook x { target h: host = \"h1\"\n step copy on h { run `cp a b` }\n step reboot on h { run `systemctl reboot`\n reboots within 10m } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(paths) = found.paths else { return };
    for reboot in &paths.spots {
        let (Piece::Step(step) | Piece::Manual(step)) = reboot.piece else { continue };
        if Merged::of_step(&step.fields, program.actions()).first(|f| f.reboots.as_ref()).is_none() {
            continue;
        }
        let here = paths.hosts(*reboot);
        let met = paths.spots.iter().filter(|other| paths.order(**other, *reboot) == Order::Beside).find_map(|other| {
            let at = works_there(*other, &here, paths)?;
            (!paths.is_said_there(*other, *reboot) && !paths.exclude(*other, *reboot)).then_some(at)
        });
        if let Some((at, what)) = met {
            let note = found.add_at(
                *reboot,
                format!("`{}` reboots a host on which {what} may be under way", step.id.value),
                "inside a `parallel`",
                "put it before or behind the `parallel`, or order the two with `after`",
            );
            note.related.push((at, "this meets a host that goes down".to_owned()));
        }
    }
}

/// Where a piece says that it does or looks at something on one of these hosts, and what it is.
fn works_there<'a>(spot: Spot<'a>, here: &Where, paths: &Paths<'a>) -> Option<(Span, String)> {
    let works = match spot.piece {
        Piece::Step(_) | Piece::Manual(_) | Piece::During(_) | Piece::Fact(_) => paths.hosts(spot).meets(here),
        Piece::Require(require) => paths.hosts_of(spot, &require.on).meets(here),
        Piece::Gate(gate) => gate.show.iter().any(|show| paths.hosts_of(spot, &show.on).meets(here)),
        Piece::Boundary(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Call(_) | Piece::Series(_) => false,
    };
    works.then(|| called(spot.piece))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(children: &str) -> Vec<String> {
        let low = "runbook low { target h: host\n step down on h { use host.rebooted() } }";
        let text = format!("runbook x {{\n target h: host = \"h1\"\n target g: host = \"h2\"\n param p: bool\n parallel {{\n {children}\n}} }}\n{low}");
        places("RB0305", &text).into_iter().map(str::to_owned).collect()
    }

    const REBOOT: &str = "step reboot on h { use host.rebooted() }";

    #[test]
    fn whatever_works_on_the_host_is_in_the_way() {
        for other in [
            "step look on h { verify `x` }",
            "boundary b { fact f: string on h = `x`\n step s on g { run `echo {{ f }}`; undo none \"x\" } }",
            "boundary b { require \"x\" `y` on h\n step s on g { verify `x` } }",
            "gate ask \"?\" { show `who` on h\n timeout 5m then park }",
            "during puppet.disabled(reason: \"x\") on h release always { step s on g { verify `x` } }",
            "for i in [\"h1\", \"h3\"] { step s on i { verify `x` } }",
        ] {
            assert_eq!(found(&format!("{REBOOT}\n {other}")), ["reboot"], "{other}");
        }
        assert_eq!(found("call one low(h: h)\n step look on h { verify `x` }"), ["one"]);
        assert_eq!(found("call one low(h: h)\n call other low(h: h)"), ["one", "other"]);
    }

    #[test]
    fn hosts_of_their_own_may_reboot_side_by_side() {
        for children in [
            format!("{REBOOT}\n step other on g {{ use host.rebooted() }}"),
            format!("{REBOOT}\n step look on local {{ verify `x` }}"),
            format!("{REBOOT}\n step look on h {{ after [reboot]\n verify `x` }}"),
            "step reboot on h { when p\n use host.rebooted() }\n step s on h { when not p\n verify `x` }".to_owned(),
            "call one low(h: h)\n call other low(h: g)".to_owned(),
        ] {
            assert_eq!(found(&children), [""; 0], "{children}");
        }
    }
}

//! A run that may last beyond the window that it must begin in.

use grammar::diagnostic::Severity;

use super::flow::worst_case::{Clock, in_words};
use super::{Found, Rule, walk};
use crate::check::Program;
use crate::plan::window::Window;

pub(super) static RULE: Rule = Rule {
    code: "RB0323",
    severity: Severity::Warning,
    title: "a window is shorter than the run",
    explanation: "A run is refused outside its window, and nothing stops one that began inside. When the limits of its steps (timeouts with their retries, `within`, sleeps, pauses, the deadlines of gates) add up to more than the longest stretch of the window, even a run that begins at its first minute may go on after it has closed.",
    bad: "runbook x { window \"Mon-Thu 08:00-09:00 UTC\"\n target h: host = \"h1\"\n gate go \"Reboot?\" { timeout 1h then park }\n step reboot on h { use host.rebooted(within: 10m) } }",
    good: "runbook x { window \"Mon-Thu 08:00-16:00 UTC\"\n target h: host = \"h1\"\n gate go \"Reboot?\" { timeout 1h then park }\n step reboot on h { use host.rebooted(within: 10m) } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for runbook in walk::runbooks(program) {
        let Some(window) = &runbook.window else { continue };
        let Some(open) = Window::parse(&window.text).ok().and_then(|window| window.longest()) else { continue };
        let worst = Clock::of(runbook, program).block(&runbook.body, None);
        if worst.seconds > open {
            let note = found.add(
                window.span,
                format!("the run may take {}, and the window is open for {} at a time", in_words(worst.seconds), in_words(open)),
                "closed before the run may be over",
                format!("{}: make the window longer, or shorten these", worst.told()),
            );
            note.related.extend(worst.longest());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    #[test]
    fn the_longest_stretch_counts() {
        let found =
            |window: &str| places("RB0323", &format!("runbook x {{\n window \"{window}\"\n target h: host = \"h1\"\n step wait on h {{ sleep 3h }} }}")).len();
        for (window, wanted) in [
            ("08:00-10:00 UTC", 1),
            ("08:00-11:00 UTC", 0),
            ("Sat 06:00-07:00,08:00-11:00 UTC", 0),
            ("Fri 23:00-01:00 UTC", 1),
            ("Fri 22:00-01:00 UTC", 0),
            ("Fri-Sat 22:00-24:00,00:00-02:00 UTC", 0),
            ("Mon 00:00-24:00 UTC", 0),
        ] {
            assert_eq!(found(window), wanted, "{window}");
        }
    }
}

//! A procedure that nobody has looked at for long describes a system that is gone.

use grammar::diagnostic::Severity;
use jiff::civil::Date;

use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0382",
    severity: Severity::Info,
    title: "a `verified` date is stale",
    explanation: "`verified` is the day on which a person last checked the procedure against the real thing. After a year (`verified_days` in runbook.toml says otherwise) hosts, paths and versions have moved on. Read it, try it, and write today's date. Without the field nothing is said.",
    bad: "runbook x { owner \"sre\"\n source \"the wiki\"\n verified 2019-04-01\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    good: "runbook x { owner \"sre\"\n source \"the wiki\"\n verified 2026-01-15\n target h: host = \"h1\"\n step s on h { verify `true` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    let (Some(today), Some(written)) = (found.options.today, program.runbook().and_then(|runbook| runbook.verified.as_ref())) else { return };
    let Ok(date) = written.text.trim().parse::<Date>() else { return };
    let Ok(age) = (today - date).total((jiff::Unit::Day, today)) else { return };
    let limit = found.options.verified_days;
    if age < 0.0 {
        found.add(written.span, format!("this day is still to come: today is {today}"), "in the future", "write the day on which a person checked it");
    } else if age > f64::from(limit) {
        found.add(
            written.span,
            format!("nobody has checked this for {age:.0} days"),
            format!("more than {limit} days ago"),
            "read it against the real thing, and write today's date",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::Options;
    use crate::lint::tests::linted_on;
    use jiff::civil::date;

    #[test]
    fn a_date_is_stale_after_so_many_days_and_never_without_a_clock() {
        let said = |verified: &str, today, verified_days| {
            let text = format!("runbook x {{ verified {verified}\n target h: host = \"h1\"\n step s on h {{ verify `true` }} }}");
            linted_on(&text, &Options { today, verified_days, ..Options::default() })
                .into_iter()
                .filter(|d| d.code == RULE.code)
                .map(|d| d.message)
                .collect::<Vec<_>>()
        };
        let today = Some(date(2026, 3, 1));
        assert_eq!(said("2025-03-01", today, 365), Vec::<String>::new());
        assert_eq!(said("2025-02-28", today, 365), ["nobody has checked this for 366 days"]);
        assert_eq!(said("2025-02-28", today, 400), Vec::<String>::new());
        assert_eq!(said("2026-03-02", today, 365), ["this day is still to come: today is 2026-03-01"]);
        assert_eq!(said("2026-03-01", today, 1), Vec::<String>::new());
        assert_eq!(said("2001-01-01", None, 1), Vec::<String>::new());
    }
}

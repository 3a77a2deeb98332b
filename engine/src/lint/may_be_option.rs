//! Text that begins with a dash is an option to most programs.

use grammar::diagnostic::{Edit, Severity};
use grammar::source::Span;

use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::AdviceKind;

pub(super) static RULE: Rule = Rule {
    code: "RB0309",
    severity: Severity::Warning,
    title: "a value may be taken for an option",
    explanation: "A value that begins with `-` is an option to most programs, whatever it was meant to be. Hosts and paths refuse such a value; text does not.",
    bad: "runbook x { target h: host = \"h1\"\n param name: string\n step s on h { run `systemctl restart {{ name }}` } }",
    good: "runbook x { target h: host = \"h1\"\n param name: string\n step s on h { run `systemctl restart -- {{ name }}` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let mut before: Option<Span> = None;
    for advice in program.advice().iter().filter(|a| a.kind == AdviceKind::MayBeOption) {
        let note = found.add(advice.span, "a value that begins with `-` would be an option here", "may begin with `-`", "put `--` before it");
        // One `--` covers all that follows it in its command. Not every program knows it.
        if before.replace(advice.span).is_none_or(|before| !is_one_command(program, before, advice.span)) {
            note.mend_unsafely("put `--` before it", before_word(program, advice.span));
        }
    }
}

/// Whether nothing between two values may end a command.
fn is_one_command(program: &Program, first: Span, second: Span) -> bool {
    let source = program.source(first.source).filter(|source| source.id == second.source);
    let between = source.and_then(|source| source.text.get(first.end..second.start));
    between.is_some_and(|between| !between.contains([';', '|', '&', '\n', '(', ')', '`']))
}

/// The change is the same in both spellings: it needs no quotes. A value that is only a part of its word is left to a
/// person.
fn before_word(program: &Program, value: Span) -> Option<Edit> {
    let before = program.source(value.source)?.text.get(..value.start)?;
    let start = before.strip_suffix('"').unwrap_or(before);
    start.ends_with(' ').then(|| Edit { span: Span::new(value.source, start.len(), start.len()), text: "-- ".to_owned() })
}

#[cfg(test)]
mod tests {
    use crate::lint::{mended, tests::linted};
    use crate::plan::tests::parsed;

    #[test]
    fn one_mark_is_put_before_the_first_of_several_values() {
        let text = "runbook x { target h: host = \"h1\"\n param a: string\n param b: string\n step s on h { run `rm {{ a }} \"{{ b }}\"; rm \"{{ b }}\"`; undo none \"x\" } }";
        let fixes: Vec<_> = linted(text).into_iter().filter_map(|d| d.fix).collect();
        let after = mended(&parsed("t.runbook", text).source, &fixes).text;
        assert!(after.contains("`rm -- {{ a }} \"{{ b }}\"; rm -- \"{{ b }}\"`"), "{after}");
        assert_eq!(linted(&after), []);
    }
}

//! New text in place of a part of a [`Text`], written as the text around it is written: with its quotes, escapes and
//! indentation. A fix is made of these, so that a mended file says what was meant in both spellings.

use std::ops::Range;

use crate::diagnostic::Edit;
use crate::read::{Spelling, spelling_of};
use crate::source::{Source, Span, Text};

/// How the text around the new part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// One line between backticks: no escapes.
    Command,
    /// Between three backticks, or as a YAML literal block: lines keep their indentation.
    Block,
    /// `"…"` of the native form.
    Quoted,
    /// As it stands: an expression of the native form.
    Bare,
    YamlDouble,
    YamlSingle,
    YamlPlain,
    YamlFolded,
}

/// The change after which `range` of the text reads `new`. `None` where the style can't hold it.
#[must_use]
pub fn splice(source: &Source, text: &Text, range: Range<usize>, new: &str) -> Option<Edit> {
    let written = source.text.get(text.span.start..text.span.end)?;
    text.text.get(range.clone())?;
    let style = style(source, text.span)?;
    if style == Style::YamlPlain && !stays_plain(source, text, &range, new) {
        // What a plain scalar can't hold stands in quotes.
        let whole = format!("{}{new}{}", &text.text[..range.start], &text.text[range.end..]);
        let quoted = (!whole.contains('\n') && !written.contains('\n')).then(|| format!("'{}'", whole.replace('\'', "''")))?;
        return Some(Edit { span: text.span, text: quoted });
    }
    let span = place(text, &range, style);
    let indent = || {
        let line = source.text.get(..span.start).map_or("", |before| before.rsplit('\n').next().unwrap_or_default());
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    };
    let new = match style {
        Style::Command => (!new.contains(['`', '\n'])).then(|| new.to_owned()),
        Style::Block => (!new.contains("```") && !new.contains("\"\"\"")).then(|| new.replace('\n', &format!("\n{}", indent()))),
        Style::Quoted => Some(new.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")),
        Style::YamlDouble => Some(new.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")),
        Style::YamlSingle => (!new.contains('\n')).then(|| new.replace('\'', "''")),
        Style::Bare | Style::YamlPlain | Style::YamlFolded => (!new.contains('\n')).then(|| new.to_owned()),
    };
    new.map(|text| Edit { span, text })
}

fn style(source: &Source, span: Span) -> Option<Style> {
    let before = source.text.get(..span.start)?;
    let after = source.text.get(span.end..)?;
    let outside = before.trim_end_matches([' ', '\t', '\n', '\r']);
    // A block's text begins on a line of its own.
    let on_own_line = before[outside.len()..].contains('\n');
    match spelling_of(&source.path) {
        Spelling::Native if on_own_line && (outside.ends_with("```") || outside.ends_with("\"\"\"")) => Some(Style::Block),
        Spelling::Native if before.ends_with('`') && after.starts_with('`') => Some(Style::Command),
        Spelling::Native if before.ends_with('"') && after.starts_with('"') => Some(Style::Quoted),
        Spelling::Native => Some(Style::Bare),
        Spelling::Yaml if on_own_line => {
            let header = outside.rsplit('\n').next().unwrap_or_default().rsplit([' ', '\t']).next().unwrap_or_default();
            let header = header.trim_end_matches(|c: char| matches!(c, '-' | '+') || c.is_ascii_digit());
            match header {
                "|" => Some(Style::Block),
                ">" => Some(Style::YamlFolded),
                _ => None,
            }
        }
        Spelling::Yaml if before.ends_with('"') && after.starts_with('"') => Some(Style::YamlDouble),
        Spelling::Yaml if before.ends_with('\'') && after.starts_with('\'') => Some(Style::YamlSingle),
        // A part of a scalar, such as the expression of `"{{ e }}"`: nothing tells how the whole is quoted.
        Spelling::Yaml if outside.ends_with("{{") => None,
        Spelling::Yaml if outside.ends_with([':', '-', '[', '{', ',']) => Some(Style::YamlPlain),
        Spelling::Yaml => None,
    }
}

/// Where the range stands in the source, its escapes whole.
fn place(text: &Text, range: &Range<usize>, style: Style) -> Span {
    let quoted = matches!(style, Style::Quoted | Style::YamlDouble | Style::YamlSingle);
    let at = |offset: usize| {
        if offset < text.text.len() || text.text.is_empty() {
            text.offset(offset)
        } else if quoted {
            text.span.end
        } else {
            text.offset(offset - 1) + 1
        }
    };
    let (start, end) = (at(range.start), at(range.end));
    Span::new(text.span.source, start, end.max(start))
}

/// Whether a plain scalar is one still, and reads as meant.
fn stays_plain(source: &Source, text: &Text, range: &Range<usize>, new: &str) -> bool {
    let whole = format!("{}{new}{}", &text.text[..range.start], &text.text[range.end..]);
    let line = source.text.get(..text.span.start).map_or("", |before| before.rsplit('\n').next().unwrap_or_default());
    // A bracket that is open before it on its line: it stands in flow style, where commas and brackets end it.
    let flow = line.contains(['[', '{']) && whole.contains([',', '[', ']', '{', '}']);
    let first = whole.chars().next().is_none_or(|c| c.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`".contains(c));
    let odd = whole.contains(": ") || whole.contains(" #") || whole.contains(['\n', '\t']) || whole.ends_with([':', ' ']);
    !flow && !odd && (!first || text.text.chars().next() == whole.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{Does, Piece};
    use crate::source::SourceId;

    fn source(path: &str, text: &str) -> Source {
        Source { id: SourceId(0), path: path.to_owned(), text: text.to_owned() }
    }

    fn command(source: &Source) -> Text {
        let parsed = crate::parse(source);
        assert_eq!(parsed.diagnostics, [], "{}", source.text);
        match &parsed.file.runbooks[0].body.pieces[0] {
            Piece::Step(step) => match &step.fields.does {
                Some(Does::Run(text)) => text.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// Puts `new` in place of `old`, reads the file again, and gives the command that stands there then.
    fn spliced(path: &str, text: &str, old: &str, new: &str) -> Option<String> {
        let before = source(path, text);
        let run = command(&before);
        let at = run.text.find(old).unwrap_or_else(|| panic!("no {old} in {}", run.text));
        let edit = splice(&before, &run, at..at + old.len(), new)?;
        let mut mended = before.text.clone();
        mended.replace_range(edit.span.start..edit.span.end, &edit.text);
        let after = command(&source(path, &mended)).text;
        let expected = format!("{}{new}{}", &run.text[..at], &run.text[at + old.len()..]);
        assert_eq!(after, expected, "{mended}");
        Some(mended)
    }

    const HARD: [&str; 8] = ["-- $x", "\"$x\"", "it's", "a: b", "a # b", "[x, y]", "\\d\\\\", "{ a,b; }"];

    #[test]
    fn what_is_put_into_a_command_is_read_as_it_was_meant_in_every_style() {
        let native = |command: &str| ("a.runbook", format!("runbook x {{\n  step a on h {{\n    run {command}\n  }}\n}}\n"));
        let yaml = |command: &str| ("a.runbook.yaml", format!("runbook: x\nsteps:\n- step: a\n  on: h\n  run: {command}\n"));
        let files = [
            native("`rm OLD x`"),
            native("`OLD`"),
            native("```\n      one\n      rm OLD x\n      three\n      ```"),
            yaml("rm OLD x"),
            yaml("OLD x"),
            yaml("'rm OLD it''s'"),
            yaml(r#""rm OLD \"a\"""#),
            yaml(r#""rm \\ OLD""#),
            yaml("|\n    one\n    rm OLD x\n    three"),
            yaml("rm OLD\n  title: t"),
            ("a.runbook.yaml", "runbook: x\nsteps:\n- {step: a, on: h, run: rm OLD x}\n".to_owned()),
            ("a.runbook.yaml", "runbook: x\nsteps: [{step: a, on: h, run: 'rm OLD'}]\n".to_owned()),
        ];
        for (path, text) in files {
            for new in HARD {
                assert!(spliced(path, &text, "OLD", new).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn an_escape_is_taken_out_whole() {
        let yaml = |command: &str| format!("runbook: x\nsteps:\n- step: a\n  on: h\n  run: {command}\n");
        assert!(spliced("a.yaml", &yaml("'it''s'"), "'s", "").is_some());
        assert!(spliced("a.yaml", &yaml("'say it'''"), "it'", "no").is_some());
        assert!(spliced("a.yaml", &yaml(r#""a \"b\"""#), "\"b\"", "c").is_some());
        assert!(spliced("a.yaml", &yaml(r#""a\tb""#), "a\t", "").is_some());
    }

    #[test]
    fn lines_are_added_where_lines_can_stand() {
        let native = "runbook x {\n  step a on h {\n    run ```\n      one\n      OLD\n      ```\n  }\n}\n";
        assert!(spliced("a.runbook", native, "OLD", "two\nthree").is_some());
        assert!(spliced("a.yaml", "runbook: x\nsteps:\n- step: a\n  on: h\n  run: |\n    OLD\n    b\n", "OLD", "two\nthree").is_some());
        assert_eq!(spliced("a.runbook", "runbook x {\n  step a on h { run `OLD` }\n}\n", "OLD", "two\nthree"), None);
        assert_eq!(spliced("a.runbook", "runbook x {\n  step a on h { run `OLD` }\n}\n", "OLD", "`date`"), None);
        assert_eq!(spliced("a.yaml", "runbook: x\nsteps:\n- step: a\n  on: h\n  run: OLD b\n", "OLD", "two\nthree"), None);
    }
}

//! Comments stay at what they stand at: none is lost, none comes twice, and blank lines between paragraphs stay.

use grammar::Spelling;
use grammar::ast::File;
use grammar::format::{convert, format, print};
use grammar::parse_as;
use grammar::source::Source;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::trees::{self, Hardness, for_all};
use super::{BOTH, other, source};

/// The texts of all comments, sorted.
fn texts(text: &str, spelling: Spelling) -> Vec<String> {
    let path = if spelling == Spelling::Native { "a.runbook" } else { "a.runbook.yaml" };
    let outline = grammar::outline(&Source { path: path.to_owned(), ..source(text) });
    let mut found: Vec<_> = outline.comments.iter().map(|span| text[span.start..span.end].to_owned()).collect();
    found.sort();
    found
}

/// The tree, if the text can be read.
fn tree(text: &str, spelling: Spelling) -> Option<File> {
    let parsed = parse_as(&source(text), spelling);
    parsed.diagnostics.iter().all(|diagnostic| diagnostic.code == "RB0037").then_some(parsed.file)
}

/// Puts comments and line breaks where they change nothing: at ends of lines, on lines of their own, within brackets.
fn sprinkled(text: &str, spelling: Spelling, places: &[(Index, u8)]) -> String {
    let wanted = tree(text, spelling).expect("the text is whole");
    let mut text = text.to_owned();
    for (number, (place, kind)) in places.iter().enumerate() {
        let before = texts(&text, spelling).len();
        let (put, is_comment, at_break) = match kind % 5 {
            0 => (format!("# c{number}\n"), true, false),
            1 => (format!(" # c{number}"), true, true),
            2 => ("\n".to_owned(), false, false),
            3 => (format!("{}# c{number}\n", " ".repeat(usize::from(*kind) % 9)), true, false),
            _ => (format!(" # c{number}\n"), true, false),
        };
        // Behind a line break, a bracket, a comma or a brace; or before a line break.
        let spots: Vec<usize> = text
            .char_indices()
            .filter(|(_, c)| if at_break { *c == '\n' } else { "\n([{,;".contains(*c) })
            .map(|(at, _)| if at_break { at } else { at + 1 })
            .collect();
        if spots.is_empty() {
            continue;
        }
        let at = spots[place.index(spots.len())];
        let tried = format!("{}{put}{}", &text[..at], &text[at..]);
        let stays = tree(&tried, spelling).as_ref() == Some(&wanted);
        if stays && texts(&tried, spelling).len() == before + usize::from(is_comment) {
            text = tried;
        }
    }
    text
}

/// Where two texts part, with some lines around.
fn difference(one: &str, other: &str) -> String {
    let (one, other): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    let at = one.iter().zip(&other).position(|(one, other)| one != other).unwrap_or(one.len().min(other.len()));
    let part = |lines: &[&str]| lines[at.saturating_sub(8).min(lines.len())..(at + 4).min(lines.len())].join("\n");
    format!("at line {}:\n{}\n--------- and\n{}", at + 1, part(&one), part(&other))
}

#[test]
fn comments_anywhere_are_neither_lost_nor_doubled() {
    let cases = || (trees::file(Hardness::Writable, 1), vec((any::<Index>(), any::<u8>()), 1..16)).boxed();
    for_all(cases, |(tree, places)| {
        for from in BOTH {
            let text = print(tree, from).map_err(|errors| TestCaseError::fail(format!("{errors:#?}")))?;
            let text = sprinkled(&text, from, places);
            let written = texts(&text, from);
            let formatted = format(&source(&text), from).map_err(|errors| TestCaseError::fail(format!("{errors:#?}\n{text}")))?.text;
            prop_assert!(texts(&formatted, from) == written, "before:\n{text}\nafter:\n{formatted}");
            let again = format(&source(&formatted), from).expect("formatted again").text;
            prop_assert!(again == formatted, "source:\n{text}\n{}", difference(&formatted, &again));

            let there = convert(&source(&text), from, other(from)).map_err(|errors| TestCaseError::fail(format!("{errors:#?}\n{text}")))?;
            prop_assert!(there.lost.is_empty(), "{:#?}", there.lost);
            prop_assert!(texts(&there.text, other(from)) == written, "before:\n{text}\nthere:\n{}", there.text);
            let settled = format(&source(&there.text), other(from)).expect("formatted there").text;
            prop_assert!(settled == there.text, "source:\n{text}\n{}", difference(&there.text, &settled));
            let back = convert(&source(&there.text), other(from), from).map_err(|errors| TestCaseError::fail(format!("{errors:#?}\n{}", there.text)))?;
            prop_assert!(texts(&back.text, from) == written, "there:\n{}\nback:\n{}", there.text, back.text);
        }
        Ok(())
    });
}

#[test]
fn several_comments_within_a_list_move_above_it_and_a_second_layout_changes_nothing() {
    for (within, wanted) in
        [("[ # one\n1, 5, # two\n 20%]", "# one\n# two\nexpect: [1, 5, 20%]\n"), ("[ # one\n1, 5, 20%]", "expect:  # one\n  - 1\n  - 5\n  - 20%\n")]
    {
        let once = format(&source(&format!("action: a\nexpect: {within}\nrun: .\n")), Spelling::Yaml).expect("formatted").text;
        assert_eq!(once, format!("action: a\n{wanted}run: .\n"));
        assert_eq!(format(&source(&once), Spelling::Yaml).expect("formatted again").text, once);
    }
}

#[test]
fn a_comment_behind_a_block_stands_in_the_column_of_those_below_its_first_line() {
    let native = "runbook a \"A\" {\n  series \"x\" from null to ( # one\n!a) {\n    on env\n  } # two\n}\n";
    let there = convert(&source(native), Spelling::Native, Spelling::Yaml).expect("converted").text;
    assert!(there.contains("  - series: x     # two\n    from: \"null\"  # one\n"), "{there}");
    assert_eq!(format(&source(&there), Spelling::Yaml).expect("formatted").text, there);
}

#[test]
fn a_comment_at_the_end_of_brackets_that_a_word_follows_stands_above_the_line() {
    let yaml = "runbook: a\nnotify:\n  - x:\n      text: y\n    on: [done]\n      # one\nsteps:\n  - step: s\n    run: \"true\"\n";
    let there = convert(&source(yaml), Spelling::Yaml, Spelling::Native).expect("converted").text;
    assert!(there.contains("  # one\n  notify x("), "{there}");
    assert_eq!(format(&source(&there), Spelling::Native).expect("formatted").text, there);
}

#[test]
fn an_empty_block_stays_on_its_line_where_the_comments_behind_its_opening_move_above() {
    let native = "runbook a {\n  series \"x\" from null to ( # one\n!a) { # two\n  }\n}\n";
    let once = format(&source(native), Spelling::Native).expect("formatted").text;
    assert_eq!(once, "runbook a {\n  # one\n  # two\n  series \"x\" from null to (!a) { }\n}\n");
}

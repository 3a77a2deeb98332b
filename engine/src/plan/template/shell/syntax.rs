//! Parsing, and what the text around a slot says before any parsing.

use brush_parser::ast::Program;
use brush_parser::{ParseError, Parser, ParserOptions, TokenizerError};

use super::super::refusal::Refusal;
use super::variable;
use super::walk::Walker;

/// The shell can't read the script. `at` is a byte offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) why: String,
}

pub(crate) fn options() -> ParserOptions {
    // A tilde is looked at by ourselves, in the text before a slot.
    ParserOptions { tilde_expansion_at_word_start: false, ..ParserOptions::default() }
}

/// Brackets inside each other. The parser tries each `((` in two ways, so that one which is not closed takes twice as
/// long for every bracket around it: 28 of them take seconds.
const DEEPEST: usize = 20;

pub(crate) fn parse(script: &str) -> Result<Program, SyntaxError> {
    if let Some(at) = too_deep(script) {
        return Err(SyntaxError { at, length: 1, why: format!("more than {DEEPEST} brackets stand inside each other") });
    }
    Parser::new(script.as_bytes(), &options()).parse_program().map_err(|error| explain(script, &error))
}

/// Where a bracket is opened inside more others than are read. Quotes and comments hold none; in double quotes they may.
fn too_deep(script: &str) -> Option<usize> {
    let (mut depth, mut in_double, mut before) = (0_usize, false, b'\n');
    let bytes = script.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let skipped = |end: u8| bytes.get(at + 1..).and_then(|rest| rest.iter().position(|b| *b == end)).map_or(bytes.len(), |found| at + 1 + found);
        match byte {
            b'\\' => at += 1,
            b'"' => in_double = !in_double,
            b'\'' if !in_double => at = skipped(b'\''),
            b'#' if !in_double && before.is_ascii_whitespace() => at = skipped(b'\n'),
            b'(' if depth == DEEPEST => return Some(at),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = *byte;
        at += 1;
    }
    None
}

fn explain(script: &str, error: &ParseError) -> SyntaxError {
    let byte = |index: usize| script.char_indices().nth(index).map_or(script.len(), |(at, _)| at);
    let end = |why: &str| SyntaxError { at: script.trim_end().len(), length: 0, why: why.to_owned() };
    match error {
        ParseError::ParsingNear(position) => {
            let at = byte(position.index);
            let rest = &script[at..];
            let length = rest.find(char::is_whitespace).filter(|n| *n > 0).unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
            let word = rest.get(..length).unwrap_or_default();
            SyntaxError { at, length, why: format!("`{word}` is not expected here") }
        }
        ParseError::ParsingAtEndOfInput => end("it ends too early"),
        ParseError::Tokenizing { inner, position } => match inner {
            TokenizerError::UnterminatedSingleQuote(at) | TokenizerError::UnterminatedAnsiCQuote(at) => {
                SyntaxError { at: byte(at.index), length: 1, why: "a single quote is not closed".to_owned() }
            }
            TokenizerError::UnterminatedDoubleQuote(at) => SyntaxError { at: byte(at.index), length: 1, why: "a double quote is not closed".to_owned() },
            TokenizerError::UnterminatedBackquote(at) => SyntaxError { at: byte(at.index), length: 1, why: "a backtick is not closed".to_owned() },
            TokenizerError::UnterminatedHereDocuments(mark, _) => end(&format!("the here-document `{mark}` is not closed")),
            TokenizerError::UnterminatedCommandSubstitution | TokenizerError::UnterminatedExpansion => end("a `$(` is not closed"),
            TokenizerError::UnterminatedVariable => end("a `${` is not closed"),
            other => {
                let at = position.as_ref().map_or(script.len(), |position| byte(position.index));
                SyntaxError { at, length: 0, why: other.to_string() }
            }
        },
    }
}

/// A backslash, a `$` or an opening `${` before a slot makes something else of it, whatever the parser thinks.
pub(super) fn refuse_by_neighbours(script: &str, walker: &mut Walker<'_>) {
    refuse_where(script, walker, |before, _| {
        let escapes = |text: &str| text.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
        if escapes(before) {
            Some(Refusal::AfterBackslash)
        } else if before.strip_suffix('$').is_some_and(|text| !escapes(text)) {
            Some(Refusal::AfterDollar)
        } else {
            ["${", "${!", "${#"].iter().any(|open| before.ends_with(open)).then_some(Refusal::NamePlace)
        }
    });
}

/// Where the grammar wants a fixed word a script with a slot can't be parsed at all. This says why.
pub(super) fn refuse_by_grammar(script: &str, walker: &mut Walker<'_>) {
    refuse_where(script, walker, |before, after| {
        let line = before.rsplit(['\n', ';', '&', '|', '(', '{']).next().unwrap_or_default().trim();
        let here = before.trim_end_matches([' ', '\t', '-']);
        if here.ends_with("<<") && !here.ends_with("<<<") {
            Some(Refusal::HereDocMark)
        } else if after.trim_start_matches([' ', '\t']).starts_with("()") || line == "function" {
            Some(Refusal::FunctionName)
        } else {
            matches!(line, "for" | "select" | "do for" | "then for" | "else for").then_some(Refusal::NamePlace)
        }
    });
}

fn refuse_where(script: &str, walker: &mut Walker<'_>, refusal: impl Fn(&str, &str) -> Option<Refusal>) {
    for number in 1..=walker.slots() {
        let mark = variable(number);
        if let Some(at) = script.find(&mark)
            && let Some(refusal) = refusal(&script[..at], &script[at + mark.len()..])
        {
            walker.refuse(number, refusal);
        }
    }
}

/// Whether a slot that no part of the program holds stands behind a `#`.
pub(super) fn in_comment(script: &str, number: usize) -> bool {
    let Some(at) = script.find(&variable(number)) else { return false };
    let line = script[..at].rsplit('\n').next().unwrap_or_default();
    line.starts_with('#') || [" #", "\t#", ";#", "&#", "(#", ")#", "|#"].iter().any(|mark| line.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, parse};

    #[test]
    fn what_is_not_expected_is_a_whole_character() {
        let error = parse("a )ۉ").expect_err("a bracket too much");
        assert!(error.why.starts_with("`)"), "{}", error.why);
        for script in ["case x in y) ;; eۉ", "case x in y) ;; ۉ", ";; ۉ", "(ۉ"] {
            let error = parse(script).expect_err("unfinished");
            assert!(script.get(error.at..error.at + error.length).is_some(), "{script}: {error:?}");
        }
    }

    /// Each of these took minutes: fuzzing found them.
    #[test]
    fn brackets_without_end_are_a_mistake_and_not_a_long_wait() {
        for open in ["(", "( ", "(\n", "(( a", "$((", "a \"$(", "# (\n(("] {
            let error = parse(&open.repeat(40)).expect_err("they are not closed");
            assert_eq!(error.why, "more than 20 brackets stand inside each other", "{open}");
        }
        let deep = |depth: usize| format!("{} echo a {}", "( ".repeat(depth), " )".repeat(depth));
        assert!(parse(&deep(DEEPEST)).is_ok());
        assert!(parse(&deep(DEEPEST + 1)).is_err());
        assert!(parse(&"echo ')(' '((' # ((\n".repeat(60)).is_ok(), "quotes and comments hold none");
        assert!(parse(&"case x in a) (b) ;; esac\n".repeat(60)).is_ok());
    }
}

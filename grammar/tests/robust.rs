//! Whatever the text, reading ends soon and without a panic, and every diagnostic points into the text.

use std::time::{Duration, Instant};

use grammar::source::{Source, SourceId};
use grammar::{Parsed, Spelling, parse_as};
use proptest::prelude::*;

const NATIVE: &str = include_str!("data/matomo-restart.runbook");
const YAML: &str = include_str!("data/matomo-restart.runbook.yaml");

fn read(text: &str, spelling: Spelling) -> Parsed {
    let source = Source { id: SourceId(0), path: "test".to_owned(), text: text.to_owned() };
    let parsed = parse_as(&source, spelling);
    for diagnostic in &parsed.diagnostics {
        let spans = std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span));
        for span in spans {
            assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}: {diagnostic:?}");
        }
    }
    parsed
}

fn both(text: &str) {
    let began = Instant::now();
    for spelling in [Spelling::Native, Spelling::Yaml] {
        read(text, spelling);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?} for {} bytes", began.elapsed(), text.len());
}

fn codes(text: &str, spelling: Spelling) -> Vec<&'static str> {
    read(text, spelling).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn nesting_without_end_is_a_diagnostic() {
    for open in ["(", "[", "{", "parallel {", "parallel {\n", "[{(", "use a(b: ", "when ("] {
        let text = format!("runbook x {{\n{}", open.repeat(90_000));
        assert!(codes(&text, Spelling::Native).contains(&"RB0004"), "{open}");
    }
    for open in ["[", "{a: ", "- ", "? ", "a: [", "[{a: "] {
        let text = format!("runbook: x\nsteps:\n  {}", open.repeat(100_000));
        assert!(!codes(&text, Spelling::Yaml).is_empty(), "{open}");
    }
    let steps: String = (0..300).map(|n| format!("{0}- parallel:\n", "  ".repeat(n))).collect();
    assert!(codes(&format!("runbook: x\nsteps:\n{steps}"), Spelling::Yaml).contains(&"RB0004"));
}

#[test]
fn as_deep_as_is_allowed_is_read() {
    let text = format!("runbook x {{ {} {} }}", "parallel {".repeat(63), "}".repeat(63));
    assert_eq!(codes(&text, Spelling::Native), [""; 0]);
    let text = format!("runbook x {{ when {}a{} }}", "(".repeat(63), ")".repeat(63));
    assert_eq!(codes(&text, Spelling::Native), [""; 0]);
}

#[test]
fn a_bomb_of_aliases_is_never_unfolded() {
    let mut text = String::from("runbook: x\na: &a [x, x, x, x, x, x, x, x, x]\n");
    for (from, to) in ('a'..='y').zip('b'..='z') {
        let aliases = vec![format!("*{from}"); 9].join(", ");
        text.push_str(&format!("{to}: &{to} [{aliases}]\n"));
    }
    let began = Instant::now();
    let codes = codes(&text, Spelling::Yaml);
    assert!(codes.contains(&"RB0032") && codes.contains(&"RB0033"));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn too_many_values_are_a_diagnostic() {
    let text = format!("runbook: x\nsteps: [{}]\n", "a,".repeat(250_000));
    assert!(codes(&text, Spelling::Yaml).contains(&"RB0036"));
}

#[test]
fn large_files_that_are_nothing_are_read_in_time() {
    let size = 8_000;
    for pattern in [
        "\"",
        "'",
        "`",
        "\\\"",
        "\"\"\"",
        "```",
        "(",
        ")",
        "{}",
        "{} ",
        "()",
        "( }",
        "([)",
        "a ",
        "a\n",
        "a;",
        "{\n",
        "}\n",
        "#",
        "\n",
        " ",
        "é",
        "\"\\d\" ",
        "step ",
        "step a {}\n",
        "run `x`\n",
        "when (\n",
        "use a(\n",
        "x: ",
        "- ",
        "a: b\n",
        "\"a\"\n",
        "!a ",
        "&a ",
        "*a ",
        ": ",
        "? ",
        "|\n",
        "{{ x }} ",
        "[,",
        "a, ",
        "use a(b: c,\n",
        "`\n",
        "x \"\"\"\n",
        "\r",
        "\r\n",
        "\t",
        "\u{0}",
        "---\n",
        "%a\n",
        "'a': 'b''c'\n",
        "\" ' ` ( [ {\n",
    ] {
        let repeated = pattern.repeat(size / pattern.len());
        both(&repeated);
        both(&format!("runbook x {{\n{repeated}\n}}\n"));
        both(&format!("runbook: x\nsteps:\n- step: a\n  run: \"{repeated}\"\n"));
        both(&format!("runbook: x\nsteps:\n- step: a\n  when: {repeated}\n"));
    }
}

#[test]
fn a_file_cut_anywhere_is_read_without_a_panic() {
    for (text, spelling) in [(NATIVE, Spelling::Native), (YAML, Spelling::Yaml)] {
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            read(&text[..at], spelling);
            read(&text[at..], spelling);
        }
    }
}

/// Pieces of the language, thrown together.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "runbook",
        "action",
        "step",
        "gate",
        "manual",
        "boundary",
        "during",
        "parallel",
        "for",
        "in",
        "call",
        "series",
        "fact",
        "require",
        "on",
        "run",
        "use",
        "verify",
        "undo",
        "none",
        "timeout",
        "then",
        "retry",
        "every",
        "within",
        "env",
        "x",
        "a.b",
        "a-b",
        "5m",
        "15%",
        "2021-09-13",
        "\"t\"",
        "\"",
        "'",
        "`c`",
        "`",
        "```\n",
        "\"\"\"\n",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "=",
        "==",
        ";",
        "\n",
        " ",
        "  ",
        "#",
        "|",
        "|\n",
        ">",
        "- ",
        "\\",
        "{{",
        "}}",
        "é",
        "!",
        "&",
        "*",
        "<<: ",
        "? ",
        "steps:",
        "run: ",
        "step: ",
        "\r\n",
        "\t",
        "~",
        "null",
        "\\{{",
    ]);
    prop::collection::vec(token, 0..120).prop_map(|tokens| tokens.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        both(&text);
    }

    #[test]
    fn any_row_of_tokens_is_read_without_a_panic(text in tokens()) {
        both(&text);
        both(&format!("runbook x {{\n{text}\n}}"));
        both(&format!("runbook: x\nsteps:\n- step: a\n  {text}\n"));
    }

    #[test]
    fn a_file_with_something_else_in_it_is_read_without_a_panic(at in any::<prop::sample::Index>(), length in 0..40usize, put in tokens()) {
        for (text, spelling) in [(NATIVE, Spelling::Native), (YAML, Spelling::Yaml)] {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let from = boundary(at.index(text.len()));
            let to = boundary(from + length).max(from);
            read(&format!("{}{put}{}", &text[..from], &text[to..]), spelling);
        }
    }
}

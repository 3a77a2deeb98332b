//! An offset inside a snippet leads to its byte in the file, however the snippet was written.

use grammar::ast::{Does, Piece, Step};
use grammar::source::{Source, SourceId, Text};
use grammar::{Spelling, parse_as};

fn source(text: &str) -> Source {
    Source { id: SourceId(0), path: "test".to_owned(), text: text.to_owned() }
}

#[track_caller]
fn first_step(source: &Source, spelling: Spelling) -> Step {
    let parsed = parse_as(source, spelling);
    assert_eq!(parsed.diagnostics, []);
    match parsed.file.runbooks[0].body.pieces[0].clone() {
        Piece::Step(step) => step,
        other => panic!("{other:?}"),
    }
}

/// Every letter and digit of the snippet stands in the file where it is said to stand.
#[track_caller]
fn every_letter_is_at_its_place(source: &Source, text: &Text) {
    for (at, c) in text.text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let span = text.span_of(at, at + c.len_utf8());
        assert_eq!(source.text.get(span.start..span.end), Some(c.encode_utf8(&mut [0; 4]) as &str), "{c} at {at} of {:?}", text.text);
    }
}

fn run(step: &Step) -> &Text {
    match &step.fields.does {
        Some(Does::Run(run)) => run,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn yaml_run(value: &str, expected: &str) {
    for text in
        [format!("runbook: é\nsteps:\n- step: a\n  run: {value}\n"), format!("runbook: é\r\nsteps:\r\n- step: a\r\n  run: {}\r\n", value.replace('\n', "\r\n"))]
    {
        let text = text.replace("runbook: é", "about: é\nrunbook: x");
        let source = source(&text);
        let step = first_step(&source, Spelling::Yaml);
        let run = run(&step);
        assert_eq!(run.text, expected);
        every_letter_is_at_its_place(&source, run);
        let inside = &source.text[run.span.start..run.span.end];
        assert!(inside.starts_with(|c: char| !c.is_whitespace() && c != '"' && c != '\''), "{inside:?}");
    }
}

#[test]
fn yaml_scalars_of_every_style_know_their_places() {
    yaml_run("plain ütext", "plain ütext");
    yaml_run("plain\n    of several\n    lines", "plain of several lines");
    yaml_run("'it''s ü'", "it's ü");
    yaml_run("'two\n    lines'", "two lines");
    yaml_run(r#""a\tb \"c\" \\d""#, "a\tb \"c\" \\d");
}

#[test]
fn yaml_blocks_know_their_places() {
    yaml_run("|\n    one\n      two ü\n\n    three", "one\n  two ü\n\nthree");
    yaml_run("|-\n    one\n    two", "one\ntwo");
    yaml_run(">\n    one\n    two\n\n    three", "one two\nthree");
}

#[test]
fn native_blocks_and_escapes_know_their_places() {
    for line_end in ["\n", "\r\n"] {
        let text = "runbook x {\n  step a on web {\n    stdin \"a\\tbü\\\\c\\\"d\"\n    run ```\n      one ü\n        two\n\n      three\n      ```\n  }\n}\n";
        let source = source(&text.replace('\n', line_end));
        let step = first_step(&source, Spelling::Native);
        assert_eq!(run(&step).text, "one ü\n  two\n\nthree");
        every_letter_is_at_its_place(&source, run(&step));
        every_letter_is_at_its_place(&source, step.fields.stdin.as_ref().expect("stdin"));
    }
}

#[test]
fn an_expression_knows_its_places_through_layout_and_comments() {
    let source = source("runbook x {\n  step a on web {\n    when ( a   and [\n b, # two\n   c,\n ] )\n    run `r`\n    verify `v` every (x  +  1)\n  }\n}\n");
    let step = first_step(&source, Spelling::Native);
    let when = step.when.as_ref().expect("when");
    assert_eq!(when.text, "a and [b, c]");
    every_letter_is_at_its_place(&source, when);
    every_letter_is_at_its_place(&source, step.fields.verify[0].every.as_ref().expect("every"));
    assert_eq!(&source.text[when.span.start..when.span.end], "a   and [\n b, # two\n   c,\n ]");
}

#[test]
fn an_expression_in_a_yaml_template_knows_its_places() {
    let source = source("runbook: x\nsteps:\n- step: a\n  run: x\n  when: \"{{ a   and \\\"b\\\" }}\"\n  tolerate: [1, xy]\n");
    let step = first_step(&source, Spelling::Yaml);
    let when = step.when.as_ref().expect("when");
    assert_eq!(when.text, "a and \"b\"");
    every_letter_is_at_its_place(&source, when);
    every_letter_is_at_its_place(&source, step.fields.tolerate.as_ref().expect("tolerate"));
}

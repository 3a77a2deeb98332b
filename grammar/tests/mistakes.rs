//! Each mistake: its code, the very bytes that it points at, and what the help says.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId};
use grammar::{Spelling, parse_as, read_utf8};

struct Said {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

fn read(text: &str, spelling: Spelling) -> Said {
    let source = Source { id: SourceId(0), path: "test".to_owned(), text: text.to_owned() };
    let diagnostics = parse_as(&source, spelling).diagnostics;
    Said { source, diagnostics }
}

fn native(text: &str) -> Said {
    read(text, Spelling::Native)
}

fn yaml(text: &str) -> Said {
    read(text, Spelling::Yaml)
}

/// Lines inside a step of a native runbook.
fn step(lines: &str) -> Said {
    native(&format!("runbook x {{\n  step s on web {{\n{lines}\n  }}\n}}\n"))
}

impl Said {
    /// `code`, and the text it points at, of everything found.
    #[track_caller]
    fn is(&self, expected: &[(&str, &str)]) -> &Self {
        let at = |d: &Diagnostic| &self.source.text[d.span.start..d.span.end];
        let found: Vec<_> = self.diagnostics.iter().map(|d| (d.code, at(d))).collect();
        assert_eq!(found, expected, "{:#?}", self.diagnostics);
        self
    }

    #[track_caller]
    fn says(&self, words: &str) -> &Self {
        let all: Vec<_> = self.diagnostics.iter().map(|d| format!("{} · {} · {}", d.message, d.label, d.help.as_deref().unwrap_or_default())).collect();
        assert!(all.iter().any(|one| one.contains(words)), "{all:#?}");
        self
    }

    /// The first other place of the first mistake.
    fn beside(&self) -> &str {
        let (span, _) = self.diagnostics[0].related[0];
        &self.source.text[span.start..span.end]
    }
}

#[test]
fn a_byte_that_is_not_utf8_is_pointed_at() {
    let error = read_utf8(SourceId(3), "a.runbook", b"ab\xff".to_vec()).expect_err("0xFF is never UTF-8");
    assert_eq!((error.code, error.span.start, error.span.end, error.span.source), ("RB0001", 2, 3, SourceId(3)));
    assert!(read_utf8(SourceId(0), "a", "é".into()).is_ok());
}

#[test]
fn a_nul_byte_is_told_however_it_is_written() {
    native("runbook x {\n  step a on web { run `a\0b` }\n}").is(&[("RB0050", "\0")]);
    yaml("runbook: x\nsteps:\n- step: a\n  on: web\n  run: \"a\\0b\"\n").is(&[("RB0050", "\\0")]);
    yaml("runbook: x\nsteps:\n- step: a\n  on: web\n  run: \"a\\x00b\"\n").is(&[("RB0050", "\\x00")]);
}

#[test]
fn a_value_that_is_refused_is_told_once() {
    yaml("runbook: x\nsteps:\n- step: a\n  on: web\n  run: *a\n").is(&[("RB0033", "*a")]);
}

#[test]
fn a_file_with_nothing_in_it_is_a_mistake() {
    for text in ["", "\n", "# only a comment\n", "\u{feff}"] {
        native(text).is(&[("RB0003", "")]);
        yaml(text).is(&[("RB0003", "")]);
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    native(&"#".repeat((1 << 20) + 1)).is(&[("RB0002", "")]);
}

#[test]
fn a_mistyped_word_is_corrected() {
    native("runbok x { }").is(&[("RB0010", "runbok")]).says("did you mean `runbook`?");
    native("runbook x {\n  stp a on web { run `x` }\n}").is(&[("RB0010", "stp")]).says("did you mean `step`?");
    step("run `x`; verfy `y`").is(&[("RB0010", "verfy")]).says("did you mean `verify`?");
    yaml("runbook: x\nsteps:\n- step: a\n  runn: x\n").is(&[("RB0010", "runn")]).says("did you mean `run`?");
    yaml("runbook: x\nsteps:\n- stepp: a\n").is(&[("RB0010", "stepp")]).says("did you mean `step`?");
}

#[test]
fn a_word_of_another_tool_is_translated() {
    native("runbook x {\n  task a { run `x` }\n}").is(&[("RB0010", "task")]).says("did you mean `step`?");
    step("comand `x`").is(&[("RB0010", "comand")]).says("did you mean `run`?");
    yaml("runbook: x\nsteps:\n- step: a\n  command: x\n").is(&[("RB0010", "command")]).says("did you mean `run`?");
}

#[test]
fn a_word_in_the_wrong_place_is_told_where_it_belongs() {
    native("action a { on web; run `x` }").is(&[("RB0011", "on")]).says("the step that uses the action");
    native("step a on web { run `x` }").is(&[("RB0011", "step")]).says("it stands in a runbook");
    native("runbook x {\n  run `x`\n}").is(&[("RB0011", "run")]).says("an action, a step");
    native("runbook x {\n  manual m on web { instructions \"i\"; run `x` }\n}").is(&[("RB0011", "run")]);
    yaml("runbook: x\nsteps:\n- gate: g\n  run: x\n").is(&[("RB0011", "run")]);
}

#[test]
fn what_was_expected_is_said_in_the_words_of_the_language() {
    native("runbook x {\n  step a \"t\" onn web {\n    run `x`\n  }\n}")
        .is(&[("RB0012", "onn")])
        .says("expected `on` or `{` · found `onn` · did you mean `on`?");
    native("runbook {\n}").is(&[("RB0012", "")]).says("expected a name");
    step("run `x`; verify `y` evry 5s").is(&[("RB0012", "evry")]).says("expected `every`, `within` or the end of the line");
    step("run `x`; verify \"y\"").is(&[("RB0012", "\"y\"")]).says("a command stands in backticks");
    step("run `x`; as bob").is(&[("RB0012", "bob")]).says("text stands in double quotes: \"bob\"");
    step("run `x`; timeout").is(&[("RB0012", "")]).says("expected a value such as `10m`");
    step("run `x`; reboots 5m").is(&[("RB0012", "5m")]).says("expected `within`");
    step("run `x`; private yes").is(&[("RB0012", "yes")]).says("expected `true` or `false`");
    step("run `x`; undo nothing").is(&[("RB0012", "nothing")]).says("expected a command in backticks, `manual` or `none`");
    step("sleep a + b").is(&[("RB0012", "+")]).says("an expression stands in parentheses here");
    step("run `x`; timeout 5m then park").is(&[("RB0012", "then park")]);
    native("runbook x {\n  for in web { }\n}").is(&[("RB0012", "web")]).says("expected `in`");
    step("run `x`; env { A: 1 }").is(&[("RB0012", "A")]).says("NAME = value");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    native("runbook x {\n  stp a { }\n  step b on web { rn `x` }\n  gate g { timeout }\n  param p\n}").is(&[
        ("RB0010", "stp"),
        ("RB0010", "rn"),
        ("RB0012", ""),
        ("RB0012", ""),
    ]);
    yaml("runbook: x\nfoo: 1\nsteps:\n- stp: a\n- step: b\n  rn: x\n- gate: g\n  check: x\n").is(&[
        ("RB0010", "foo"),
        ("RB0010", "stp"),
        ("RB0010", "rn"),
        ("RB0011", "check"),
    ]);
}

#[test]
fn a_block_that_was_not_understood_is_looked_through() {
    native("runbok x {\n  stp a { }\n}").is(&[("RB0010", "runbok"), ("RB0010", "stp")]);
    native("runbook x {\n  bondary b {\n    step a on web { rn `x` }\n  }\n}").is(&[("RB0010", "bondary"), ("RB0010", "rn")]);
}

#[test]
fn what_is_never_closed_is_pointed_at_where_it_opens() {
    native("runbook x {\n  step a on web { run `x` }\n").is(&[("RB0005", "{")]);
    step("run `x").is(&[("RB0008", "`")]).says("backtick on the same line");
    step("run `x`; stdin \"y").is(&[("RB0007", "\"")]);
    step("run `x`; when 'y").is(&[("RB0007", "'")]);
    step("run ```\nx").is(&[("RB0008", "```")]).says("three backticks alone on a line");
    step("run `x`; stdin \"\"\"\nx").is(&[("RB0007", "\"\"\"")]);
    step("use a(x: 1").is(&[("RB0006", "(")]).says("close it with `)`");
}

#[test]
fn a_missing_brace_is_found_by_the_indentation() {
    let said = native("runbook x {\n  boundary b {\n    step s on web {\n      run `x`\n    }\n  step t on web {\n    run `x`\n  }\n}\n");
    said.is(&[("RB0005", "{")]);
    assert_eq!(said.source.line_column(said.diagnostics[0].span.start), (2, 14));
    assert_eq!(said.source.line_column(said.diagnostics[0].related[0].0.start).0, 9);
}

#[test]
fn a_brace_that_closes_nothing_is_told() {
    native("runbook x { } }").is(&[("RB0009", "}")]);
    step("run `x`; when a )").is(&[("RB0009", ")")]);
}

#[test]
fn a_brace_stands_on_the_line_of_its_header() {
    native("runbook x\n{\n}").is(&[("RB0013", "{")]).says("at the end of the header's line");
}

#[test]
fn a_piece_without_its_block_and_a_line_with_one_are_told() {
    native("runbook x {\n  step a \"t\" on web\n}").is(&[("RB0014", "step a \"t\" on web")]);
    step("run `x` {\n}").is(&[("RB0015", "{")]);
}

#[test]
fn a_field_that_is_there_twice_shows_both_places() {
    let said = step("run `x`; check `a`; check `b`");
    said.is(&[("RB0016", "check `b`")]);
    assert_eq!(said.beside(), "check `a`");
    let said = native("runbook x {\n  step s on web { run `x`; on db }\n}");
    said.is(&[("RB0016", "on db")]);
    assert_eq!(said.beside(), "on web");
    let said = yaml("runbook: x\nsteps:\n- step: a\n  run: x\n  run: y\n");
    said.is(&[("RB0027", "run")]);
    assert_eq!(said.source.line_column(said.diagnostics[0].related[0].0.start), (4, 3));
    assert_eq!(step("use a(b: 1, b: 2)").is(&[("RB0027", "b")]).beside(), "b");
}

#[test]
fn a_step_that_does_two_things_shows_both() {
    assert_eq!(step("run `x`\nuse y").is(&[("RB0017", "use y")]).beside(), "run `x`");
    yaml("runbook: x\nsteps:\n- step: a\n  run: x\n  sleep: 5s\n").is(&[("RB0017", "sleep")]);
}

#[test]
fn a_step_that_does_nothing_is_told() {
    step("as \"u\"").is(&[("RB0019", "step s on web")]);
    yaml("runbook: x\nsteps:\n- step: s\n").is(&[("RB0019", "step: s")]);
    native("runbook x {\n  manual m on web { verify `x` }\n}").is(&[("RB0019", "manual m on web")]).says("instructions");
    step("undo `x`").is(&[]);
}

#[test]
fn an_escape_that_is_none_comes_with_its_correction() {
    step(r#"run `x`; stdin "a\db""#).is(&[("RB0020", "\\d")]).says(r"write `\\d`");
    step(r#"use a(b: "\{")"#).is(&[("RB0020", "\\{")]);
}

#[test]
fn a_line_left_of_the_closing_one_is_told() {
    let said = step("run ```\n      a\n    b\n      ```");
    assert_eq!(said.is(&[("RB0021", "b")]).beside(), "      ```");
}

#[test]
fn text_begins_on_the_line_after_its_mark() {
    step("run ``` x\n   ```").is(&[("RB0022", "x")]);
    step("run ```x```").is(&[("RB0022", "x")]);
}

#[test]
fn an_empty_command_is_told() {
    step("run ``").is(&[("RB0023", "``")]);
    yaml("runbook: x\nsteps:\n- step: s\n  run:\n").is(&[("RB0023", "")]);
}

#[test]
fn yaml_names_and_types_and_truths_are_looked_at() {
    yaml("runbook: a b\nparams: {p: 'list('}\nsteps:\n- {step: s, run: x, private: yes}\n").is(&[("RB0024", "a b"), ("RB0025", "list("), ("RB0026", "yes")]);
}

#[test]
fn what_is_no_yaml_is_told_where_reading_stopped() {
    yaml("runbook: x\ntitle: a: b\n").is(&[("RB0030", ":")]).says("stands in quotes");
    yaml("runbook: x\nsteps: [\n").is(&[("RB0030", "[")]);
    yaml("runbook: x\nsteps:\n- step: s\n  run: `x`\n").is(&[("RB0030", "`")]).says("no backticks");
}

#[test]
fn tags_anchors_aliases_and_merge_keys_are_refused_each_at_its_place() {
    yaml("runbook: x\nsteps:\n- step: a\n  check: ! systemctl is-active x\n  run: &a b\n  as: *a\n  <<: {cwd: /}\n  cwd: *nowhere\n").is(&[
        ("RB0031", "!"),
        ("RB0032", "&a"),
        ("RB0033", "*a"),
        ("RB0034", "<<"),
        ("RB0033", "*nowhere"),
    ]);
}

#[test]
fn a_value_of_the_wrong_kind_is_told_with_what_was_expected() {
    yaml("runbook: x\ntitle: [a]\nsteps: {a: b}\n").is(&[("RB0035", "[a]"), ("RB0035", "{a: b}")]).says("`title` is a text, and here stands a list");
    yaml("runbook: x\nsteps:\n- foo\n").is(&[("RB0035", "foo")]);
    yaml("- a\n").is(&[("RB0035", "- a")]);
}

#[test]
fn a_template_that_is_not_quoted_is_one_mistake() {
    yaml("runbook: x\nwhen: {{ x }}\nenv: {A: {{ y }}}\n").is(&[("RB0035", "{{ x }}"), ("RB0035", "{{ y }}")]).says("put it in quotes");
}

#[test]
fn a_command_that_loses_its_tail_to_a_comment_gets_a_warning() {
    let said = yaml("runbook: x # fine\ntitle: fix #42\non: web # fine\nsteps:\n- step: s\n  run: echo a # b\n  check: \"x\" # fine\n");
    said.is(&[("RB0037", "#42"), ("RB0037", "# b")]);
    assert!(said.diagnostics.iter().all(|d| d.severity == Severity::Warning));
}

#[test]
fn the_keyword_of_a_piece_comes_first() {
    yaml("runbook: x\nsteps:\n- title: t\n  step: s\n  run: x\n").is(&[("RB0038", "step")]);
}

#[test]
fn a_part_that_is_missing_in_yaml_is_told() {
    yaml("runbook: x\nsteps:\n- for: a\n- call: b\n- series: c\n- fact: d\n  type: bool\n- gate: g\n  timeout: {then: park}\n- during: e\n  as: u\n").is(&[
        ("RB0018", "for: a"),
        ("RB0018", "call: b"),
        ("RB0018", "series: c"),
        ("RB0018", "fact: d"),
        ("RB0018", "{then: park}"),
        ("RB0018", "as"),
    ]);
    yaml("steps: []\n").is(&[("RB0018", "steps")]).says("runbook: NAME");
}

//! A command in a runbook, for the tests of the rules about commands; and what `read` makes of hard ones.

use grammar::diagnostic::Diagnostic;

use crate::check::{NoFiles, ParsedFile, check};
use crate::lint::tests::linted;

/// A runbook with this command in one field of a step. It stands in a block, so that any command can.
pub(crate) fn runbook(field: &str, command: &str) -> String {
    let block = |head: &str| format!("{head} ```\n    {}\n    ```", command.replace('\n', "\n    "));
    let step = match field {
        "run" => format!("{}\n undo none \"x\"", block("run")),
        "sh" => format!("shell \"sh\"\n {}\n undo none \"x\"", block("run")),
        "verified" => format!("{}\n verify `true`\n undo none \"x\"", block("run")),
        "check" => format!("{}\n run `make-it`\n undo none \"x\"", block("check")),
        "verify" => block("verify"),
        "undo" => format!("run `make-it`\n {}", block("undo")),
        "require" => block("require \"why\""),
        "fact" => format!("{}\n verify `[ {{{{ f }}}} = 1 ]`", block("fact f: string =")),
        "flag" => format!("{}\n verify `[ {{{{ f }}}} = true ]`", block("fact f: bool =")),
        "root" => format!("as \"root\"\n {}\n undo none \"x\"", block("run")),
        "given" => format!("{}\n stdin \"yes\"\n undo none \"x\"", block("run")),
        other => panic!("{other}"),
    };
    format!(
        "runbook t.t {{\n owner \"o\"\n source \"s\"\n target h: host = \"h1\"\n param name: string = \"n\"\n param folder: path = \"/srv\"\n param names: list(string) = [\"a\"]\n param count: int = 1\n env {{ GIVEN = \"x\" }}\n step do-it on h {{\n {step}\n }}\n verify-names on h\n}}"
    )
    .replace(" verify-names on h\n", " step look on h { verify `: {{ name }} {{ folder }} {{ names }} {{ count }}` }\n")
}

/// What a rule says of a command: the text under each of its findings.
pub(crate) fn found(code: &str, field: &str, command: &str) -> Vec<String> {
    let text = runbook(field, command);
    let said: Vec<Diagnostic> = linted(&text).into_iter().filter(|d| d.code == code).collect();
    said.iter().map(|d| text.get(d.span.start..d.span.end).unwrap_or("?").to_owned()).collect()
}

/// A rule's own table: the field, the command, and what is found in it.
pub(crate) fn table(code: &str, rows: &[(&str, &str, &[&str])]) {
    for (field, command, expected) in rows {
        assert_eq!(found(code, field, command), *expected, "{code} in {field}: {command}");
    }
}

/// Commands in which a rule finds nothing.
pub(crate) fn silent(code: &str, field: &str, commands: &[&str]) {
    for command in commands {
        assert_eq!(found(code, field, command), Vec::<String>::new(), "{code} in {field}: {command}");
    }
}

#[test]
fn a_mistake_of_the_shell_is_told_at_its_own_character_in_every_style() {
    // The mistake is the last of its kind in the file.
    let cases = [
        ("t.runbook", "runbook x {\n  target h: host = \"h1\"\n  step s on h {\n    run `(é; echo a ))`\n  }\n}\n", ')', (4, 22)),
        ("t.runbook", "runbook x {\n  target h: host = \"h1\"\n  step s on h {\n    run ```\n      true\n      ( a ))\n      ```\n  }\n}\n", ')', (6, 12)),
        (
            "t.yaml",
            "runbook: x\ntargets:\n  h: {type: host, is: h1}\nsteps:\n  - step: s\n    on: h\n    run: |\n      true\n      échо ok; ( a ))\n",
            ')',
            (9, 21),
        ),
        ("t.yaml", "runbook: x\ntargets:\n  h: {type: host, is: h1}\nsteps:\n  - {step: s, on: h, run: \"( \\\"{{ host }}\\\" ))\"}\n", ')', (5, 46)),
        ("t.yaml", "runbook: x\ntargets:\n  h: {type: host, is: h1}\nsteps:\n  - {step: s, on: h, run: 'it; ( ''a'' ))'}\n", ')', (5, 41)),
    ];
    for (path, text, at, place) in cases {
        let source = grammar::source::Source { id: grammar::source::SourceId(0), path: path.to_owned(), text: text.to_owned() };
        let parsed = grammar::parse(&source);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let errors = check(ParsedFile { source: source.clone(), file: parsed.file }, &mut NoFiles).map(|_| ()).expect_err(text);
        let found = errors.iter().find(|d| d.code == "RB0210").unwrap_or_else(|| panic!("{text}\n{errors:#?}"));
        assert_eq!(Some(found.span.start), text.rfind(at), "{text}\n{found:#?}");
        assert_eq!(source.line_column(found.span.start), place, "{text}\n{found:#?}");
    }
}

#[test]
fn the_standard_library_is_clean() {
    for source in crate::check::stdlib::sources() {
        // Under other names, since its own are taken by itself.
        let text = source.text.replace("\naction ", "\naction own-");
        let said = linted(&text);
        assert!(said.iter().all(|d| d.severity == grammar::diagnostic::Severity::Info), "{}: {said:#?}", source.path);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]

    /// Whatever stands in a command: every finding lies in the file, between characters, and every fix can be made.
    #[test]
    fn no_command_breaks_a_rule(picks in proptest::collection::vec(0..PIECES.len(), 1..24)) {
        let command: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        let text = runbook("run", &command);
        let source = grammar::source::Source { id: grammar::source::SourceId(0), path: "t.runbook".to_owned(), text: text.clone() };
        let parsed = grammar::parse(&source);
        if parsed.diagnostics.is_empty()
            && let Ok(program) = check(ParsedFile { source: source.clone(), file: parsed.file }, &mut NoFiles)
        {
            for finding in crate::lint::lint(&program, &crate::lint::Options::default()) {
                proptest::prop_assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?}");
                let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
                for edit in edits {
                    proptest::prop_assert!(text.get(edit.span.start..edit.span.end).is_some(), "{edit:?}");
                }
            }
        }
    }
}

const PIECES: [&str; 46] = [
    "$x",
    "\"$x\"",
    "${x%é}",
    "$(",
    ")",
    "`",
    "'",
    "\"",
    "é",
    "\\\n",
    " | ",
    " && ",
    " || ",
    "; ",
    " & ",
    "\n",
    "sh -c 'cd é; rm x'",
    "cat <<E\n$é $y\nE\n",
    "rm -rf ",
    "sudo ",
    " ",
    "a=",
    "{{ name }}",
    "{{ names }}",
    "if ",
    "; then ",
    "; fi",
    "while true; do ",
    "; done",
    "( ",
    " )",
    "{ ",
    "; }",
    "curl http://x",
    "mysql -pé",
    "echo ",
    ">/etc/é",
    "cd ",
    "[[ $? = é ]]",
    "case $? in é) ;; esac",
    "set +e",
    "f() { $1; }",
    "bash <(curl é)",
    "--password=é",
    "x=\"$(é; $?)\"",
    "kill -9 $é",
];

//! A command in a runbook, for the tests of the rules about commands; and what `read` makes of hard ones.

use grammar::diagnostic::Diagnostic;

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

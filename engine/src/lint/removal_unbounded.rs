//! An empty variable before a `/` names the root.

use grammar::diagnostic::Severity;

use super::shell::{Expansion, From, Said, Site, What, flag, has_flag, literal};
use super::{Found, Rule};
use crate::check::Program;
use crate::value::Type;

pub(super) static RULE: Rule = Rule {
    code: "RB0357",
    severity: Severity::Warning,
    title: "`rm -r` of a path whose first part may be empty",
    explanation: "If the variable is empty, `rm -rf \"$dir/\"*` removes everything below `/`, and `rm -rf \"$dir/lib\"` removes `/lib`. `set -u` does not help: the variable is set. Write `${dir:?}`, which ends the command when it is empty; a param of the type `path` is never empty.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `dir=$(cat /etc/app/dir); rm -rf \"$dir/cache\"` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `dir=$(cat /etc/app/dir); rm -rf \"${dir:?}/cache\"` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        for expansion in &said.facts.expansions {
            let Some(name) = at_risk(said, expansion) else { continue };
            let note = found.add(
                said.span(expansion.at),
                format!("if {name} is empty, this removes from the root on"),
                "may be empty",
                "write `${NAME:?}` for a shell variable, or declare the param as a `path`",
            );
            if let What::Variable(name) = &expansion.what {
                let written = said.script().get(expansion.at.start..expansion.at.end).unwrap_or_default();
                let plain = written == format!("${name}") || written == format!("${{{name}}}");
                note.mend_unsafely("let an empty one end the command", plain.then(|| said.edit(program, expansion.at, &format!("${{{name}:?}}"))).flatten());
            }
        }
    }
}

fn at_risk(said: &Said<'_>, expansion: &Expansion) -> Option<String> {
    let Site::Word { simple, word } = expansion.site else { return None };
    let simple = said.facts.simples.get(simple)?;
    let words = simple.arguments();
    if simple.name != "rm" || word <= simple.program || !(has_flag(words, 'r', "", &["recursive"]) || flag(words, 'R', "", &[]).is_some()) {
        return None;
    }
    let before = &expansion.word[..expansion.within.start];
    let after = expansion.word[expansion.within.end..].trim_start_matches('"');
    if !before.trim_start_matches('"').is_empty() || !after.starts_with(['/', '*']) {
        return None;
    }
    match &expansion.what {
        What::Variable(name) => may_be_empty(said, name).then(|| format!("`{name}`")),
        // A path, a host, a number: the types that can't be empty.
        What::Value(number) => matches!(said.value_type(*number), Some(Type::String | Type::Json)).then(|| "this value".to_owned()),
        What::Substitution(_) => Some("what this command prints".to_owned()),
        What::All | What::Status | What::Number | What::Minded(_) => None,
    }
}

/// Unless the script itself gives it a text, and each time one with something in it.
fn may_be_empty(said: &Said<'_>, name: &str) -> bool {
    if matches!(name, "HOME" | "PWD" | "OLDPWD") {
        return false;
    }
    let mut given = said.facts.assigned.iter().filter(|assigned| assigned.name == name).peekable();
    given.peek().is_none()
        || given.any(|assigned| match &assigned.from {
            From::Word(word) | From::Item(word) => literal(word).map_or_else(|| word.starts_with(['$', '"']) && !holds_text(word), |text| text.is_empty()),
            From::Substitution(simples) => {
                !said.facts.simples.get(simples.clone()).is_some_and(|inside| inside.iter().any(|simple| matches!(simple.name.as_str(), "mktemp" | "pwd")))
            }
            From::Elsewhere => true,
        })
}

/// Text of its own beside what is put in: `"$a/b"`, or a value that is never empty.
fn holds_text(word: &str) -> bool {
    let inner = word.trim_matches('"');
    inner.contains("/") || inner.starts_with("${rb_")
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_first_part_that_may_be_empty_is_found() {
        table(
            RULE.code,
            &[
                ("run", "rm -rf \"$DIR/\"*", &["$DIR"]),
                ("run", "rm -rf $DIR/lib", &["$DIR"]),
                ("run", "rm -r -f -- \"${DIR}/lib\"", &["${DIR}"]),
                ("run", "d=$(cat f); rm -fr \"$d\"/*", &["$d"]),
                ("run", "rm -rf {{ name }}/cache", &["{{ name }}"]),
                ("run", "sudo rm -Rf \"$(cat f)/x\"", &["$(cat f)"]),
                ("run", "read -r d <f; rm -rf \"$d/x\"", &["$d"]),
            ],
        );
    }

    #[test]
    fn what_is_never_empty_or_not_the_first_part_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "rm -rf {{ folder }}/cache",
                "rm -rf /srv/{{ name }}/cache",
                "rm -rf \"${DIR:?}/lib\"",
                "rm -rf \"$DIR\"",
                "rm -f \"$DIR/lib\"",
                "d=/srv/app; rm -rf \"$d/lib\"",
                "d=$(mktemp -d); rm -rf \"$d/lib\"",
                "rm -rf \"$HOME/.cache\"",
                "d={{ folder }}; rm -rf \"$d/x\"",
                "for d in /srv/*; do rm -rf \"$d/x\"; done",
            ],
        );
    }
}

//! A here-document without quotes at its mark is read by the shell.

use grammar::diagnostic::Severity;

use super::shell::{At, Expansion, Origin, Said, Site, What, origin};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0361",
    severity: Severity::Warning,
    title: "the shell puts a variable into a here-document",
    explanation: "Unless the mark stands in quotes, the shell expands `$` in the text. Names that the script never sets are most likely meant for the file: `$host` of nginx, `$1` of another script. They end the command under `set -u`, or vanish. Quote the mark, `<<'END'`; where values between braces are to be put in, write `\\$`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h {\n run ```\n cat > /etc/nginx/conf.d/app.conf <<END\n proxy_set_header Host $host;\n END\n ```\n } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h {\n run ```\n cat > /etc/nginx/conf.d/app.conf <<'END'\n proxy_set_header Host $host;\n END\n ```\n } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        for expansion in said.facts.expansions.iter().filter(|expansion| expansion.site == Site::HereDoc) {
            let What::Variable(name) = &expansion.what else { continue };
            if !is_foreign(said, name) {
                continue;
            }
            let note = found.add(
                said.span(expansion.at),
                format!("the shell looks for a variable `{name}` here, and the command never sets it"),
                "not set",
                "write `\\$` for a `$` that belongs to the text, or quote the mark: `<<'END'`",
            );
            note.mend_unsafely("keep the `$` in the text", escaped(said, program, expansion));
        }
    }
}

/// Small letters, and nobody has set it: the environment's names are written in capitals. Arguments are never given.
fn is_foreign(said: &Said<'_>, name: &str) -> bool {
    let small = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let argument = name.starts_with(|c: char| c.is_ascii_digit());
    let in_function = argument && (!said.facts.functions.is_empty() || said.facts.simples.iter().any(|simple| simple.name == "set"));
    small && !in_function && !said.sets(name) && origin(&said.facts, name) == Origin::Unset
}

fn escaped(said: &Said<'_>, program: &Program, expansion: &Expansion) -> Option<grammar::diagnostic::Edit> {
    let at = At { start: expansion.at.start, end: expansion.at.start + 1 };
    (said.script().get(at.start..at.end)? == "$").then(|| said.edit(program, at, "\\$"))?
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_name_that_is_meant_for_the_file_is_found() {
        table(
            RULE.code,
            &[
                ("run", "cat >f <<E\nHost $host;\nE", &["$host"]),
                ("run", "cat >f <<E\n{{ name }} $host\n  ${uri}\nE", &["$host", "${uri}"]),
                ("run", "tee f <<-E >/dev/null\n\techo $1\n\tE", &["E"]),
            ],
        );
    }

    #[test]
    fn what_the_command_sets_and_what_is_quoted_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "cat >f <<'E'\n$host\nE",
                "host=a; cat >f <<E\n$host\nE",
                "cat >f <<E\n\\$host $HOME $GIVEN $(date)\nE",
                "f() { cat <<E\n$1\nE\n}; f a",
                "for h in a b; do cat <<E\n$h\nE\ndone",
                "cat >f <<E\n${host:-none}\nE",
            ],
        );
    }
}

//! Two ways to name the user of one command.

use grammar::ast::{Action, Piece};
use grammar::diagnostic::Severity;

use super::shell::{At, Owner, Simple};
use super::{Found, Rule, walk};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0368",
    severity: Severity::Warning,
    title: "`sudo` inside a command that has `as`",
    explanation: "`as` says which user the command runs as, and preflight tries that user on every host before anything begins. A `sudo` inside starts from there: as root it does nothing, and any other user needs rights of its own that nobody has tried. Name the user in one place.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { as \"root\"\n run `sudo systemctl reload nginx` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { as \"root\"\n run `systemctl reload nginx` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let Some(user) = said.as_user else { continue };
        for simple in &said.facts.simples {
            let Some(word) = sudo(simple) else { continue };
            let at = simple.places[word];
            let root = user.text == "root";
            let note = found.add(
                said.span(at),
                if root {
                    "this runs as root already".to_owned()
                } else {
                    format!("this `sudo` is asked by `{}`, whom preflight does not try it for", user.text)
                },
                "a second user",
                if root { "leave `sudo` out" } else { "leave `sudo` out, and name the user by `as`" },
            );
            note.related.push((user.span, "the user is named here".to_owned()));
            // Without options it is nothing but the word; with some it may go to another user.
            if root && simple.program == word + 1 {
                let end = simple.places[word + 1].start;
                note.mend("leave `sudo` out", said.edit(program, At { start: at.start, end }, ""));
            }
        }
    }
    through_actions(program, found);
}

/// The step names the user, and an action that it uses asks `sudo`.
fn through_actions(program: &Program, found: &mut Found<'_>) {
    let Some(paths) = found.paths else { return };
    for spot in paths.own() {
        let (Piece::Step(step), Some(user)) = (spot.piece, paths.as_user(spot)) else { continue };
        let Some(used) = walk::used(&step.fields) else { continue };
        let merged = Merged::of_step(&step.fields, program.actions());
        let is_used = |action: &Action| merged.layers.iter().any(|layer| layer.action.is_some_and(|other| other.name.span == action.name.span));
        // One that names a user itself was looked at above.
        let asked = found.commands.iter().filter(|said| said.as_user.is_none() && matches!(said.owner, Owner::Action(action) if is_used(action)));
        let sudo = asked
            .flat_map(|said| said.facts.simples.iter().map(move |simple| (said, simple)))
            .find_map(|(said, simple)| Some(said.span(simple.places[sudo(simple)?])));
        if let Some(at) = sudo {
            let note = found.add(
                used.name.span,
                format!("this runs as `{}`, and `{}` asks for another user", user.text, used.name.value),
                "a second user",
                "leave `as` out here, or `sudo` in the action",
            );
            note.related.push((at, "asked here".to_owned()));
            note.related.push((user.span, "the user is named here".to_owned()));
        }
    }
}

/// Which of its words is `sudo`.
fn sudo(simple: &Simple) -> Option<usize> {
    simple.words.iter().position(|word| word.rsplit('/').next() == Some("sudo")).filter(|at| *at <= simple.program)
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;
    use crate::lint::tests::linted;

    #[test]
    fn every_sudo_is_found_and_only_beside_as() {
        table(
            RULE.code,
            &[
                ("root", "sudo systemctl reload x", &["sudo"]),
                ("root", "a && sudo -u app b | /usr/bin/sudo tee f", &["sudo", "/usr/bin/sudo"]),
                ("root", "x=$(sudo cat f)", &["sudo"]),
            ],
        );
        silent(RULE.code, "root", &["echo sudo", "grep sudo /etc/group", "visudo -c", "command -v sudo"]);
        silent(RULE.code, "run", &["sudo systemctl reload x"]);
    }

    #[test]
    fn an_action_that_asks_sudo_is_found_where_a_step_names_a_user() {
        let found = |action: &str, step: &str| {
            let text = format!(
                "action a.b() {{ {action}; undo none \"x\" }}\nrunbook x {{ owner \"o\"\n source \"s\"\n target h: host = \"h1\"\n step s on h {{ {step} }} }}"
            );
            linted(&text).iter().filter(|d| d.code == RULE.code).map(|d| text[d.span.start..d.span.end].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("run `sudo id`", "as \"app\"; use a.b()"), ["a.b"]);
        assert_eq!(found("run `sudo id`", "use a.b()"), [""; 0]);
        assert_eq!(found("run `id`", "as \"app\"; use a.b()"), [""; 0]);
        assert_eq!(found("as \"root\"; run `sudo id`", "use a.b()"), ["sudo"], "once, there");
    }

    #[test]
    fn the_user_of_a_block_around_counts_and_that_of_another_step_does_not() {
        let text = "runbook x { owner \"o\"\n source \"s\"\n target h: host = \"h1\"\n boundary b { as \"app\"\n step s on h { run `sudo id`; undo none \"x\" } }\n step t on h { run `sudo id` } }";
        let found: Vec<_> = linted(text).into_iter().filter(|d| d.code == RULE.code).collect();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].message.contains("`app`"), "{found:#?}");
        assert_eq!(found[0].fix, None);
    }
}

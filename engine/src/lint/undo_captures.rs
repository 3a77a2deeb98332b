//! An undo uses only what is known whether or not its step ended well.

use grammar::ast::{Fields, Undo};
use grammar::diagnostic::Severity;
use grammar::source::Span;

use super::{Found, Rule, walk};
use crate::check::Program;
use crate::check::merged::Merged;
use crate::plan::template::Prose;

pub(super) static RULE: Rule = Rule {
    code: "RB0304",
    severity: Severity::Error,
    title: "an undo uses a capture of its own step",
    explanation: "A step that failed half-way is undone as well, and then it has captured nothing, and nobody has entered its evidence: its undo would have no value just when it is needed. What the undo needs is read before, as a `fact` or by an earlier step.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step make on h { run `mktemp -d`\n capture dir: path\n undo `rmdir -- {{ dir }}` } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { fact dir: path on h = `mktemp -u`\n step make on h { run `mkdir -- {{ dir }}`\n undo `rmdir -- {{ dir }}` } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program) {
        look(&seen.step.fields, &seen.merged(program), found);
    }
    for action in program.own_actions() {
        look(&action.fields, &Merged::of_action(action, program.actions()), found);
    }
}

fn look(fields: &Fields, merged: &Merged<'_>, found: &mut Found) {
    let text = match &fields.undo {
        Some(Undo::Command(text) | Undo::Manual(text)) => text,
        Some(Undo::None(_)) | None => return,
    };
    for (name, span) in Prose::compile(text).map(|p| p.names()).unwrap_or_default() {
        if let Some((capture, how, there)) = own(fields, merged, &name) {
            let note = found.add(
                span,
                format!("the undo needs `{name}`, which its own step {how}"),
                "no value if the step failed",
                "read it before: a `fact`, or a capture of an earlier step",
            );
            note.related.push((capture, there.to_owned()));
        }
    }
}

/// What an action captures that the step uses is the step's own, too.
fn own(fields: &Fields, merged: &Merged<'_>, name: &str) -> Option<(Span, &'static str, &'static str)> {
    let captured = merged.captures().iter().map(|c| (&c.name, "captures", "captured here"));
    let entered = fields.evidence.iter().map(|e| (&e.name, "asks for", "asked for here"));
    captured.chain(entered).find(|(own, ..)| own.value == name).map(|(own, how, there)| (own.span, how, there))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    #[test]
    fn what_the_step_has_from_an_action_or_a_person_is_its_own() {
        let found = |head: &str, step: &str| places("RB0304", &format!("{head}\nrunbook x {{ target h: host = \"h1\"\n boundary b {{ {step} }} }}")).len();
        let action = "action a.b() { run `mktemp -d`; capture dir: path }";
        assert_eq!(found(action, "step s on h { use a.b(); undo `rmdir -- {{ dir }}` }"), 1);
        assert_eq!(
            found(action, "step s on h { use a.b(); undo none \"x\" }\n step t on h { run `touch {{ dir }}/f`; undo `rm -r -- {{ dir }}/f` }"),
            0,
            "an earlier step's"
        );
        assert_eq!(found("", "manual s on h { instructions \"x\"; evidence n: int \"y\"; undo manual \"take back {{ n }}\" }"), 1);
        assert_eq!(places("RB0304", "action a.b() { run `mktemp -d`; capture dir: path; undo `rmdir -- {{ dir }}` }").len(), 1, "a library");
    }
}

//! A condition that could be answered by reading it.

use grammar::ast::{Condition, Expr, Piece, Require};
use grammar::diagnostic::{Edit, Severity};
use grammar::splice;

use super::flow::names::{NOTHING, Names};
use super::flow::paths;
use super::flow::truth::{Truth, truth};
use super::flow::written;
use super::{Found, Rule};
use crate::check::{Program, similar};
use crate::plan::template::{Atom, Logic};
use crate::value::Value;

pub(super) static RULE: Rule = Rule {
    code: "RB0314",
    severity: Severity::Warning,
    title: "a condition that is never true, or always",
    explanation: "A `when` that is never true hides a step that nobody misses until it is needed; one that is always true looks like a safeguard and is none. Literals, params with `one_of`, `min` and `max`, the choices of a gate, and comparisons that exclude each other are looked at, together with the conditions around them. It is said only where it is so for every value that the names may have.",
    bad: "runbook x { target h: host = \"h1\"\n param mode: string = \"fast\" { one_of [\"fast\", \"slow\"] }\n step s on h {\n when mode == \"slwo\"\n run `true`\n } }",
    good: "runbook x { target h: host = \"h1\"\n param mode: string = \"fast\" { one_of [\"fast\", \"slow\"] }\n step s on h {\n when mode == \"slow\"\n run `true`\n } }",
    find,
};

/// A condition, and what holds wherever it is asked.
struct Asked<'a> {
    that: &'a Expr,
    given: Vec<&'a Expr>,
    require: bool,
}

fn find(program: &Program, found: &mut Found) {
    if let (Some(runbook), Some(paths)) = (program.runbook(), found.paths) {
        let mut asked: Vec<Asked<'_>> = paths.blocks().into_iter().map(|(that, given)| Asked { that, given, require: false }).collect();
        asked.extend(runbook.requires.iter().filter_map(holds).map(|that| Asked { that, given: Vec::new(), require: true }));
        for spot in paths.own() {
            let mut given = paths.conditions(spot);
            if let Some(that) = paths::when(spot.piece) {
                asked.push(Asked { that, given: given.clone(), require: false });
                given.push(that);
            }
            let requires: &[Require] = match spot.piece {
                Piece::Require(require) => std::slice::from_ref(require),
                Piece::Step(step) | Piece::Manual(step) => &step.fields.requires,
                _ => &[],
            };
            asked.extend(requires.iter().filter_map(holds).map(|that| Asked { that, given: given.clone(), require: true }));
        }
        for asked in asked {
            look(&asked, paths.own_names(), program, found);
        }
    }
    // An action's params may be anything.
    let names = Names::default();
    for that in program.own_actions().flat_map(|action| &action.fields.requires).filter_map(holds) {
        look(&Asked { that, given: Vec::new(), require: true }, &names, program, found);
    }
}

fn holds(require: &Require) -> Option<&Expr> {
    if let Condition::Holds(that) = &require.that { Some(that) } else { None }
}

fn look(asked: &Asked<'_>, names: &Names, program: &Program, found: &mut Found) {
    let around = if asked.given.is_empty() { "" } else { " here, where the conditions around it hold" };
    let source = program.source(asked.that.span.source);
    match (truth(asked.that, &asked.given, names), asked.require) {
        (Truth::Depends, _) => parts(asked, names, program, found),
        (Truth::Always, true) => {
            found.add(asked.that.span, format!("this always holds{around}: nothing is asked"), "always true", "take the `require` out, or ask what was meant");
        }
        (Truth::Always, false) => {
            let note = found.add(asked.that.span, format!("this is always true{around}"), "always true", "take the `when` out, or write what was meant");
            note.mend("take the `when` out", source.and_then(|source| written::whole_line(source, asked.that.span, "when")));
        }
        (Truth::Never, require) => {
            let what = if require { "the run always stops here" } else { "what stands under it is always skipped" };
            never(asked.that, asked, format!("this is never true{around}: {what}"), names, program, found);
        }
    }
}

/// A part of a condition that settles nothing, or more than it seems to.
fn parts(asked: &Asked<'_>, names: &Names, program: &Program, found: &mut Found) {
    let Some(logic) = Logic::of(asked.that) else { return };
    let atoms = logic.atoms();
    if atoms.len() < 2 {
        return;
    }
    for atom in atoms {
        let text = atom.expression.source_text();
        match truth(text, &asked.given, names) {
            Truth::Depends => {}
            Truth::Never => never(text, asked, format!("`{}` is never true", text.text), names, program, found),
            Truth::Always => {
                found.add(text.span, format!("`{}` is always true", text.text), "always true", "take this part out, or write what was meant");
            }
        }
    }
}

fn never(at: &Expr, asked: &Asked<'_>, message: String, names: &Names, program: &Program, found: &mut Found) {
    let strange = Logic::of(at).and_then(|logic| logic.atoms().into_iter().find_map(|atom| stranger(atom, names)));
    let Some((written, name, values)) = strange else {
        found.add(at.span, message, "never true", "write what was meant, or take out what it guards");
        return;
    };
    let among = values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    match similar(&written, values.iter().map(String::as_str)) {
        Some(meant) => {
            let note = found.add(at.span, message, "never true", format!("`{name}` is one of {among}: did you mean `{meant}`?"));
            note.mend_unsafely(format!("write `{meant}`"), replaced(asked.that, &written, &meant, program));
        }
        None => {
            found.add(at.span, message, "never true", format!("`{name}` is one of {among}"));
        }
    }
}

/// Text that a name is compared with and that is none of its values: as written, the name, and its values.
fn stranger(atom: &Atom, names: &Names) -> Option<(String, String, Vec<String>)> {
    let about = atom.about.as_ref()?;
    let among = names.get(&about.name)?.among.as_ref()?;
    let literals = about.literals.iter().filter_map(|literal| literal.eval(&NOTHING).ok());
    let strange = literals.into_iter().find(|value| matches!(value, Value::String(_)) && !among.contains(value))?;
    Some((strange.display(), about.name.clone(), among.iter().map(Value::display).collect()))
}

/// The word in quotes, where it stands there once.
fn replaced(text: &Expr, word: &str, by: &str, program: &Program) -> Option<Edit> {
    let mut at = ['"', '\''].iter().flat_map(|quote| text.text.match_indices(&format!("{quote}{word}{quote}")).map(|(at, _)| at + 1).collect::<Vec<_>>());
    let start = at.next().filter(|_| at.next().is_none())?;
    splice(program.source(text.span.source)?, text, start..start + word.len(), by)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{mended_text, places};

    fn found(text: &str) -> Vec<&str> {
        places("RB0314", text)
    }

    fn under(when: &str) -> String {
        format!(
            "runbook x {{\n target h: host = \"h1\"\n param mode: string = \"fast\" {{ one_of [\"fast\", \"slow\"] }}\n param n: int = 1 {{ min 1 }}\n step s on h {{\n when {when}\n run `echo {{{{ mode }}}} {{{{ n }}}}`\n }}\n}}"
        )
    }

    #[test]
    fn a_condition_that_may_be_either_way_is_left_alone() {
        for when in ["mode == \"slow\"", "n > 1", "n != 1 or mode != \"fast\"", "mode in [\"slow\"]", "now > \"2026\" and h == \"h1\"", "h | length > 3"] {
            assert!(found(&under(when)).is_empty(), "{when}");
        }
    }

    #[test]
    fn the_conditions_of_blocks_count_for_what_stands_in_them() {
        let inside = |outer: &str, inner: &str| {
            format!(
                "runbook x {{\n target h: host = \"h1\"\n param p: string\n fact up: bool on h = `true`\n boundary b {{ when {outer}\n step s on h {{ when {inner}\n run `true`\n undo none \"x\" }} }}\n}}"
            )
        };
        assert!(found(&inside("up", "p == \"a\"")).is_empty());
        assert_eq!(found(&inside("p == \"a\" and up", "p == \"b\"")), ["p == \"b\""]);
        assert_eq!(found(&inside("up", "not up")), ["not up"]);
        assert_eq!(found(&inside("up", "up")), ["up"], "asked twice");
    }

    #[test]
    fn a_part_that_settles_nothing_is_found() {
        assert_eq!(found(&under("n > 3 or mode == \"medium\"")), ["mode == \"medium\""]);
        assert_eq!(found(&under("n >= 1 and mode == \"slow\"")), ["n >= 1"]);
    }

    #[test]
    fn requirements_are_conditions_too() {
        let text = "runbook x { target h: host = \"h1\"\n param p: string\n require \"x\" p == \"a\" and p == \"b\"\n require \"y\" p != \"\"\n step s on h { require \"z\" 2 > 1\n run `true` } }";
        assert_eq!(found(text), ["p == \"a\" and p == \"b\"", "2 > 1"]);
        assert_eq!(found("action a.b(n: int) { require \"x\" n > 1\n require \"y\" 2 < 1\n run `echo {{ n }}` }"), ["2 < 1"]);
    }

    #[test]
    fn a_when_that_says_nothing_is_taken_out_in_both_spellings() {
        let after = mended_text("x.runbook", &under("n > 0"));
        assert!(!after.contains("when"), "{after}");
        let yaml = "runbook: x\ntargets:\n  h: {type: host, is: h1}\nsteps:\n  - step: s\n    on: h\n    when: 1 < 2\n    run: echo\n";
        assert_eq!(mended_text("x.runbook.yaml", yaml), yaml.replace("    when: 1 < 2\n", ""));
    }
}

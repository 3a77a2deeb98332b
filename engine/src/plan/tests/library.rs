//! The standard library: arguments and facts in, commands out.

use std::fmt::Write;

use super::*;
use crate::check::reference::{Entry, reference};
use crate::plan::shown;

/// A runbook that uses an action as its own example says. Each text and path bears the name of its argument, and signs that a
/// shell would make something of.
fn using(action: &Entry) -> String {
    let mut example = action.example.replace("https://…", "https://example.org/?a=1&b=2");
    while let Some(at) = example.find('…') {
        let name = example[..at].rsplit([' ', '(']).nth(1).unwrap_or_default().trim_end_matches(':').to_owned();
        example = example.replacen('…', &format!("{name}'s $x"), 1);
    }
    let hook = if example.contains(": hook") { "param hook: secret { help \"where it posts\" }\n" } else { "" };
    format!("runbook x {{\n {hook} target t: host = \"h1\"\n step s on t {{ {example} }}\n}}")
}

/// The lines of a command that a value goes into; what is read during the run stands there as `{{ name }}`.
fn told(page: &mut String, field: &str, written: &str, command: &str) {
    for (_, line) in written.lines().zip(command.lines()).filter(|(line, _)| line.contains("{{")) {
        let _ = writeln!(page, "  {field:<9} {}", line.trim());
    }
}

#[test]
fn arguments_and_facts_go_into_the_commands_of_every_action_where_they_should() {
    let mut page = String::new();
    for family in reference() {
        for action in &family.actions {
            let plan = planned(&using(action), &given(&[], &[]));
            let node = shown::node(&plan, NodeId(0));
            let written = |script: &Command| script.script.source_text().text.clone();
            let _ = writeln!(page, "{}", action.name);
            let spec = plan.nodes[0].spec().expect("a step");
            for (fact, (name, command)) in spec.facts.iter().zip(&node.facts) {
                told(&mut page, &format!("{name} ="), &written(&fact.command), command);
            }
            if let (Some(command), Some(check)) = (&spec.check, &node.check) {
                told(&mut page, "check", &written(command), check);
            }
            if let (Some(Does::Run(command)), Some(run)) = (&spec.does, &node.command) {
                told(&mut page, "run", &written(command), run);
            }
            for (verify, (said, ..)) in spec.verify.iter().zip(&node.verify) {
                told(&mut page, "verify", &written(&verify.command), said);
            }
            if let (UndoSpec::Command(command), shown::Undo::Command(undo)) = (&spec.undo, &node.undo) {
                told(&mut page, "undo", &written(command), undo);
            }
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn every_action_says_what_it_is_for_and_its_example_is_a_step() {
    for family in reference() {
        assert!(!family.actions.is_empty(), "{}", family.name);
        for action in &family.actions {
            assert!(!action.title.is_empty() && !action.about.is_empty(), "{} has a title and a comment above it", action.name);
            assert!(action.name.starts_with(&format!("{}.", family.name)), "{}", action.name);
            assert!(
                action.signature.starts_with(&action.name) && !action.signature.contains(['\n', '"']) || action.signature.contains(" = "),
                "{}",
                action.signature
            );
            assert_eq!(planned(&using(action), &given(&[], &[])).nodes.len(), 1, "{}", action.example);
        }
    }
}

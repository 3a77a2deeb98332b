//! Where a node stands in the text that its plan was drawn from, as far as the plan knows.

use grammar::source::Span;

use crate::plan::model::{Does, NodeId, NodeKind, Plan, UndoSpec};

/// Where a node stands in its text: its first command.
pub(super) fn place(plan: &Plan, id: NodeId) -> Option<Span> {
    ["run", "check", "verify", "undo", "question", "instructions", "fact", "require"].into_iter().find_map(|field| place_of_field(plan, id, field))
}

/// Where a field stands, as far as the plan knows.
pub(super) fn place_of_field(plan: &Plan, id: NodeId, field: &str) -> Option<Span> {
    let node = plan.node(id);
    let spec = node.spec();
    let found = match (field, &node.kind) {
        ("run" | "upload" | "download", _) => spec.and_then(|s| s.does.as_ref()).and_then(Does::command).map(|c| c.script.source_text().span),
        ("check", _) => spec.and_then(|s| s.check.as_ref()).map(|c| c.script.source_text().span),
        ("verify", _) => spec.and_then(|s| s.verify.first()).map(|v| v.command.script.source_text().span),
        ("undo", _) => spec.and_then(|s| match &s.undo {
            UndoSpec::Command(command) => Some(command.script.source_text().span),
            _ => None,
        }),
        ("when", _) => node.when.last().map(|when| when.that.source_text().span),
        ("question", NodeKind::Gate(gate)) => gate.question.as_ref().map(|q| q.source_text().span),
        ("instructions", NodeKind::Manual { instructions, .. }) => Some(instructions.source_text().span),
        ("fact", NodeKind::Fact(fact)) => Some(fact.command.script.source_text().span),
        ("require", NodeKind::Require(require)) => Some(require.why.source_text().span),
        _ => None,
    };
    match (found, field) {
        (None, "run" | "check" | "verify" | "undo" | "question" | "instructions" | "fact" | "require") => None,
        (None, _) => place(plan, id),
        (found, _) => found,
    }
}

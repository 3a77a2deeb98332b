//! The plan as a Mermaid flowchart: boundaries are boxes, gates are diamonds, joins are left out.

use std::fmt::Write;

use crate::plan::Outline;
use crate::plan::model::{BlockId, BlockKind, NodeId, NodeKind, Plan};
use crate::plan::shown;

#[must_use]
pub fn mermaid(outline: &Outline) -> String {
    let plan = &outline.plan;
    let mut out = String::from("flowchart TD\n");
    let mut open: Vec<BlockId> = Vec::new();
    for (id, node) in plan.iter() {
        if matches!(node.kind, NodeKind::Join) {
            continue;
        }
        let mut around: Vec<BlockId> =
            plan.enclosing(node.block).filter(|b| matches!(plan.blocks[b.index()].kind, BlockKind::Boundary { .. } | BlockKind::Call { .. })).collect();
        around.reverse();
        let common = open.iter().zip(&around).take_while(|(a, b)| a == b).count();
        for _ in common..open.len() {
            open.pop();
            let _ = writeln!(out, "{}end", indent(open.len() + 1));
        }
        for block in &around[common..] {
            if let BlockKind::Boundary { id, title, .. } | BlockKind::Call { id, title, .. } = &plan.blocks[block.index()].kind {
                let _ = writeln!(out, "{}subgraph b{}[\"{}\"]", indent(open.len() + 1), block.0, escaped(title.as_deref().unwrap_or(id)));
            }
            open.push(*block);
        }
        let _ = writeln!(out, "{}{}", indent(open.len() + 1), shape(plan, id));
    }
    while open.pop().is_some() {
        let _ = writeln!(out, "{}end", indent(open.len() + 1));
    }
    for (id, _) in plan.iter().filter(|(_, n)| !matches!(n.kind, NodeKind::Join)) {
        for before in shown::after(plan, id) {
            let _ = writeln!(out, "    n{} --> n{}", before.0, id.0);
        }
    }
    // What can't be drawn yet hangs where it is going to stand.
    for (position, later) in outline.later.iter().enumerate() {
        let _ = writeln!(out, "    l{position}[[\"{}\"]]", escaped(&later.piece));
        for (before, _) in plan.iter().filter(|(_, node)| Some(&node.path) == later.after.as_ref()) {
            let _ = writeln!(out, "    n{} -.-> l{position}", before.0);
        }
    }
    out
}

fn shape(plan: &Plan, id: NodeId) -> String {
    let node = plan.node(id);
    let label = escaped(&node.path);
    match node.kind {
        NodeKind::Gate(_) => format!("n{}{{\"{label}\"}}", id.0),
        NodeKind::Enter { .. } | NodeKind::Leave { .. } => format!("n{}([\"{label}\"])", id.0),
        NodeKind::Manual { .. } => format!("n{}[/\"{label}\"/]", id.0),
        NodeKind::Step(_) | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => format!("n{}[\"{label}\"]", id.0),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

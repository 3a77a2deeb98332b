//! Random programs come to plans that can be run.

use proptest::prelude::*;

use super::*;

/// A piece of a runbook. Ids are put in when it is written.
#[derive(Debug, Clone)]
enum Shape {
    Step { set: bool },
    Gate,
    Boundary(Vec<Shape>),
    Parallel(Vec<Shape>),
    Loop { batch: u8, body: Vec<Shape> },
    Held(Option<Vec<Shape>>),
    Call(Vec<Shape>),
    Fact,
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![any::<bool>().prop_map(|set| Shape::Step { set }), Just(Shape::Gate), Just(Shape::Fact), Just(Shape::Held(None))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let body = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            body().prop_map(Shape::Boundary),
            body().prop_map(Shape::Parallel),
            (0u8..4, body()).prop_map(|(batch, body)| Shape::Loop { batch, body }),
            body().prop_map(|b| Shape::Held(Some(b))),
            body().prop_map(Shape::Call),
        ]
    })
}

/// Writes into `out`; runbooks that are called go into `called`.
fn write(shapes: &[Shape], count: &mut usize, parallel: bool, out: &mut String, called: &mut String) {
    let mut last_step: Option<usize> = None;
    for shape in shapes {
        *count += 1;
        let n = *count;
        match shape {
            Shape::Step { set } => {
                let after = last_step.filter(|_| parallel && n.is_multiple_of(2)).map_or_else(String::new, |l| format!("after [s{l}]\n"));
                out.push_str(&format!("step s{n} on {} {{ {after}run `true` }}\n", if *set { "t" } else { "h" }));
                last_step = Some(n);
            }
            Shape::Gate => out.push_str(&format!("gate g{n} \"?\" {{ timeout 1m then park }}\n")),
            Shape::Fact => out.push_str(&format!("fact f{n}: bool on t = `true`\n")),
            Shape::Held(None) if parallel => {}
            Shape::Held(None) => out.push_str("during k.held() on t release always\n"),
            Shape::Boundary(body) => nested(&format!("boundary b{n}"), body, count, false, out, called),
            Shape::Parallel(body) => nested("parallel", body, count, true, out, called),
            Shape::Held(Some(body)) => nested("during k.held() on h release on_success", body, count, false, out, called),
            Shape::Loop { batch, body } => {
                let batch = if *batch == 0 { String::new() } else { format!(" batch {batch}") };
                nested(&format!("for x{n} in t{batch}"), body, count, false, out, called);
            }
            Shape::Call(body) => {
                out.push_str(&format!("call c{n} r{n}\n"));
                let mut own = String::new();
                nested(&format!("runbook r{n}"), body, count, false, &mut own, called);
                called.push_str(&own.replacen("{\n", "{\n target h: host\n target t\n", 1));
            }
        }
    }
}

fn nested(head: &str, body: &[Shape], count: &mut usize, parallel: bool, out: &mut String, called: &mut String) {
    out.push_str(&format!("{head} {{\n"));
    write(body, count, parallel, out, called);
    out.push_str("}\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_program_comes_to_a_plan_in_topological_order(shapes in prop::collection::vec(shape(), 0..6)) {
        let (mut body, mut called) = (String::new(), String::new());
        write(&shapes, &mut 0, false, &mut body, &mut called);
        let text = format!("action k.held() {{ run `take`\n undo `give` }}\nrunbook x {{\n target h: host = \"h1\"\n target t = [\"w1\", \"w2\", \"w3\"]\n{body}}}\n{called}");
        let plan = planned(&text, &given(&[], &[]));
        let mut paths = std::collections::BTreeSet::new();
        for (id, node) in plan.iter() {
            prop_assert!(node.after.iter().all(|before| before < &id), "{} comes after itself", node.path);
            prop_assert!(paths.insert(&node.path), "{} stands twice", node.path);
            prop_assert!(node.block.index() < plan.blocks.len() && node.frame.index() < plan.frames.len());
            if let NodeKind::Leave { enter } = node.kind {
                let entered = matches!(plan.node(enter).kind, NodeKind::Enter { .. }) && plan.node(enter).host == node.host;
                prop_assert!(entered, "{} leaves nothing", node.path);
            }
            if matches!(node.kind, NodeKind::Join) {
                prop_assert!(node.after.len() > 1);
            }
        }
        for (id, block) in plan.blocks.iter().enumerate() {
            prop_assert!(block.parent.is_none_or(|p| p.index() < id));
            if let BlockKind::Held { by } = &block.kind {
                let entered = by.iter().all(|e| matches!(plan.node(*e).kind, NodeKind::Enter { .. }));
                prop_assert!(entered, "a block is held by something else");
            }
        }
        let ran = super::driven::driven(&plan);
        let steps = plan.nodes.iter().filter(|n| matches!(n.kind, NodeKind::Step(_) | NodeKind::Enter { .. })).count();
        prop_assert_eq!(ran.iter().filter(|r| !r.starts_with("undo ")).count(), steps);
        // Everything in a sequence waits for all that stands above it.
        let ancestors = |id: NodeId| {
            let mut marked = vec![false; plan.nodes.len()];
            marked[id.index()] = true;
            for (at, node) in plan.iter().rev() {
                if marked[at.index()] {
                    node.after.iter().for_each(|b| marked[b.index()] = true);
                }
            }
            marked
        };
        let in_order = |id: &NodeId| plan.enclosing(plan.node(*id).block).all(|b| !matches!(plan.blocks[b.index()].kind, BlockKind::Parallel | BlockKind::Batch));
        for (id, node) in plan.iter().filter(|(id, _)| in_order(id)) {
            let before = ancestors(id);
            for (other, earlier) in plan.iter().filter(|(other, o)| *other < id && o.step != node.step && in_order(other)) {
                prop_assert!(before[other.index()] || matches!(earlier.kind, NodeKind::Join), "{} does not wait for {}", node.path, earlier.path);
            }
        }
    }
}

//! P6: random plans, stopped anywhere, and random edits of them, held to an oracle that knows what was done to the plan.

use std::rc::Rc;

use proptest::prelude::*;

use super::oracle;
use super::plans::{Dice, command_of, random_plan, step};
use super::properties::{config, live};
use super::world::World;
use crate::plan::model::{BlockId, BlockKind, BlockSpec, Does, Node, NodeId, NodeKind, OnFailure, Plan, UndoSpec, node_id};
use crate::run::decide;
use crate::run::edit::{Plans, compare};
use crate::run::event::{Actor, Event, EventKind, Purpose};
use crate::run::state::{Phase, RunState, Stage};

/// What is done to a plan.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Command(NodeId),
    Undo(NodeId),
    Verify(NodeId),
    Title(NodeId),
    Gone(NodeId),
    /// A new step right before a node.
    Before(NodeId),
    /// A new step behind everything.
    Last,
    /// A node into a boundary of its own.
    Moved(NodeId),
}

fn random_change(plan: &Plan, dice: &mut Dice) -> Change {
    let id = node_id(dice.below(plan.nodes.len()));
    let is_step = matches!(plan.node(id).kind, NodeKind::Step(_));
    match dice.below(9) {
        0 if is_step => Change::Command(id),
        1 if is_step => Change::Undo(id),
        2 if is_step => Change::Verify(id),
        3 => Change::Title(id),
        4 | 5 if is_step => Change::Gone(id),
        6 => Change::Before(id),
        7 => Change::Last,
        8 if is_step => Change::Moved(id),
        _ => Change::Nothing,
    }
}

fn changed(plan: &Plan, change: Change) -> Plan {
    let mut new = plan.clone();
    let spec = |new: &mut Plan, id: NodeId, with: &dyn Fn(&mut crate::plan::model::StepSpec)| {
        if let NodeKind::Step(step) = &mut new.nodes[id.index()].kind {
            with(step);
        }
    };
    match change {
        Change::Nothing => {}
        Change::Command(id) => spec(&mut new, id, &|s| s.does = Some(Does::Run(command_of("echo edited")))),
        Change::Undo(id) => spec(&mut new, id, &|s| s.undo = UndoSpec::Command(command_of("echo edited"))),
        Change::Verify(id) => spec(&mut new, id, &|s| s.verify.clear()),
        Change::Title(id) => new.nodes[id.index()].title = Some("Edited".to_owned()),
        Change::Gone(id) => new = without(plan, id),
        Change::Before(id) => new = with_before(plan, id),
        Change::Last => {
            let after = plan.iter().map(|(id, _)| id).collect();
            new.nodes.push(fresh(BlockId(0), after));
        }
        Change::Moved(id) => {
            let at = &mut new.nodes[id.index()];
            let kind = BlockKind::Boundary { id: "edited".to_owned(), title: None, on_failure: OnFailure::Rollback, ask: None, budget: None };
            new.blocks.push(BlockSpec { parent: Some(at.block), kind });
            at.block = BlockId(u32::try_from(new.blocks.len() - 1).expect("few blocks"));
        }
    }
    new
}

fn fresh(block: BlockId, after: Vec<NodeId>) -> Node {
    Node {
        path: "edited@a".to_owned(),
        step: "edited".to_owned(),
        title: None,
        host: Some("a".to_owned()),
        block,
        frame: crate::plan::model::FrameId(0),
        after,
        when: Vec::new(),
        tolerance: None,
        unreachable: crate::plan::model::OnUnreachable::Fail,
        kind: NodeKind::Step(Box::new(step())),
    }
}

/// What came behind it comes behind what came before it.
fn without(plan: &Plan, gone: NodeId) -> Plan {
    let mut new = plan.clone();
    let before = plan.node(gone).after.clone();
    new.nodes.remove(gone.index());
    let now = |id: NodeId| if id > gone { node_id(id.index() - 1) } else { id };
    for node in &mut new.nodes {
        let after = node.after.iter().flat_map(|id| if *id == gone { before.clone() } else { vec![*id] });
        node.after = after.map(now).collect();
    }
    renumbered(new, now)
}

fn with_before(plan: &Plan, id: NodeId) -> Plan {
    let mut new = plan.clone();
    let now = |other: NodeId| if other >= id { node_id(other.index() + 1) } else { other };
    for node in &mut new.nodes {
        node.after = node.after.iter().map(|id| now(*id)).collect();
    }
    let at = &mut new.nodes[id.index()];
    let added = fresh(at.block, at.after.clone());
    at.after.push(id);
    new.nodes.insert(id.index(), added);
    renumbered(new, now)
}

fn renumbered(mut plan: Plan, now: impl Fn(NodeId) -> NodeId) -> Plan {
    for node in &mut plan.nodes {
        if let NodeKind::Leave { enter } = &mut node.kind {
            *enter = now(*enter);
        }
    }
    for block in &mut plan.blocks {
        if let BlockKind::Held { by } = &mut block.kind {
            by.iter_mut().for_each(|id| *id = now(*id));
        }
    }
    plan
}

fn comes_after(plan: &Plan, later: NodeId, earlier: NodeId) -> bool {
    plan.node(later).after.iter().any(|before| *before == earlier || comes_after(plan, *before, earlier))
}

/// Whether a change is allowed where the run stands.
fn is_allowed(plan: &Plan, state: &RunState, change: Change) -> bool {
    let has_begun = |id: NodeId| state.node(id).effective > 0 && !matches!(state.stage(id), Stage::Undone | Stage::UndoneByHand { .. });
    let begun_behind = |id: NodeId| plan.iter().any(|(other, _)| has_begun(other) && comes_after(plan, other, id));
    let is_passed = |id: NodeId| {
        matches!(state.stage(id), Stage::Skipped { .. } | Stage::Satisfied | Stage::Succeeded | Stage::MarkedDone { .. } | Stage::SkippedByPerson { .. })
            && state.node(id).effective == 0
    };
    match change {
        Change::Nothing | Change::Undo(_) | Change::Verify(_) | Change::Title(_) | Change::Last => true,
        Change::Command(id) => !(has_begun(id) || is_passed(id) && begun_behind(id)),
        Change::Gone(id) => !has_begun(id),
        Change::Before(id) => !has_begun(id) && !begun_behind(id),
        Change::Moved(id) => !has_begun(id),
    }
}

/// Stops somewhere: nothing was asked to be at its end.
fn somewhere(world: &mut World<'_>, turns: usize) {
    for _ in 0..turns {
        if world.state.phase.is_final() || !world.turn() {
            return;
        }
    }
}

fn takes_edits(state: &RunState) -> bool {
    let stands = match &state.phase {
        Phase::Preparing { before } => (**before).clone(),
        other => other.clone(),
    };
    !state.closing && matches!(stands, Phase::New | Phase::Running | Phase::Parked { .. } | Phase::Stuck { .. })
}

proptest! {
    #![proptest_config(config())]

    /// An edit is taken exactly when the rules allow it; then the run goes on by it to its end and keeps its promises, and
    /// every beginning of its journal is a state that a new process can take over.
    #[test]
    fn p6_an_edit_is_taken_where_it_is_allowed_and_the_run_keeps_its_promises_by_it(seed in any::<u64>(), trouble in 0usize..9, turns in 0usize..160) {
        let mut dice = Dice::new(seed);
        let plan = random_plan(&mut dice);
        // Two pieces of a random plan may have drawn the same name, which no plan of a program has.
        let paths: std::collections::BTreeSet<&str> = plan.nodes.iter().map(|node| node.path.as_str()).collect();
        prop_assume!(paths.len() == plan.nodes.len());
        let change = random_change(&plan, &mut dice);
        let new = changed(&plan, change);
        let mut world = World::new(&plan, seed ^ 0xed17, trouble);
        somewhere(&mut world, turns);
        // Whoever edits holds the run: its last process is gone.
        let allowed = is_allowed(&plan, &world.state, change);
        match compare(&plan, &world.state, &new) {
            Err(refused) => {
                // A block that the run needs may go with what stood in it.
                let by_block = refused.iter().all(|refused| refused.path.is_none());
                prop_assert!(!takes_edits(&world.state) || !allowed || by_block, "{change:?}: {refused:?}\n{}", world.story());
            }
            Ok(edit) => {
                prop_assert!(takes_edits(&world.state) && allowed, "{change:?} was taken\n{}", world.story());
                prop_assert_eq!(edit.new.len() , usize::from(matches!(change, Change::Before(_) | Change::Last)));
                prop_assert_eq!(edit.gone.len() , usize::from(matches!(change, Change::Gone(_))));
                let mut plans = Plans::new(Rc::new(plan.clone()));
                plans.edited(world.state.seq + 1, Rc::new(new.clone()));
                let kind = EventKind::RunbookEdited { plan: String::new(), pins: Vec::new(), by: Actor::Person("bo".to_owned()), note: None, changed: Vec::new(), new: Vec::new(), gone: Vec::new() };
                let edited = Event { seq: world.state.seq + 1, at: 0, kind };
                let mut raw = world.events.clone();
                raw.push(edited);
                let state = plans.fold(&raw).unwrap_or_else(|e| panic!("{e}\n{}", world.story()));
                prop_assert!(state.hands.contains("bo"));
                let mut world = world.edited(&new, state, plans.today(&raw));
                let known = world.events.len();
                world.start(Purpose::Resume);
                live(&mut world);
                // A step that was given its undo in the middle of a rollback is undone behind those that went before.
                if !matches!(change, Change::Undo(_)) {
                    oracle::undos_run_in_reverse(&world);
                }
                oracle::nothing_is_undone_past_the_return(&world);
                oracle::nothing_begins_behind_a_gate_without_a_yes(&world);
                oracle::nothing_is_done_where_somebody_has_a_shell(&world);
                raw.extend(world.events[known..].iter().cloned());
                prop_assert_eq!(&plans.fold(&raw).expect("the whole of it folds"), &world.state);
                let cut = dice.below(raw.len()) + 1;
                let begun = plans.fold(&raw[..cut]).expect("a beginning folds");
                let _ = decide(plans.at(cut as u64), &begun);
            }
        }
    }
}

/// What a text comes to, and where a run of it stands with these steps done.
fn planned(text: &str) -> Plan {
    crate::plan::tests::planned(text, &crate::plan::tests::given(&[], &[]))
}

fn with_begun(plan: &Plan, step: &str) -> RunState {
    let mut state = RunState::new(plan);
    state.phase = Phase::Parked { why: String::new() };
    for id in plan.find(step) {
        let node = &mut state.nodes[id.index()];
        (node.stage, node.attempts, node.effective) = (Stage::Succeeded, 1, 1);
    }
    state
}

const VALUES: &str = "action say(word: string) { run `echo {{ word }}`\n undo `true` }\nrunbook x {\n target t = [\"a\", \"b\"]\n param n: int = 3\n fact up: bool on t = `true`\n step one on t { run `echo {{ n }} {{ host }}`\n undo `true` }\n step two on t { use say(word: \"x\") }\n step three on t { run `echo {{ up }}`\n undo `true` }\n}";

#[test]
fn p6_the_same_text_in_another_layout_changes_nothing() {
    let plan = planned(VALUES);
    let again = planned(&VALUES.replace("\n param", "\n\n # a comment\n param"));
    let edit = compare(&plan, &with_begun(&plan, "one"), &again).expect("nothing is against it");
    assert_eq!(
        (edit.kept, edit.changed, edit.new, edit.gone),
        (plan.nodes.iter().filter(|n| !matches!(n.kind, NodeKind::Join)).count(), vec![], vec![], vec![])
    );
    let example = crate::plan::tests::example::example();
    let edit = compare(&example, &RunState::new(&example), &crate::plan::tests::example::example()).expect("nothing is against it");
    assert!(edit.changed.is_empty() && edit.new.is_empty() && edit.gone.is_empty(), "{edit:?}");
}

#[test]
fn p6_frozen_values_are_part_of_what_ran_however_far_away_they_are_written() {
    let plan = planned(VALUES);
    for (begun, from, to, refused) in [
        ("one", "int = 3", "int = 4", true),
        ("two", "int = 3", "int = 4", false),
        ("two", "word: \"x\"", "word: \"y\"", true),
        ("one", "word: \"x\"", "word: \"y\"", false),
        ("three", "on t = `true`", "on t = `false`", true),
        ("one", "on t = `true`", "on t = `false`", false),
        ("two", "run `echo {{ word }}`", "run `echo -n {{ word }}`", true),
        ("one", "[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]", false),
        ("one", "[\"a\", \"b\"]", "[\"a\"]", true),
    ] {
        let new = planned(&VALUES.replace(from, to));
        let said = compare(&plan, &with_begun(&plan, begun), &new);
        assert_eq!(said.is_err(), refused, "{begun} has begun, {from} becomes {to}: {said:?}");
    }
}

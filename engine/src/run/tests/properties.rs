//! Random plans in a random world, held to the oracle.

use proptest::prelude::*;

use super::oracle;
use super::plans::{Dice, random_plan};
use super::world::World;
use crate::run::event::Purpose;
use crate::run::state::{Phase, RunState};
use crate::run::{Effect, decide};

/// Drives a run through everything until it is final, as people and machines would.
pub(super) fn live(world: &mut World<'_>) {
    for _ in 0..4000 {
        if world.state.phase.is_final() && !world.is_flying() {
            match world.kept() {
                Some(scope) if world.choose(2) == 0 => world.start(Purpose::Release { scope }),
                _ => return,
            }
        }
        let active = world.state.driven && matches!(world.state.phase, Phase::Running | Phase::RollingBack | Phase::Ending);
        if active && !world.state.interrupted && !world.state.closing && world.choose(200) == 0 {
            world.interrupt();
        }
        if !world.turn() {
            assert!(!active, "the run is {:?} and nothing can follow:\n{}", world.state.phase, world.story());
            let choice = world.choose(7);
            let stop = crate::plan::model::node_id(world.choose(world.plan.nodes.len()));
            let kept = world.kept();
            let purpose = match (&world.state.phase, choice) {
                (Phase::Parked { .. } | Phase::Stuck { .. }, 4) if kept.is_some() => Purpose::Release { scope: kept.expect("it is there") },
                (Phase::Parked { .. } | Phase::Stuck { .. }, 0) => Purpose::End,
                (Phase::Parked { .. } | Phase::Stuck { .. }, 1 | 2) => Purpose::Rollback { to: None },
                (Phase::Parked { .. } | Phase::Stuck { .. }, 3) => Purpose::Rollback { to: Some(stop) },
                _ => Purpose::Resume,
            };
            world.start(purpose);
        }
    }
}

/// `PROPTEST_CASES` says otherwise.
pub(super) fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { default } else { ProptestConfig { cases: 600, ..default } }
}

proptest! {
    #![proptest_config(config())]

    /// Every event that a world can answer with folds, whatever fails and whenever the engine dies; the same journal
    /// read again gives the same state; and the oracle finds nothing.
    #[test]
    fn every_reachable_state_folds_and_keeps_the_promises(seed in any::<u64>(), trouble in 0usize..9) {
        let plan = random_plan(&mut Dice::new(seed));
        let mut world = World::new(&plan, seed ^ 0x5eed, trouble);
        live(&mut world);
        let again = RunState::fold(&plan, &world.events).expect("what was folded one by one folds as a whole");
        prop_assert_eq!(&again, &world.state);
        oracle::undos_run_in_reverse(&world);
        oracle::rolled_back_means_undone(&world);
        oracle::nothing_is_undone_past_the_return(&world);
        oracle::nothing_begins_early(&world);
        oracle::nothing_begins_once_a_stranger_has_answered(&world);
        oracle::locks_are_held_while_it_works_and_given_back_at_the_end(&world);
        oracle::nothing_begins_behind_a_gate_without_a_yes(&world);
        oracle::nothing_is_done_where_somebody_has_a_shell(&world);
        oracle::each_step_is_asked_about_where_that_is_wanted(&world);
    }

    /// Every beginning of a journal is a state that a new process can take over.
    #[test]
    fn every_beginning_of_a_journal_can_be_resumed(seed in any::<u64>(), cut in any::<prop::sample::Index>()) {
        let plan = random_plan(&mut Dice::new(seed));
        let mut world = World::new(&plan, seed, 5);
        live(&mut world);
        let events = &world.events[..=cut.index(world.events.len())];
        let state = RunState::fold(&plan, events).expect("a beginning folds");
        let effects = decide(&plan, &state);
        prop_assert_eq!(&effects, &decide(&plan, &state), "the same state gives the same effects");
        // Nothing is asked of a run that is over.
        if state.phase.is_final() {
            prop_assert!(effects.is_empty());
        }
    }

    /// Without trouble, a run ends as done, or where a person or a gate said so.
    #[test]
    fn without_trouble_every_step_runs_once(seed in any::<u64>()) {
        let plan = random_plan(&mut Dice::new(seed));
        let mut world = World::new(&plan, seed, 0);
        for _ in 0..4000 {
            if !world.turn() { break; }
        }
        if world.state.phase == Phase::Done {
            for (id, node) in plan.iter() {
                let runs = world.deeds.iter().filter(|d| d.node == id && !d.undoing).count();
                prop_assert!(runs <= 1, "`{}` ran {} times", node.path, runs);
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    /// What a person is shown at a failure is what a rollback then does.
    #[test]
    fn what_a_rollback_was_said_to_undo_is_what_it_undoes(seed in any::<u64>()) {
        let plan = random_plan(&mut Dice::new(seed));
        let mut world = World::new(&plan, seed, 0);
        let step = world.choose(plan.nodes.len());
        world.fails = Some(crate::plan::model::node_id(step));
        for _ in 0..4000 {
            if !world.turn() { break; }
        }
        let Some((at, foretold)) = world.foretold.clone() else { return Ok(()) };
        let has_command = |id: &crate::plan::model::NodeId| {
            let node = plan.node(*id);
            let is_command = matches!(node.spec().map(|s| &s.undo), Some(crate::plan::model::UndoSpec::Command(_)));
            // Scopes are left by their policy, and what a person undoes no host is asked for.
            is_command && !matches!(node.kind, crate::plan::model::NodeKind::Enter { .. })
        };
        let said: std::collections::BTreeSet<_> = foretold.into_iter().filter(has_command).collect();
        let did: std::collections::BTreeSet<_> = world.deeds[at..].iter().filter(|d| d.undoing).map(|d| d.node).filter(has_command).collect();
        prop_assert_eq!(said, did, "{}", world.story());
    }
}

/// The decider names the same effects as long as nothing is folded; a driver relies on it.
#[test]
fn decide_is_a_function_of_the_state() {
    let plan = random_plan(&mut Dice::new(7));
    let world = World::new(&plan, 7, 0);
    let first: Vec<Effect> = decide(&plan, &world.state);
    assert_eq!(first, decide(&plan, &world.state));
    assert!(!first.is_empty());
}

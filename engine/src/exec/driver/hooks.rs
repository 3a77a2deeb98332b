//! Who is told of the run. A hook runs beside everything else and never holds it up; only the process stays until the
//! last one has ended, or its timeout has come.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answers::{Answered, ask};
use super::bind::Place;
use super::{DriveError, Driver, ledger};
use crate::exec::keeper::Away;
use crate::plan::model::{HookSpec, HostName, LOCAL, NodeId, SlotId};
use crate::run::event::EventKind;
use crate::run::hook::{self, Occasion};
use crate::value::Value;

/// The keys of its flights, so that they are told from what the decider asks for.
const FLIGHT: &str = "hook ";

impl Driver<'_> {
    /// Tells what is due.
    pub(super) fn tell(&mut self) -> Result<(), DriveError> {
        for (number, occasion) in hook::due(&self.plan, self.ledger.state()) {
            if self.is_answered_already(occasion) {
                continue;
            }
            let plan = Rc::clone(&self.plan);
            let spec = &plan.hooks[number as usize];
            let elapsed = u64::try_from((ledger::now() - self.ledger.state().began) / 1000).unwrap_or(0);
            let slots = self.with_what_is_told(spec, occasion, elapsed);
            let place = Place::of_run(&plan, self.ledger.state(), Some(LOCAL)).with_slots(&slots).privately(spec.private);
            let ready = place.ready(&spec.command, true, &self.world);
            // Recorded before it begins: whatever dies, it is not told twice.
            if self.ledger.prove(EventKind::HookBegan { hook: number, occasion, elapsed })?.is_none() {
                continue;
            }
            let ended = move |why: Option<String>| EventKind::HookEnded { hook: number, occasion, why };
            match ready {
                Err(why) => {
                    self.ledger.commit(vec![ended(Some(why))])?;
                }
                Ok(ready) => self.fly(format!("{FLIGHT}{number} {occasion:?}"), async move {
                    vec![ended(match ask(&ready).await {
                        Answered::Yes(_) => None,
                        Answered::No { why } | Answered::Error { why } | Answered::Away(Away { why, .. }) => Some(why),
                    })]
                }),
            }
        }
        Ok(())
    }

    /// A gate that `--answer` is about to answer waits for nobody.
    fn is_answered_already(&self, occasion: Occasion) -> bool {
        matches!(occasion, Occasion::Gate { node, .. } if self.options.answers.contains_key(&self.plan.node(node).path))
    }

    /// Whether somebody is still being told.
    pub(super) fn is_telling(&self) -> bool {
        self.flights.keys().any(|key| key.starts_with(FLIGHT))
    }

    fn with_what_is_told(&self, spec: &HookSpec, occasion: Occasion, elapsed: u64) -> BTreeMap<SlotId, BTreeMap<HostName, Value>> {
        let state = self.ledger.state();
        let path = |node: Option<NodeId>| Value::String(node.map(|id| self.plan.node(id).path.clone()).unwrap_or_default());
        let (failed, gate) = match occasion {
            Occasion::Failed { node, .. } => (Some(node), None),
            Occasion::RolledBack { .. } => (state.last_failed, None),
            Occasion::Gate { node, .. } => (None, Some(node)),
            Occasion::Started | Occasion::Done => (None, None),
        };
        let told = [Value::String(occasion.event().word().to_owned()), Value::Duration(elapsed), path(failed), path(gate)];
        let mut slots = state.slots.clone();
        slots.extend(spec.told.iter().zip(told).map(|(slot, value)| (*slot, BTreeMap::from([(LOCAL.to_owned(), value)]))));
        slots
    }
}

//! What the guards of a plan say at this moment. They only read (K5); what they need of a host for that is gone when it is
//! done. Each step is asked for itself, as things stand now: what steps before it will change is not known.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::asking::{self, Asked, Said};
use super::bind::Place;
use super::survey::{Facts, Look, Looker};
use super::world::World;
use crate::plan::found::{Found, Now};
use crate::plan::model::{Guard, HostName, NodeId, NodeKind, OnUnreachable, Plan};
use crate::run::state::RunState;
use crate::value::Value;

/// Commands at once, on all hosts together.
const AT_ONCE: usize = 32;

/// Asks every guard that can be asked with these facts of the top.
///
/// # Errors
/// Every host that can't be reached, in a sentence each.
pub async fn guards(plan: &Rc<Plan>, facts: &Facts, looker: &Looker) -> Result<Found, Vec<String>> {
    LocalSet::new().run_until(look(plan, facts, looker)).await
}

async fn look(plan: &Rc<Plan>, facts: &Facts, looker: &Looker) -> Result<Found, Vec<String>> {
    let mut look = Look::new(plan, looker);
    for fact in &plan.facts {
        look.know(fact.slot, facts.get(&plan.slots[fact.slot.index()].name).unwrap_or(&fact.drawn));
    }
    let hosts: BTreeSet<&HostName> =
        asked(plan).into_iter().filter_map(|id| plan.node(id).host.as_ref()).chain(plan.requires.iter().flat_map(|r| &r.hosts)).collect();
    look.meet(hosts).await;
    let asking = Rc::new(Asking {
        plan: Rc::clone(plan),
        world: Rc::clone(&look.world),
        state: std::mem::replace(&mut look.state, RunState::new(plan)),
        seats: Semaphore::new(AT_ONCE),
        away: std::mem::take(&mut look.away),
    });
    let mut found = Found::default();
    if look.failed.is_empty() {
        let mut nodes = JoinSet::new();
        for id in asked(plan) {
            let asking = Rc::clone(&asking);
            nodes.spawn_local(async move { (id, asking.node(id).await) });
        }
        let mut requires = JoinSet::new();
        for (at, require) in (0u32..).zip(&plan.requires) {
            let hosts: Vec<Option<HostName>> = if require.hosts.is_empty() { vec![None] } else { require.hosts.iter().cloned().map(Some).collect() };
            for host in hosts {
                let asking = Rc::clone(&asking);
                requires.spawn_local(async move {
                    let now = asking.top(at, host.as_deref()).await;
                    ((at, host), now)
                });
            }
        }
        found = Found { nodes: all(nodes).await, requires: all(requires).await };
    }
    drop(asking);
    look.end().await;
    if look.failed.is_empty() { Ok(found) } else { Err(look.failed) }
}

/// The nodes that have something to say before the run.
fn asked(plan: &Plan) -> Vec<NodeId> {
    let has_one = |guard: &Guard<'_>| !matches!(guard, Guard::Fetched(_) | Guard::Boot);
    let waits = |kind: &NodeKind| matches!(kind, NodeKind::Gate(_) | NodeKind::Leave { .. } | NodeKind::Join);
    plan.iter().filter(|(_, node)| !waits(&node.kind) && node.guards().iter().any(has_one)).map(|(id, _)| id).collect()
}

async fn all<K: Ord + 'static, V: 'static>(mut tasks: JoinSet<(K, V)>) -> BTreeMap<K, V> {
    let mut all = BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((key, value)) => {
                all.insert(key, value);
            }
            // None is ever aborted: one that panicked takes this process with it.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    all
}

struct Asking {
    plan: Rc<Plan>,
    world: Rc<World>,
    state: RunState,
    seats: Semaphore,
    away: BTreeMap<HostName, String>,
}

impl Asking {
    async fn node(&self, id: NodeId) -> Now {
        let node = self.plan.node(id);
        if let Some(why) = node.host.as_ref().and_then(|host| self.away.get(host)) {
            return match node.unreachable {
                OnUnreachable::Skip => Now::Skipped { why: why.clone() },
                OnUnreachable::Park | OnUnreachable::Fail => Now::Refused { why: why.clone() },
            };
        }
        // What its own facts are is known to its later guards.
        let mut slots = Cow::Borrowed(&self.state.slots);
        for guard in node.guards() {
            // What became of another step is known when it has had its turn.
            if matches!(guard, Guard::When(when) if !when.that.steps_asked().is_empty()) {
                return Now::Unknown { why: "its `when` asks what became of another step".to_owned() };
            }
            let asked = asking::guard(&self.plan, Place::of_node(&self.plan, &self.state, id).with_slots(&slots), guard, &self.world);
            let Some(asked) = asked else { continue };
            match self.answer(asked).await {
                Ok(None) => {}
                Ok(Some(value)) => {
                    if let Guard::Fact(fact) = guard {
                        slots.to_mut().entry(fact.slot).or_default().insert(node.host.clone().unwrap_or_default(), value);
                    }
                }
                Err(now) => return now,
            }
        }
        Now::Runs
    }

    async fn top(&self, at: u32, host: Option<&str>) -> Now {
        let require = &self.plan.requires[at as usize];
        if let Some(why) = host.and_then(|host| self.away.get(host)) {
            return Now::Skipped { why: why.clone() };
        }
        let place = Place::of_run(&self.plan, &self.state, host);
        let why = place.at(require.frame).text(&require.why, &self.world);
        self.answer(asking::require(place, require, why, &self.world)).await.err().unwrap_or(Now::Runs)
    }

    /// What it was read to be, where it holds; else what becomes of what it guards.
    async fn answer(&self, asked: Asked) -> Result<Option<Value>, Now> {
        let said = match asked {
            Asked::Said(said) => said,
            Asked::Open(question) => {
                let _seat = self.seats.acquire().await;
                question.ask().await
            }
        };
        match said {
            Said::Holds(value) => Ok(value),
            Said::Satisfied => Err(Now::Satisfied),
            Said::Skipped { why } => Err(Now::Skipped { why }),
            Said::Refused { why } => Err(Now::Refused { why }),
            Said::Unknown { why } => Err(Now::Unknown { why }),
            Said::Away(away) => Err(Now::Refused { why: away.why }),
        }
    }
}

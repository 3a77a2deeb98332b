//! A look at hosts before there is a run: the facts that the plan's shape depends on, or all of them. It only reads. What it needs of a
//! host for that, a job folder, is gone when it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};

use super::answers::{read_secret, read_value};
use super::bind::Place;
use super::world::World;
use crate::exec::secret::Masks;
use crate::plan::model::{FactSpec, HostName, OnUnreachable, Plan, SlotId};
use crate::run::policy_of_host;
use crate::run::state::RunState;
use crate::value::{SecretText, Type, Value};

/// Who looks, and how hosts are reached.
#[derive(Debug, Clone)]
pub struct Looker {
    /// The id that the run is going to have.
    pub run: String,
    pub operator: String,
    /// `-F` of every ssh.
    pub ssh_config: Option<PathBuf>,
    /// What a fact's command may be given, by its place in the plan.
    pub secrets: Vec<(SlotId, SecretText)>,
    /// Variables of this process that none of its children may see.
    pub hidden_env: Vec<OsString>,
}

/// Facts by their names, each by host.
pub type Facts = BTreeMap<String, BTreeMap<HostName, Value>>;

/// What a look found.
#[derive(Debug, Default)]
pub struct Seen {
    pub facts: Facts,
    /// Hosts that can't be reached, of which `unreachable skip` says that a run goes on without them, and why. Facts have no
    /// value there.
    pub away: BTreeMap<HostName, String>,
}

/// Reads facts of the top, by their positions, and those before them, which they may use. What a fact is known to be, or
/// supposed to be, is not asked again.
///
/// # Errors
/// Every host that can't be reached, and every fact that can't be read, in a sentence each.
pub async fn survey(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Seen, Vec<String>> {
    LocalSet::new().run_until(read(plan, wanted, looker)).await
}

async fn read(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Seen, Vec<String>> {
    let last = wanted.last().map_or(0, |last| *last as usize + 1);
    let mut look = Look::new(plan, looker);
    look.take(plan.facts.get(..last).unwrap_or(&plan.facts)).await;
    look.end().await;
    if !look.failed.is_empty() {
        return Err(look.failed);
    }
    let named = wanted.iter().filter_map(|fact| plan.facts.get(*fact as usize));
    let facts = named.map(|fact| (plan.slots[fact.slot.index()].name.clone(), look.state.slots.get(&fact.slot).cloned().unwrap_or_default())).collect();
    Ok(Seen { facts, away: look.away })
}

/// A look under way. What fails is noted, and the rest is read all the same.
pub(super) struct Look<'a> {
    plan: &'a Plan,
    pub(super) world: Rc<World>,
    pub(super) state: RunState,
    secrets: Vec<SecretText>,
    pub(super) away: BTreeMap<HostName, String>,
    pub(super) failed: Vec<String>,
}

impl<'a> Look<'a> {
    pub(super) fn new(plan: &'a Plan, looker: &Looker) -> Self {
        let world = Rc::new(World::looking(plan, &looker.run, looker.ssh_config.clone(), looker.hidden_env.clone()));
        let mut state = RunState::new(plan);
        looker.operator.clone_into(&mut state.operator);
        let secrets = looker.secrets.iter().map(|(_, secret)| secret.clone()).collect();
        for (slot, secret) in &looker.secrets {
            state.slots.entry(*slot).or_default().insert(String::new(), Value::Secret(secret.clone()));
        }
        let look = Self { plan, world, state, secrets, away: BTreeMap::new(), failed: Vec::new() };
        look.mask();
        look
    }

    /// What a fact is known to be.
    pub(super) fn know(&mut self, slot: SlotId, values: &BTreeMap<HostName, Value>) {
        self.secrets.extend(values.values().filter_map(|value| if let Value::Secret(secret) = value { Some(secret.clone()) } else { None }));
        self.state.slots.entry(slot).or_default().extend(values.clone());
        self.mask();
    }

    /// What it needed of the hosts is gone.
    pub(super) async fn end(&self) {
        self.world.clean().await;
        self.world.close().await;
    }

    /// In the order written.
    async fn take(&mut self, facts: &[FactSpec]) {
        for fact in facts.iter().filter(|fact| !fact.drawn.is_empty()) {
            self.state.slots.entry(fact.slot).or_default().extend(fact.drawn.clone());
        }
        let open: Vec<&FactSpec> = facts.iter().filter(|fact| fact.drawn.is_empty()).collect();
        let met = self.meet(open.iter().flat_map(|fact| &fact.hosts).collect()).await;
        for fact in open {
            self.fact(fact, &met).await;
        }
    }

    /// Those of the hosts that answer.
    pub(super) async fn meet(&mut self, hosts: BTreeSet<&HostName>) -> BTreeSet<HostName> {
        let mut greetings = JoinSet::new();
        for host in hosts {
            let (world, host) = (Rc::clone(&self.world), host.clone());
            greetings.spawn_local(async move {
                let met = world.greet(&host, None, &[], Duration::ZERO).await;
                (host, met.map(|_| ()).map_err(|error| (error.away().is_some(), error.to_string())))
            });
        }
        let mut met = BTreeSet::new();
        for (host, greeting) in in_order(greetings).await {
            match greeting {
                Ok(()) => {
                    met.insert(host);
                }
                Err((true, why)) if policy_of_host(self.plan, &host) == OnUnreachable::Skip => {
                    self.away.insert(host, why);
                }
                Err((_, why)) => self.failed.push(format!("{host}: {why}")),
            }
        }
        met
    }

    async fn fact(&mut self, fact: &FactSpec, met: &BTreeSet<HostName>) {
        let slot = &self.plan.slots[fact.slot.index()];
        let mut reads = JoinSet::new();
        for host in fact.hosts.iter().filter(|host| met.contains(*host)) {
            let mut ready = match Place::of_run(self.plan, &self.state, Some(host)).ready(&fact.command, false, &self.world) {
                Ok(ready) => ready,
                // It may need a fact that could not be read, and that is told already.
                Err(_) if !self.failed.is_empty() => continue,
                Err(why) => {
                    self.failed.push(format!("fact `{}` on {host}: {why}", slot.name));
                    continue;
                }
            };
            let (host, kind) = (host.clone(), slot.kind.clone());
            reads.spawn_local(async move {
                let value = if kind == Type::Secret {
                    ready.call.hush = true;
                    read_secret(&ready).await.map(Value::Secret)
                } else {
                    read_value(&ready, &kind).await.map_err(|unread| unread.why)
                };
                (host, value)
            });
        }
        for (host, value) in in_order(reads).await {
            match value {
                Ok(value) => {
                    if let Value::Secret(secret) = &value {
                        self.secrets.push(secret.clone());
                    }
                    self.state.slots.entry(fact.slot).or_default().insert(host, value);
                }
                Err(why) => self.failed.push(format!("fact `{}` on {host}: {why}", slot.name)),
            }
        }
        self.mask();
    }

    /// All that is said from now on is masked.
    fn mask(&self) {
        self.world.mask(Arc::new(Masks::of(&self.secrets)));
    }
}

/// What each host said, in the order of their names.
async fn in_order<T: 'static>(mut tasks: JoinSet<(HostName, T)>) -> BTreeMap<HostName, T> {
    let mut all = BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((host, said)) => {
                all.insert(host, said);
            }
            // None is ever aborted: one that panicked takes this process with it.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    all
}

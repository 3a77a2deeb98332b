//! A look at hosts before there is a run: the facts that the plan's shape depends on. It only reads. What it needs of a
//! host for that, a job folder, is gone when it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};

use super::answers::read_value;
use super::bind::Place;
use super::world::World;
use crate::exec::secret::Masks;
use crate::plan::model::{HostName, Plan, SlotId};
use crate::run::state::RunState;
use crate::value::{SecretText, Value};

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

/// Reads facts of the top, by their positions, and those before them, which they may use.
///
/// # Errors
/// Every host that can't be reached, or every fact that can't be read, in a sentence each.
pub async fn survey(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Facts, Vec<String>> {
    LocalSet::new().run_until(read(plan, wanted, looker)).await
}

async fn read(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Facts, Vec<String>> {
    let world = Rc::new(World::looking(&looker.run, looker.ssh_config.clone(), looker.hidden_env.clone()));
    let mut state = RunState::new(plan);
    looker.operator.clone_into(&mut state.operator);
    for (slot, secret) in &looker.secrets {
        state.slots.entry(*slot).or_default().insert(String::new(), Value::Secret(secret.clone()));
    }
    world.mask(Arc::new(Masks::of(looker.secrets.iter().map(|(_, secret)| secret))));
    let last = wanted.last().map_or(0, |last| *last as usize + 1);
    let read = read_in(plan, last, &world, &mut state).await;
    world.clean().await;
    world.close().await;
    read?;
    let named = wanted.iter().filter_map(|fact| plan.facts.get(*fact as usize));
    Ok(named.map(|fact| (plan.slots[fact.slot.index()].name.clone(), state.slots.get(&fact.slot).cloned().unwrap_or_default())).collect())
}

/// The first `count` facts, in the order written.
async fn read_in(plan: &Plan, count: usize, world: &Rc<World>, state: &mut RunState) -> Result<(), Vec<String>> {
    let facts = plan.facts.get(..count).unwrap_or(&plan.facts);
    let hosts: BTreeSet<&HostName> = facts.iter().flat_map(|fact| &fact.hosts).collect();
    let mut reached = JoinSet::new();
    for host in hosts {
        let (world, host) = (Rc::clone(world), host.clone());
        reached.spawn_local(async move { world.greet(&host, None, &[], Duration::ZERO).await.map_err(|why| format!("{host}: {why}")) });
    }
    all(reached).await?;
    for fact in facts {
        let slot = &plan.slots[fact.slot.index()];
        let mut reads = JoinSet::new();
        for host in &fact.hosts {
            let (host, kind) = (host.clone(), slot.kind.clone());
            let failed = format!("fact `{}` on {host}", slot.name);
            let ready = Place::of_run(plan, state, Some(&host)).ready(&fact.command, false, world);
            reads.spawn_local(async move {
                let value = match ready {
                    Ok(ready) => read_value(&ready, &kind).await.map_err(|unread| unread.why),
                    Err(why) => Err(why),
                };
                value.map(|value| (host, value)).map_err(|why| format!("{failed}: {why}"))
            });
        }
        let values = all(reads).await?;
        state.slots.entry(fact.slot).or_default().extend(values);
    }
    Ok(())
}

/// What all of them came to, or what all that failed say.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T, String>>) -> Result<Vec<T>, Vec<String>> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(value)) => done.push(value),
            Ok(Err(why)) => failed.push(why),
            Err(error) => failed.push(error.to_string()),
        }
    }
    failed.sort();
    if failed.is_empty() { Ok(done) } else { Err(failed) }
}

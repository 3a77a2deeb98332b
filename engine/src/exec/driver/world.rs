//! The hosts of a run: one keeper each, met in preflight and kept until the process leaves.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::Options;
use super::ledger::Ledger;
use crate::exec::keeper::{Away, Keeper, KeeperError, RunFolder};
use crate::exec::secret::Masks;
use crate::exec::transport::{Connector, LocalShell, Target};
use crate::inventory::Way;
use crate::outcome::Identity;
use crate::plan::model::{HostName, LOCAL, Plan};

/// How long a host may take to remove a job folder, and on how many of them that is done at once: some must be reached again.
const CLEANING: Duration = Duration::from_secs(20);
const CLEANED_AT_ONCE: usize = 32;
/// Between two looks for a host that reboots.
const LOOK_FOR_BOOT: Duration = Duration::from_secs(1);

/// Why it is not known which boot a host is in, or why it is not in another.
pub(super) struct NoBoot {
    pub(super) why: String,
    pub(super) away: Option<Away>,
}

/// Each look has a folder of its own: that of an earlier one may be on its way out still.
static LOOKS: AtomicU32 = AtomicU32::new(1);

pub(super) struct World {
    run: String,
    /// The name of its job folders.
    folder: String,
    epoch: u64,
    /// This process, by a word that no other has.
    who: String,
    connector: Connector,
    /// Those that the inventory gives.
    ways: HashMap<HostName, Way>,
    /// Connections that were begun before the greeting.
    early: RefCell<HashMap<HostName, JoinHandle<Result<Keeper, KeeperError>>>>,
    pub(super) keepers: RefCell<HashMap<HostName, Rc<Keeper>>>,
    /// What must be masked in all that commands print.
    masks: RefCell<Arc<Masks>>,
    /// The hosts on which this run has locks, and when it was last seen that all of them still are ours.
    pub(super) locked: Vec<HostName>,
    pub(super) locks_seen: Cell<Option<Instant>>,
}

fn ways(plan: &Plan) -> HashMap<HostName, Way> {
    plan.hosts.iter().filter_map(|host| Some((host.name.clone(), host.way.clone()?))).collect()
}

impl World {
    pub(super) fn new(plan: &Plan, ledger: &Ledger<'_>, options: &Options) -> Self {
        let state = ledger.state();
        Self {
            run: ledger.run().to_owned(),
            folder: ledger.run().to_owned(),
            // The one that this process is about to write.
            epoch: state.epoch + 1,
            who: format!("{}:{}:{}", rustix::system::uname().nodename().to_string_lossy(), std::process::id(), &ledger.head()[..12]),
            connector: Connector {
                ssh_config: options.ssh_config.clone(),
                local: LocalShell { without: options.hidden_env.clone(), ..LocalShell::default() },
                ..Connector::default()
            },
            ways: ways(plan),
            early: RefCell::default(),
            keepers: RefCell::default(),
            masks: RefCell::default(),
            locked: plan.locked_hosts().cloned().collect(),
            locks_seen: Cell::new(None),
        }
    }

    /// For a look at hosts before there is a run, in job folders of its own; it changes nothing, and locks nothing.
    pub(super) fn looking(plan: &Plan, run: &str, ssh_config: Option<PathBuf>, hidden_env: Vec<OsString>) -> Self {
        Self {
            run: run.to_owned(),
            folder: format!("{run}.look{}", LOOKS.fetch_add(1, Ordering::Relaxed)),
            epoch: 1,
            who: format!("{}:{}", rustix::system::uname().nodename().to_string_lossy(), std::process::id()),
            connector: Connector { ssh_config, local: LocalShell { without: hidden_env, ..LocalShell::default() }, ..Connector::default() },
            ways: ways(plan),
            early: RefCell::default(),
            keepers: RefCell::default(),
            masks: RefCell::default(),
            locked: Vec::new(),
            locks_seen: Cell::new(None),
        }
    }

    pub(super) fn masks(&self) -> Arc<Masks> {
        Arc::clone(&self.masks.borrow())
    }

    pub(super) fn mask(&self, masks: Arc<Masks>) {
        *self.masks.borrow_mut() = masks;
    }

    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// The keeper of a host that was met.
    pub(super) fn keeper(&self, host: &str) -> Result<Rc<Keeper>, String> {
        self.keepers.borrow().get(host).cloned().ok_or_else(|| format!("{host} was not met in preflight"))
    }

    /// Connects, makes the job folder, writes the epoch, tries every user. A host that does not answer yet is tried again
    /// for as long as `patience` says.
    pub(super) async fn greet(&self, host: &str, life: Option<&str>, users: &[String], patience: Duration) -> Result<(Identity, Vec<String>), KeeperError> {
        let until = Instant::now() + patience;
        loop {
            match self.greet_once(host, life, users).await {
                Err(KeeperError::Unreachable(why)) if why.may_pass() && Instant::now() + LOOK_FOR_BOOT < until => tokio::time::sleep(LOOK_FOR_BOOT).await,
                met => return met,
            }
        }
    }

    /// Whether a host is the machine that this process runs on.
    pub(super) fn is_here(&self, host: &str) -> bool {
        host == LOCAL || self.ways.get(host).is_some_and(|way| way.here)
    }

    /// Reaches a host; nothing is written there.
    fn reach(&self, host: &str) -> impl Future<Output = Result<Keeper, KeeperError>> + use<> {
        let way = || self.ways.get(host).cloned().unwrap_or_default();
        let target = if self.is_here(host) { Target::Local } else { Target::Ssh { host: host.to_owned(), way: Box::new(way()) } };
        let folder = RunFolder { run_id: self.folder.clone(), base: None, locks: None };
        let connector = self.connector.clone();
        async move { Keeper::connect(&connector, &target, &folder).await }
    }

    /// Begins to reach a host that will be greeted next.
    pub(super) fn reach_early(&self, host: &str) {
        self.early.borrow_mut().insert(host.to_owned(), tokio::task::spawn_local(self.reach(host)));
    }

    async fn greet_once(&self, host: &str, life: Option<&str>, users: &[String]) -> Result<(Identity, Vec<String>), KeeperError> {
        let early = self.early.borrow_mut().remove(host);
        let keeper = match early {
            Some(begun) => begun.await.map_err(|_| KeeperError::ConnectionLost { host: host.to_owned() })??,
            None => self.reach(host).await?,
        };
        let hello = keeper.hello(life, self.epoch, &self.who).await?;
        for user in users {
            keeper.reach_user(user).await?;
        }
        self.keepers.borrow_mut().insert(host.to_owned(), Rc::new(keeper));
        Ok((hello.identity, hello.claims))
    }

    /// Waits until a host answers, and in a boot that is wanted: its id. Where `life` is given it must remember the run.
    pub(super) async fn boot(&self, host: &str, life: Option<&str>, is_wanted: impl Fn(&str) -> bool, within: Duration) -> Result<String, NoBoot> {
        let keeper = self.keeper(host).map_err(|why| NoBoot { why, away: None })?;
        let until = Instant::now() + within;
        let silence = "it does not answer";
        let mut said = NoBoot { why: silence.to_owned(), away: Some(Away { why: silence.to_owned(), is_stranger: false }) };
        loop {
            match tokio::time::timeout_at(until, keeper.hello(life, self.epoch, &self.who)).await {
                Ok(Ok(hello)) if is_wanted(&hello.identity.boot_id) => return Ok(hello.identity.boot_id),
                Ok(Ok(_)) => said = NoBoot { why: "it still answers with the boot it had".to_owned(), away: None },
                Ok(Err(error @ KeeperError::MemoryLost { .. })) => return Err(NoBoot { away: None, why: error.to_string() }),
                Ok(Err(error)) => said = NoBoot { away: error.away(), why: error.to_string() },
                Err(_) => {}
            }
            if Instant::now() + LOOK_FOR_BOOT >= until {
                return Err(NoBoot { why: format!("{}, after {} s", said.why, within.as_secs()), ..said });
            }
            tokio::time::sleep(LOOK_FOR_BOOT).await;
        }
    }

    /// The run is over and its results are ours: the job folders go, on all hosts at once. A host that does not answer
    /// keeps its folder. The local keeper needs no watching: it ends its work when we are gone.
    pub(super) async fn clean(&self) {
        let mut cleaning = JoinSet::new();
        let places = Rc::new(Semaphore::new(CLEANED_AT_ONCE));
        for (host, keeper) in self.keepers.borrow().iter() {
            let is_here = self.is_here(host);
            let (host, keeper, places) = (host.clone(), Rc::clone(keeper), Rc::clone(&places));
            cleaning.spawn_local(async move {
                if is_here {
                    return (host, keeper.clean_and_forget().await);
                }
                // Never closed, so one is always got.
                let _place = places.acquire().await;
                let cleaned = tokio::time::timeout(CLEANING, keeper.clean()).await;
                (host, cleaned.unwrap_or(Err(KeeperError::ConnectionLost { host: keeper.name().to_owned() })))
            });
        }
        while let Some(cleaned) = cleaning.join_next().await {
            if let Ok((host, Err(error))) = cleaned {
                tracing::warn!(host, %error, "its job folder stays");
            }
        }
    }

    pub(super) async fn close(&self) {
        let keepers: Vec<Rc<Keeper>> = self.keepers.borrow_mut().drain().map(|(_, keeper)| keeper).collect();
        for keeper in keepers {
            if let Ok(keeper) = Rc::try_unwrap(keeper) {
                keeper.close().await;
            }
        }
    }
}

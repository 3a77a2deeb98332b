//! Locks on the hosts: taken in preflight, looked at before each start, given back at the end.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::world::World;
use super::{Driver, ledger};
use crate::exec::keeper::Locking;
use crate::exec::keeper::lock::{Claim, Holder};
use crate::plan::model::HostName;
use crate::run::event::EventKind;

/// How long one host may take to say whether a lock is still ours. A host that is away can't be locked by anybody else
/// either, and its own starts look there again.
const LOOKING: Duration = Duration::from_secs(5);
/// How long such a look counts. A process that was stopped meanwhile has outlived it.
const SEEN: Duration = Duration::from_secs(1);
/// How long a host may take to take a lock back.
const RELEASING: Duration = Duration::from_secs(20);

/// For who finds a lock held.
const WHAT_TO_DO: &str = "wait until it is free, or take it over and say why: --take-lock REASON";

impl Driver<'_> {
    fn claim(&self) -> Claim {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Claim { run: self.ledger.run().to_owned(), who: format!("{}@{machine}", self.people.name()), since: ledger::now() / 1000 }
    }

    pub(super) fn take_lock(&mut self, key: String, host: HostName, lock: String) {
        let (claim, reason, keeper) = (self.claim(), self.options.take_lock.clone(), self.world.keeper(&host));
        self.fly(key, async move {
            let taken = async {
                let keeper = keeper?;
                let found = keeper.lock(&lock, &claim, false).await.map_err(|e| e.to_string())?;
                let (Locking::Locked(holder), Some(reason)) = (&found, reason) else { return Ok::<_, String>((found, None)) };
                let took = keeper.lock(&lock, &claim, true).await.map_err(|e| e.to_string())?;
                Ok((took, Some((holder.to_string(), reason))))
            };
            vec![match taken.await {
                Ok((Locking::Held(number), taken)) => {
                    let (over, reason) = taken.unzip();
                    EventKind::LockTaken { host, lock, number, over, reason }
                }
                Ok((Locking::Locked(holder), _)) => EventKind::LockRefused { host, lock, why: format!("is held by {holder}\n{WHAT_TO_DO}") },
                Err(why) => EventKind::LockRefused { host, lock, why: format!("can't be taken: {why}") },
            }]
        });
    }

    pub(super) fn release_lock(&mut self, key: String, host: HostName, lock: String) {
        let (claim, keeper) = (self.claim(), self.world.keeper(&host));
        self.fly(key, async move {
            let released = async { keeper?.unlock(&lock, &claim).await.map_err(|e| e.to_string()) };
            let released = tokio::time::timeout(RELEASING, released).await.unwrap_or_else(|_| Err("it does not answer".to_owned()));
            vec![match released {
                Ok(()) => EventKind::LockReleased { host, lock },
                Err(why) => EventKind::LockLeft { host, lock, why },
            }]
        });
    }
}

/// A lock that this run has lost.
pub(super) struct Lost {
    host: HostName,
    lock: String,
    holder: Holder,
}

impl Lost {
    pub(super) fn new(host: HostName, lock: String, holder: Holder) -> Self {
        Self { host, lock, holder }
    }

    pub(super) fn why(&self) -> String {
        format!("the lock `{}` on {} is another run's by now", self.lock, self.host)
    }

    pub(super) fn into_event(self) -> EventKind {
        EventKind::LockLost { host: self.host, lock: self.lock, why: self.holder.to_string() }
    }
}

impl World {
    /// Whether this run has lost one of its locks, looked for on all hosts that hold some, but on this one, where the
    /// start itself looks.
    pub(super) async fn lost_a_lock(&self, but: &str) -> Option<Lost> {
        if self.locked.iter().all(|host| host == but) || self.locks_seen.get().is_some_and(|seen| seen.elapsed() < SEEN) {
            return None;
        }
        let mut looks = JoinSet::new();
        for host in self.locked.iter().filter(|host| *host != but) {
            let (host, keeper) = (host.clone(), self.keeper(host));
            looks.spawn_local(async move {
                let Ok(keeper) = keeper else { return Ok(()) };
                match tokio::time::timeout(LOOKING, keeper.holds()).await {
                    Ok(Ok(Some((lock, holder)))) => Err(Lost { host, lock, holder }),
                    Ok(Ok(None) | Err(_)) | Err(_) => Ok(()),
                }
            });
        }
        while let Some(looked) = looks.join_next().await {
            if let Ok(Err(lost)) = looked {
                return Some(lost);
            }
        }
        self.locks_seen.set(Some(Instant::now()));
        None
    }
}

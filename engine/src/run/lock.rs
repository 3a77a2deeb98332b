//! Locks: taken all or none before anything begins, kept while the run is parked, given back before it is over.

use super::effect::Effect;
use super::event::{EventKind, Millis};
use super::state::{Greeting, Lock, Phase, RunState};
use crate::plan::model::{HostName, Plan};

type Place = (HostName, String);

/// The next lock to take, one after the other in an order that is the same for every run: of two that start at once, one
/// gets all. Empty when all are held.
pub(super) fn take(plan: &Plan, state: &RunState) -> Vec<Effect> {
    let reached = |host: &HostName| matches!(state.hosts.get(host).and_then(|h| h.now.as_ref()), Some(Greeting::Answered { .. }));
    let open = |place: &Place| state.locks.get(place).is_none_or(|lock| lock.epoch < state.epoch) && reached(&place.0);
    let next = plan.lock_places().into_iter().find(open);
    next.map(|(host, lock)| Effect::TakeLock { host, lock }).into_iter().collect()
}

/// Why this run can't have its locks now.
pub(super) fn refused(state: &RunState) -> Option<String> {
    let said: Vec<String> = state.locks_refused.iter().map(|((host, lock), why)| format!("{host}: the lock `{lock}` {why}")).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

/// What is still to be given back before the run is over.
pub(super) fn give_back(state: &RunState) -> Vec<Effect> {
    release(state.locks.keys())
}

/// What this process took and must not keep: all or none.
pub(super) fn give_back_what_was_taken(state: &RunState) -> Vec<Effect> {
    release(state.locks.iter().filter(|(_, lock)| lock.taken == state.epoch).map(|(place, _)| place))
}

fn release<'a>(places: impl Iterator<Item = &'a Place>) -> Vec<Effect> {
    places.map(|(host, lock)| Effect::ReleaseLock { host: host.clone(), lock: lock.clone() }).collect()
}

impl RunState {
    pub(super) fn apply_to_lock(&mut self, plan: &Plan, kind: &EventKind, at: Millis) -> Result<(), ()> {
        let preparing = matches!(self.phase, Phase::Preparing { .. });
        match kind {
            EventKind::LockTaken { host, lock, number, .. } if preparing => {
                let place = (host.clone(), lock.clone());
                if !plan.lock_places().contains(&place) {
                    return Err(());
                }
                let (since, taken) = match self.locks.get(&place) {
                    Some(known) if known.number == *number => (known.since, known.taken),
                    _ => (at, self.epoch),
                };
                self.locks_left.remove(&place);
                self.locks.insert(place, Lock { number: *number, since, taken, epoch: self.epoch });
            }
            EventKind::LockRefused { host, lock, why } if preparing => {
                let place = (host.clone(), lock.clone());
                // It was ours, and is another's.
                self.locks.remove(&place);
                self.locks_refused.insert(place, why.clone());
            }
            EventKind::LockReleased { host, lock } if preparing || self.is_active() => self.given_back(&(host.clone(), lock.clone()))?,
            EventKind::LockLeft { host, lock, why } if preparing || self.is_active() => {
                let place = (host.clone(), lock.clone());
                self.given_back(&place)?;
                self.locks_left.insert(place, why.clone());
            }
            EventKind::LockLost { host, lock, why } if self.is_active() => {
                self.locks.remove(&(host.clone(), lock.clone())).ok_or(())?;
                self.parking = Some(format!("the lock `{lock}` on {host} was taken over: it is held by {why}"));
            }
            _ => return Err(()),
        }
        Ok(())
    }

    fn given_back(&mut self, place: &Place) -> Result<(), ()> {
        self.locks.remove(place).ok_or(())?;
        self.closing = true;
        Ok(())
    }

    fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::RollingBack | Phase::Ending | Phase::Releasing { .. })
    }
}

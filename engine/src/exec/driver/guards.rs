//! Guards, postconditions, and what they say of a lost attempt. They only read, so they may run again (K5).

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::answers::{Answered, ask};
use super::asking::{self, Asked, Said};
use super::bind::{Place, Ready};
use super::world::NoBoot;
use super::{DriveError, Driver};
use crate::exec::keeper::Away;
use crate::plan::model::{Guard, NodeId, VerifySpec};
use crate::run::event::EventKind;
use crate::value::Value;

impl Driver<'_> {
    pub(super) fn ask_guard(&mut self, key: String, node: NodeId, guard: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let place = Place::of_node(&plan, self.ledger.state(), node);
        let Some(asked) = plan.node(node).guards().get(guard as usize).copied() else { return Ok(()) };
        let host = plan.node(node).host.clone();
        match asking::guard(&plan, place, asked, &self.world) {
            Some(Asked::Said(said)) => {
                self.ledger.commit(told(node, guard, host, said))?;
            }
            Some(Asked::Open(question)) => self.fly_idle(key, async move { told(node, guard, host, question.ask().await) }),
            None => match asked {
                Guard::Fetched(download) => self.ask_fetched(key, node, guard, download)?,
                _ => self.ask_boot(key, node, guard),
            },
        }
        Ok(())
    }

    fn ask_boot(&mut self, key: String, node: NodeId, guard: u32) {
        let at = self.plan.node(node);
        let (world, host) = (Rc::clone(&self.world), at.host.clone().unwrap_or_default());
        let life = self.ledger.state().hosts.get(&host).map(|known| known.met.life.clone());
        let within = Duration::from_secs(at.spec().and_then(|spec| spec.reboots).unwrap_or_default());
        self.fly_idle(key, async move {
            let said = match world.boot(&host, life.as_deref(), |_| true, within).await {
                Ok(boot) => Said::Holds(Some(Value::String(boot))),
                Err(NoBoot { why, away: Some(gone) }) => Said::Away(Away { why, ..gone }),
                Err(NoBoot { why, away: None }) => Said::Refused { why: format!("which boot {host} is in could not be asked: {why}") },
            };
            told(node, guard, Some(host), said)
        });
    }

    pub(super) fn verify(&mut self, key: String, node: NodeId, index: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let Some(spec) = plan.node(node).spec().and_then(|s| s.verify.get(index as usize)) else { return Ok(()) };
        match Poll::new(&Place::of_node(&plan, self.ledger.state(), node), spec, &self.world) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::VerifyFailed { node, index, why }])?;
            }
            Ok(poll) => {
                let host = plan.node(node).host.clone();
                self.fly_idle(key, async move {
                    vec![match poll.until_it_holds().await {
                        Ok(()) => EventKind::VerifyHeld { node, index },
                        Err(Unheld { away: Some(gone), .. }) => return away(node, host, gone),
                        Err(Unheld { why, away: None }) => EventKind::VerifyFailed { node, index, why },
                    }]
                });
            }
        }
        Ok(())
    }

    /// K4: `verify` holds, so it is done; else `check` may say so or deny it; what neither can tell is a person's.
    pub(super) fn probe(&mut self, key: String, node: NodeId, attempt: u32) {
        let guards = self.what_can_tell(node);
        let host = self.plan.node(node).host.clone();
        self.fly_idle(key, async move {
            let told = match guards {
                Ok((polls, check)) => tell(polls, check).await,
                Err(why) => Told { done: None, why, away: None },
            };
            if let Some(gone) = told.away {
                return away(node, host, Away { why: told.why, ..gone });
            }
            vec![EventKind::LostSettled { node, attempt, done: told.done, why: told.why }]
        });
    }

    /// What can say of a step whether it is done: its postconditions and its check.
    pub(super) fn what_can_tell(&self, node: NodeId) -> Result<(Vec<Poll>, Option<Ready>), String> {
        let place = Place::of_node(&self.plan, self.ledger.state(), node);
        let Some(spec) = self.plan.node(node).spec() else { return Ok((Vec::new(), None)) };
        let polls: Result<Vec<Poll>, String> = spec.verify.iter().map(|v| Poll::new(&place, v, &self.world)).collect();
        let check = spec.check().map(|c| place.ready(c, false, &self.world)).transpose()?;
        Ok((polls?, check))
    }
}

/// What a guard said, as events.
fn told(node: NodeId, guard: u32, host: Option<String>, said: Said) -> Vec<EventKind> {
    vec![match said {
        Said::Holds(value) => EventKind::GuardHeld { node, guard, value },
        Said::Satisfied => EventKind::NodeSatisfied { node },
        Said::Skipped { why } => EventKind::NodeSkipped { node, why },
        Said::Refused { why } | Said::Unknown { why } => EventKind::NodeRefused { node, why },
        Said::Away(gone) => return away(node, host, gone),
    }]
}

/// What its host did not answer, and that it is lost.
pub(super) fn away(node: NodeId, host: Option<String>, away: Away) -> Vec<EventKind> {
    let lost = host.map(|host| lost(host, &away));
    lost.into_iter().chain([EventKind::NodeUnreachable { node, why: away.why }]).collect()
}

/// That a host is out of reach, or that another machine stands in its place.
pub(super) fn lost(host: String, away: &Away) -> EventKind {
    let why = away.why.clone();
    if away.is_stranger { EventKind::StrangerAnswered { host, why } } else { EventKind::HostLost { host, why } }
}

/// What its guards say of a step, and in which words.
pub(super) struct Told {
    pub(super) done: Option<bool>,
    pub(super) why: String,
    /// Its host could not be asked.
    pub(super) away: Option<Away>,
}

pub(super) async fn tell(polls: Vec<Poll>, check: Option<Ready>) -> Told {
    let said = |done: bool, why: &str| Told { done: Some(done), why: why.to_owned(), away: None };
    let mut doubt = Told { done: None, why: "it has neither `verify` nor `check`".to_owned(), away: None };
    if !polls.is_empty() {
        let mut held = true;
        for poll in polls {
            if let Err(unheld) = poll.until_it_holds().await {
                held = false;
                doubt = Told { done: None, why: format!("`verify` does not hold: {}", unheld.why), away: unheld.away };
                break;
            }
        }
        if held {
            return said(true, "`verify` holds");
        }
    }
    match check {
        None => doubt,
        Some(check) => match ask(&check).await {
            Answered::Yes(_) => said(true, "`check` says it is as wanted"),
            Answered::No { .. } => said(false, "`check` says it is not done"),
            Answered::Error { why } => Told { done: None, why: format!("`check` could not be asked: {why}"), away: None },
            Answered::Away(away) => Told { done: None, why: format!("`check` could not be asked: {}", away.why), away: Some(away) },
        },
    }
}

/// Why a postcondition does not hold.
pub(super) struct Unheld {
    why: String,
    away: Option<Away>,
}

/// A command that is asked again until it says yes.
pub(super) struct Poll {
    ready: Ready,
    every: Duration,
    within: Duration,
}

impl Poll {
    fn new(place: &Place<'_>, spec: &VerifySpec, world: &super::world::World) -> Result<Self, String> {
        let ready = place.ready(&spec.command, false, world)?;
        Ok(Self { ready, every: Duration::from_secs(spec.every.max(1)), within: Duration::from_secs(spec.within) })
    }

    async fn until_it_holds(self) -> Result<(), Unheld> {
        let began = Instant::now();
        loop {
            let said = match ask(&self.ready).await {
                Answered::Yes(_) => return Ok(()),
                Answered::No { why } => why,
                Answered::Error { why } => return Err(Unheld { why: format!("it could not be asked: {why}"), away: None }),
                // It was sought for as long as the command may take.
                Answered::Away(away) => return Err(Unheld { why: away.why.clone(), away: Some(away) }),
            };
            if began.elapsed() + self.every > self.within {
                let why = if self.within.is_zero() { said } else { format!("{said}, still after {} s", self.within.as_secs()) };
                return Err(Unheld { why, away: None });
            }
            tokio::time::sleep(self.every).await;
        }
    }
}

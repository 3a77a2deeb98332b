//! Guards, postconditions, and what they say of a lost attempt. They only read, so they may run again (K5).

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::answers::{Answered, Unread, ask, read_value};
use super::bind::{Place, Ready};
use super::{DriveError, Driver};
use crate::exec::keeper::Away;
use crate::plan::model::{Condition, Guard, NodeId, VerifySpec};
use crate::run::event::EventKind;
use crate::value::Value;

impl Driver<'_> {
    pub(super) fn ask_guard(&mut self, key: String, node: NodeId, guard: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let place = Place::of_node(&plan, self.ledger.state(), node);
        let Some(asked) = plan.node(node).guards().get(guard as usize).copied() else { return Ok(()) };
        let held = |value| EventKind::GuardHeld { node, guard, value };
        let refused = move |why: String| EventKind::NodeRefused { node, why };
        let host = plan.node(node).host.clone();
        let now = match asked {
            Guard::When(when) => Some(match place.at(when.frame).holds(&when.that, &self.world) {
                Ok(true) => held(None),
                Ok(false) => EventKind::NodeSkipped { node, why: format!("`when {}` is false", when.that.source_text().text) },
                Err(why) => refused(format!("`when` could not be evaluated: {why}")),
            }),
            Guard::Require(require) => match &require.that {
                Condition::Holds(expression) => Some(match place.at(require.frame).holds(expression, &self.world) {
                    Ok(true) => held(None),
                    Ok(false) => refused(format!("required, and not so: {}", place.text(&require.why, &self.world))),
                    Err(why) => refused(format!("`require` could not be evaluated: {why}")),
                }),
                Condition::Succeeds(command) => match place.ready(command, false, &self.world) {
                    Err(why) => Some(refused(why)),
                    Ok(ready) => {
                        let why = place.text(&require.why, &self.world);
                        self.fly_idle(key, async move {
                            vec![match ask(&ready).await {
                                Answered::Yes(_) => EventKind::GuardHeld { node, guard, value: None },
                                Answered::No { why: said } => refused(format!("required, and not so: {why} ({said})")),
                                Answered::Error { why: said } => refused(format!("could not be asked whether {why}: {said}")),
                                Answered::Away(gone) => return away(node, host, gone),
                            }]
                        });
                        None
                    }
                },
            },
            Guard::Fact(fact) => match place.captured(true).ready(&fact.command, false, &self.world) {
                Err(why) => Some(refused(why)),
                Ok(ready) => {
                    let slot = &plan.slots[fact.slot.index()];
                    let (name, kind) = (slot.name.clone(), slot.kind.clone());
                    self.fly_idle(key, async move {
                        vec![match read_value(&ready, &kind).await {
                            Ok(value) => EventKind::GuardHeld { node, guard, value: Some(value) },
                            Err(Unread { away: Some(gone), .. }) => return away(node, host, gone),
                            Err(Unread { why, away: None }) => refused(format!("fact `{name}`: {why}")),
                        }]
                    });
                    None
                }
            },
            Guard::Boot => {
                let (world, at) = (Rc::clone(&self.world), host.clone().unwrap_or_default());
                let life = self.ledger.state().hosts.get(&at).map(|known| known.met.life.clone());
                let within = Duration::from_secs(plan.node(node).spec().and_then(|spec| spec.reboots).unwrap_or_default());
                self.fly_idle(key, async move {
                    match world.boot(&at, life.as_deref(), |_| true, within).await {
                        Ok(boot) => vec![EventKind::GuardHeld { node, guard, value: Some(Value::String(boot)) }],
                        Err(unknown) => match unknown.away {
                            Some(gone) => away(node, host, Away { why: unknown.why, ..gone }),
                            None => vec![refused(format!("which boot {at} is in could not be asked: {}", unknown.why))],
                        },
                    }
                });
                None
            }
            Guard::Fetched(download) => {
                self.ask_fetched(key, node, guard, download)?;
                None
            }
            Guard::Check(command) => match place.ready(command, false, &self.world) {
                Err(why) => Some(refused(why)),
                Ok(ready) => {
                    self.fly_idle(key, async move {
                        vec![match ask(&ready).await {
                            Answered::Yes(_) => EventKind::NodeSatisfied { node },
                            Answered::No { .. } => EventKind::GuardHeld { node, guard, value: None },
                            Answered::Error { why } => refused(format!("`check` could not be asked: {why}")),
                            Answered::Away(gone) => return away(node, host, gone),
                        }]
                    });
                    None
                }
            },
        };
        if let Some(event) = now {
            self.ledger.commit(vec![event])?;
        }
        Ok(())
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

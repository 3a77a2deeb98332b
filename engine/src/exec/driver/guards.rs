//! Guards, postconditions, and what they say of a lost attempt. They only read, so they may run again (K5).

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::answers::{Answered, ask, read_value};
use super::bind::{Place, Ready};
use super::{DriveError, Driver};
use crate::plan::model::{Condition, Guard, NodeId, VerifySpec};
use crate::run::event::EventKind;

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
                                Answered::Away { why } => return away(node, host, why),
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
                            Err(unread) if unread.is_away => return away(node, host, unread.why),
                            Err(unread) => refused(format!("fact `{name}`: {}", unread.why)),
                        }]
                    });
                    None
                }
            },
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
                            Answered::Away { why } => return away(node, host, why),
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
                        Err(unheld) if unheld.is_away => return away(node, host, unheld.why),
                        Err(unheld) => EventKind::VerifyFailed { node, index, why: unheld.why },
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
                Err(why) => Told { done: None, why, is_away: false },
            };
            if told.is_away {
                return away(node, host, told.why);
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
pub(super) fn away(node: NodeId, host: Option<String>, why: String) -> Vec<EventKind> {
    let lost = host.map(|host| EventKind::HostLost { host, why: why.clone() });
    lost.into_iter().chain([EventKind::NodeUnreachable { node, why }]).collect()
}

/// What its guards say of a step, and in which words.
pub(super) struct Told {
    pub(super) done: Option<bool>,
    pub(super) why: String,
    /// Its host could not be asked.
    pub(super) is_away: bool,
}

pub(super) async fn tell(polls: Vec<Poll>, check: Option<Ready>) -> Told {
    let said = |done: bool, why: &str| Told { done: Some(done), why: why.to_owned(), is_away: false };
    let mut doubt = Told { done: None, why: "it has neither `verify` nor `check`".to_owned(), is_away: false };
    if !polls.is_empty() {
        let mut held = true;
        for poll in polls {
            if let Err(unheld) = poll.until_it_holds().await {
                held = false;
                doubt = Told { done: None, why: format!("`verify` does not hold: {}", unheld.why), is_away: unheld.is_away };
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
            Answered::Error { why } => Told { done: None, why: format!("`check` could not be asked: {why}"), is_away: false },
            Answered::Away { why } => Told { done: None, why: format!("`check` could not be asked: {why}"), is_away: true },
        },
    }
}

/// Why a postcondition does not hold.
pub(super) struct Unheld {
    why: String,
    is_away: bool,
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
                Answered::Error { why } => return Err(Unheld { why: format!("it could not be asked: {why}"), is_away: false }),
                // It was sought for as long as the command may take.
                Answered::Away { why } => return Err(Unheld { why, is_away: true }),
            };
            if began.elapsed() + self.every > self.within {
                let why = if self.within.is_zero() { said } else { format!("{said}, still after {} s", self.within.as_secs()) };
                return Err(Unheld { why, is_away: false });
            }
            tokio::time::sleep(self.every).await;
        }
    }
}

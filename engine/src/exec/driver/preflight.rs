//! O1: hosts greet, users are reached, facts are read, requirements asked. Nothing changes but the job folders.

use std::rc::Rc;
use std::time::Duration;

use super::answers::{read_secret, read_value};
use super::asking::{self, Asked, Said};
use super::bind::Place;
use super::news::News;
use super::{DriveError, Driver, ledger};
use crate::exec::keeper::KeeperError;
use crate::outcome::stranger;
use crate::plan::model::HostName;
use crate::plan::window::Window;
use crate::run::event::{EventKind, Purpose, Refusal};
use crate::run::state::Stage;
use crate::value::Type;

impl Driver<'_> {
    /// A run starts and resumes inside its window; a rollback never waits for one.
    pub(super) fn refuse_outside_window(&mut self) -> Result<(), DriveError> {
        if !matches!(self.ledger.state().purpose, Purpose::Run | Purpose::Resume) || self.options.outside_window.is_some() {
            return Ok(());
        }
        let why = self.plan.windows.iter().find_map(|window| match Window::parse(window) {
            Ok(open) if open.contains(ledger::now()) => None,
            Ok(_) => Some(format!("it is outside its window, {window}; to start all the same, give a reason: --outside-window REASON")),
            Err(why) => Some(format!("its window `{window}` can't be read: {why}")),
        });
        if let Some(why) = why {
            self.ledger.commit(vec![EventKind::StartRefused { why }])?;
        }
        Ok(())
    }

    pub(super) fn greet(&mut self, key: String, host: HostName) {
        let users = self.plan.hosts.iter().find(|h| h.name == host).map(|h| h.users.clone()).unwrap_or_default();
        let met = self.ledger.state().hosts.get(&host).map(|h| h.met.clone()).filter(|met| !met.life.is_empty());
        let patience = self.reboot_under_way(&host);
        let world = Rc::clone(&self.world);
        let before: Vec<String> = self.ledger.state().hands.iter().filter(|hand| **hand != self.people.name()).cloned().collect();
        self.fly(key, async move {
            vec![match world.greet(&host, met.as_ref().map(|met| met.life.as_str()), &users, patience).await {
                Ok((identity, claims)) => EventKind::HostGreeted { host, identity, claims },
                Err(error) => {
                    let how = match &error {
                        KeeperError::MemoryLost { .. } => Refusal::Forgotten,
                        KeeperError::Fenced { .. } => Refusal::Fenced,
                        other if other.away().is_some() => Refusal::Unreachable,
                        _ => Refusal::Unfit,
                    };
                    let other = match (&error, &met) {
                        (KeeperError::MemoryLost { machine, .. }, Some(met)) => stranger(&met.machine_id, machine),
                        _ => None,
                    };
                    // What a host remembers lies with the user who logs in there.
                    let why = match (how, other) {
                        (_, Some(other)) => format!("{other}. It remembers nothing of this run: look where the name {host} leads"),
                        (Refusal::Forgotten, None) if !before.is_empty() => {
                            format!("{error}; {} drove this run before: resume it as they do, or log in there as the same user", before.join(", "))
                        }
                        _ => error.to_string(),
                    };
                    EventKind::HostRefused { host, why, how }
                }
            }]
        });
    }

    /// How long a host may be away because a step of this run reboots it.
    fn reboot_under_way(&self, host: &str) -> Duration {
        let state = self.ledger.state();
        let rebooting = self
            .plan
            .iter()
            .filter(|(id, node)| node.host.as_deref() == Some(host) && matches!(state.stage(*id), Stage::Began { .. } | Stage::Unsettled { .. }));
        Duration::from_secs(rebooting.filter_map(|(_, node)| node.spec().and_then(|s| s.reboots)).max().unwrap_or(0))
    }

    pub(super) fn read_fact(&mut self, key: String, fact: u32, host: &HostName) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let spec = &plan.facts[fact as usize];
        let kind = plan.slots[spec.slot.index()].kind.clone();
        let host = host.clone();
        match Place::of_run(&plan, self.ledger.state(), Some(&host)).ready(&spec.command, false, &self.world) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::FactFailed { fact, host, why }])?;
            }
            Ok(mut ready) if kind == Type::Secret => {
                ready.call.hush = true;
                let (sender, slot) = (self.sender.clone(), spec.slot);
                self.fly(key, async move {
                    match read_secret(&ready).await {
                        Ok(value) => {
                            // The loop ends only with its run; then nobody needs it.
                            let _ = sender.send(News::Secret { slot, host, value });
                            Vec::new()
                        }
                        Err(why) => vec![EventKind::FactFailed { fact, host, why }],
                    }
                });
            }
            Ok(ready) => self.fly(key, async move {
                vec![match read_value(&ready, &kind).await {
                    Ok(value) => EventKind::FactRead { fact, host, value },
                    Err(unread) => EventKind::FactFailed { fact, host, why: unread.why },
                }]
            }),
        }
        Ok(())
    }

    pub(super) fn ask_require(&mut self, key: String, require: u32, host: Option<HostName>) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let spec = &plan.requires[require as usize];
        let place = Place::of_run(&plan, self.ledger.state(), host.as_deref());
        let why = place.text(&spec.why, &self.world);
        let named = host.as_ref().map_or_else(|| why.clone(), |h| format!("{why} ({h})"));
        let asked = asking::require(place, spec, named.clone(), &self.world);
        let told = move |said: Said| match said {
            Said::Refused { why } | Said::Unknown { why } | Said::Skipped { why } => EventKind::RequireFailed { require, host, why },
            Said::Away(away) => EventKind::RequireFailed { require, host, why: format!("could not be asked whether {named}: {}", away.why) },
            Said::Holds(_) | Said::Satisfied => EventKind::RequireHeld { require, host },
        };
        match asked {
            Asked::Said(said) => {
                self.ledger.commit(vec![told(said)])?;
            }
            Asked::Open(question) => self.fly(key, async move { vec![told(question.ask().await)] }),
        }
        Ok(())
    }
}

//! O4: what has become of the facts since the run read them, and whether a person goes on with what they were.

use std::rc::Rc;

use super::answers::read_value;
use super::bind::Place;
use super::{DriveError, Driver};
use crate::exec::people::{ChangedFact, Question, Reply};
use crate::plan::model::HostName;
use crate::run::event::{Actor, EventKind};
use crate::run::facts;

impl Driver<'_> {
    pub(super) fn see_fact(&mut self, key: String, fact: u32, host: HostName) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let spec = &plan.facts[fact as usize];
        let kind = plan.slots[spec.slot.index()].kind.clone();
        let was = self.ledger.state().slots.get(&spec.slot).and_then(|read| read.get(&host)).cloned();
        match Place::of_run(&plan, self.ledger.state(), Some(&host)).ready(&spec.command, false, &self.world) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::FactSeen { fact, host, changed: true, now: None, why: Some(why) }])?;
            }
            Ok(ready) => self.fly(key, async move {
                vec![match read_value(&ready, &kind).await {
                    Ok(now) if Some(&now) == was.as_ref() => EventKind::FactSeen { fact, host, changed: false, now: None, why: None },
                    Ok(now) => EventKind::FactSeen { fact, host, changed: true, now: Some(now), why: None },
                    Err(unread) => EventKind::FactSeen { fact, host, changed: true, now: None, why: Some(unread.why) },
                }]
            }),
        }
        Ok(())
    }

    /// Where nobody can be asked, the change has been told, and the run goes on with what it has read.
    pub(super) fn ask_facts(&mut self, key: String) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let name = |fact: u32| plan.slots[plan.facts[fact as usize].slot.index()].name.clone();
        let changed = facts::changed(&plan, self.ledger.state()).map(|changed| ChangedFact {
            name: name(changed.fact),
            host: changed.host.clone(),
            was: changed.was.display(),
            is: changed.is.map(crate::value::Value::display),
            is_ours: changed.is_ours,
        });
        let changed: Vec<ChangedFact> = changed.collect();
        let said: Vec<String> = changed.iter().map(ChangedFact::said).collect();
        let by = self.person();
        match self.put(Question::Facts { changed })? {
            Some(reply) => self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::Facts { go_on: true }) => vec![EventKind::FactsKept { by }],
                    Ok(Reply::Facts { go_on: false }) => {
                        vec![EventKind::PreflightFailed {
                            why: format!("facts have changed, and {} does not go on with what they were:\n{}", by.name(), said.join("\n")),
                        }]
                    }
                    _ => Vec::new(),
                }
            }),
            None => {
                self.ledger.commit(vec![EventKind::FactsKept { by: Actor::Policy }])?;
            }
        }
        Ok(())
    }
}

//! Attempts: recorded, sent, watched to their end, and found again after a crash.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::answers::{HOLDS_A_SECRET, capture};
use super::bind::{Place, Ready, output_limit};
use super::locks::Lost;
use super::sink::{CAPTURE_LIMIT, Recorded};
use super::world::World;
use super::{DriveError, Driver, guards};
use crate::exec::keeper::call::{Ended, Fate};
use crate::exec::keeper::{AttemptName, Away, Keeper, KeeperError, Outcome, When};
use crate::journal::Durable;
use crate::journal::output::{self, OutputFiles};
use crate::outcome::Exit;
use crate::plan::model::{CaptureSpec, Does, LOCAL, NodeId, SlotId, StepSpec, UndoSpec};
use crate::run::event::{Event, EventKind};
use crate::run::verdict::attempt_name;
use crate::value::Value;

/// How long after a command's own timeout its host may be out of reach.
pub(super) const SLACK: Duration = Duration::from_secs(30);
/// How long a host that was told to reboot is listened to before its boot id is looked at.
const REBOOT_PATIENCE: Duration = Duration::from_secs(5);

/// One attempt at a step or at its undo, and all that its end needs.
pub(super) struct Attempt {
    node: NodeId,
    number: u32,
    undoing: bool,
    pub(super) name: AttemptName,
    host: String,
    captures: Vec<CaptureSpec>,
    /// The boot that the host was in before a step that reboots it.
    boot: String,
    reboots: Option<Duration>,
    world: Rc<World>,
    sink: Recorded,
    /// It began in another process.
    found: bool,
    /// Bytes of output that were taken over before.
    offsets: (u64, u64),
    output_limit: u64,
}

impl Driver<'_> {
    pub(super) fn begin(&mut self, key: String, node: NodeId, attempt: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let epoch = self.ledger.state().epoch;
        let began = EventKind::StepBegan { node, attempt, epoch };
        let is_captured = plan.node(node).spec().is_some_and(|s| !s.captures.is_empty());
        match plan.node(node).spec().and_then(|s| s.does.as_ref()) {
            Some(Does::Run(command)) => match Place::of_node(&plan, self.ledger.state(), node).captured(is_captured).ready(command, true, &self.world) {
                Err(why) => {
                    self.ledger.commit(vec![EventKind::NodeRefused { node, why }])?;
                }
                Ok(ready) => {
                    let job = self.attempt(node, attempt, false, false)?;
                    if let Some(proof) = self.ledger.prove(began)? {
                        self.fly(key, send(proof, job, ready));
                    }
                }
            },
            Some(Does::Sleep(seconds)) => {
                let seconds = *seconds;
                if self.ledger.prove(began)?.is_some() {
                    self.fly(key, async move {
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                        vec![slept(node, attempt)]
                    });
                }
            }
            Some(Does::Upload(upload)) => self.begin_upload(key, node, attempt, upload)?,
            Some(Does::Download(download)) => self.begin_download(key, node, attempt, download)?,
            None => {}
        }
        Ok(())
    }

    pub(super) fn begin_undo(&mut self, key: String, node: NodeId, attempt: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let epoch = self.ledger.state().epoch;
        let Some(UndoSpec::Command(command)) = plan.node(node).spec().map(|s| &s.undo) else { return Ok(()) };
        let ready = Place::of_node(&plan, self.ledger.state(), node).ready(command, true, &self.world);
        let job = self.attempt(node, attempt, true, false)?;
        if let Some(proof) = self.ledger.prove(EventKind::UndoBegan { node, attempt, epoch })? {
            match ready {
                Ok(ready) => self.fly(key, send(proof, job, ready)),
                // An undo whose values can't be bound has failed: a person must do it.
                Err(why) => self.fly(key, async move { vec![EventKind::UndoRefused { node, attempt, why }] }),
            }
        }
        Ok(())
    }

    pub(super) fn recover(&mut self, key: String, node: NodeId, attempt: u32, undoing: bool) {
        let plan = Rc::clone(&self.plan);
        let spec = plan.node(node).spec();
        if !undoing && matches!(spec.and_then(|s| s.does.as_ref()), Some(Does::Sleep(_))) {
            let why = "the engine ended while it waited".to_owned();
            self.fly(key, async move { vec![EventKind::StepVoided { node, attempt, why }] });
            return;
        }
        if let (false, Some(Does::Download(download))) = (undoing, spec.and_then(|s| s.does.as_ref())) {
            return self.recover_download(key, node, attempt, download);
        }
        let found = self.attempt(node, attempt, undoing, true).map_err(|e| e.to_string());
        match found.and_then(|job| Ok((self.world.keeper(&job.host)?, job))) {
            Ok((keeper, job)) => {
                let patience = spec.map_or(Duration::from_secs(60), |s| patience(s, undoing));
                self.fly(key, find_again(job, keeper, patience));
            }
            Err(why) => self.fly(key, async move { vec![unsettled(node, attempt, undoing, why)] }),
        }
    }

    /// Where the output of an attempt goes that no job prints.
    pub(super) fn recorded(&self, node: NodeId, name: &str) -> Result<Recorded, DriveError> {
        let files = OutputFiles::open(self.ledger.folder(), self.ledger.run(), name)?;
        Ok(Recorded::new(Some(files), node, self.sender.clone(), false, false))
    }

    pub(super) fn attempt(&self, node: NodeId, number: u32, undoing: bool, found: bool) -> Result<Attempt, DriveError> {
        let at = self.plan.node(node);
        let spec = at.spec();
        let private = spec.is_some_and(|s| s.private);
        let name = attempt_name(&at.path, undoing, number);
        let files = if private { None } else { Some(OutputFiles::open(self.ledger.folder(), self.ledger.run(), &name)?) };
        let masks = self.world.masks();
        // Where secrets are masked, what is kept is not as long as what was printed: it is read again from its beginning.
        if let (false, Some(files)) = (masks.is_empty(), &files) {
            files.clear()?;
        }
        let offsets = files.as_ref().map_or((0, 0), OutputFiles::lengths);
        let captures = if undoing { Vec::new() } else { spec.map(|s| s.captures.clone()).unwrap_or_default() };
        let mut sink = Recorded::new(files, node, self.sender.clone(), !captures.is_empty(), private).without(&masks);
        if !captures.is_empty() && offsets.0 > 0 {
            sink.goes_on_from(output::read_beginning(self.ledger.folder(), self.ledger.run(), &name, "out", CAPTURE_LIMIT + 1)?);
        }
        let attempt = AttemptName::new(name)?;
        let host = at.host.clone().unwrap_or_else(|| LOCAL.to_owned());
        let boot = self.ledger.state().hosts.get(&host).map(|h| h.met.boot_id.clone()).unwrap_or_default();
        let reboots = spec.and_then(|s| s.reboots).filter(|_| !undoing).map(Duration::from_secs);
        Ok(Attempt {
            node,
            number,
            undoing,
            name: attempt,
            host,
            captures,
            boot,
            reboots,
            world: Rc::clone(&self.world),
            sink,
            found,
            offsets,
            output_limit: output_limit(spec),
        })
    }
}

/// Sends what the proof says has begun. There is no other way to send a changing command.
pub(super) async fn send(proof: Durable<Event>, mut job: Attempt, ready: Ready) -> Vec<EventKind> {
    let (EventKind::StepBegan { epoch, .. } | EventKind::UndoBegan { epoch, .. }) = proof.get().kind else { return Vec::new() };
    // A host that goes down with its connection says nothing more: its boot id does.
    let patience = if job.reboots.is_some() { REBOOT_PATIENCE } else { ready.call.timeout + SLACK };
    // A lock on another host than the command's: there the start looks itself.
    if let Some(lost) = job.world.lost_a_lock(&job.host).await {
        return job.overtaken(lost);
    }
    match ready.keeper.start(&job.name, epoch, &ready.call, When::within(patience), &mut job.sink).await {
        // Its keeper was killed under our eyes: its processes are waited for, as a resume would.
        Ok(Outcome::Found(Fate::Orphaned)) => find_again(job, ready.keeper, ready.call.timeout).await,
        outcome => job.became(outcome).await,
    }
}

/// K4: asks what became of it, which claims it, and follows it if it still runs.
async fn find_again(mut job: Attempt, keeper: Rc<Keeper>, patience: Duration) -> Vec<EventKind> {
    // The host is sought for as long as a job that is followed: the line may break in the moment of asking.
    let ask = async || keeper.ask_until(&job.name, Instant::now() + patience + SLACK).await;
    let fate = match ask().await {
        Ok(Fate::Orphaned) => match keeper.wait_group(&job.name, patience).await {
            Ok(true) => ask().await,
            Ok(false) => Ok(Fate::Orphaned),
            Err(error) => Err(error),
        },
        fate => fate,
    };
    let outcome = match fate {
        Ok(Fate::Ended(_) | Fate::Running) if job.reboots.is_none() => {
            keeper.attach(&job.name, job.offsets, job.output_limit, When::within(patience + SLACK), &mut job.sink).await
        }
        Ok(fate) => Ok(Outcome::Found(fate)),
        Err(error) => Err(error),
    };
    job.became(outcome).await
}

impl Attempt {
    /// What the target says, as events.
    async fn became(mut self, outcome: Result<Outcome, KeeperError>) -> Vec<EventKind> {
        match outcome {
            Ok(Outcome::NeverReached { why } | Outcome::Found(Fate::NeverReached { why })) => self.refused(format!("the command was never reached: {why}")),
            Ok(Outcome::Fenced { epoch }) => self.fenced(epoch),
            Ok(Outcome::Overtaken { lock, holder }) => self.overtaken(Lost::new(self.host.clone(), lock, holder)),
            Err(KeeperError::Fenced { epoch, .. }) if !self.found => self.fenced(epoch),
            Ok(Outcome::Found(Fate::Never)) => self.voided("the target shows that it never began"),
            Err(error @ (KeeperError::MemoryLost { .. } | KeeperError::CannotRecord { .. } | KeeperError::BadCall { .. })) if !self.found => {
                self.refused(error.to_string())
            }
            // Whatever else became of a command that reboots its host, the boot id tells.
            _ if self.reboots.is_some() => self.wait_for_reboot().await,
            Ok(Outcome::Ended(ended)) | Ok(Outcome::Found(Fate::Ended(ended))) => self.ended(ended),
            Ok(Outcome::Found(Fate::Rebooted)) => self.lost(format!("{} has rebooted since it began", self.host)),
            Ok(Outcome::Found(Fate::Forgotten)) => self.lost(forgotten(&self.host)),
            Ok(Outcome::Found(Fate::Lost)) => self.lost("its keeper died and nothing of it runs: its exit status is lost".to_owned()),
            Ok(Outcome::Found(Fate::Orphaned)) => self.unsettled("its keeper is dead and its processes still run".to_owned()),
            Ok(Outcome::Found(Fate::Running)) => self.unsettled("it still runs, and could not be followed".to_owned()),
            Ok(Outcome::Exists) => self.unsettled(format!("its id is taken on {}", self.host)),
            Err(error @ KeeperError::MemoryLost { .. }) => self.lost(error.to_string()),
            Err(error) => match (error.away(), error) {
                // An undo that was not sent is asked about like one that was: it is owed all the same.
                (Some(away), KeeperError::Unsent(_)) if !self.undoing => self.unsent(away),
                (Some(away), _) => self.with_its_host(away),
                (None, error) => self.unsettled(error.to_string()),
            },
        }
    }

    /// Nothing of it has run.
    pub(super) fn refused(&self, why: String) -> Vec<EventKind> {
        let (node, attempt) = (self.node, self.number);
        vec![if self.undoing { EventKind::UndoRefused { node, attempt, why } } else { EventKind::NodeRefused { node, why } }]
    }

    /// K6: nothing was started, and this process has no say any more.
    pub(super) fn fenced(&self, epoch: u64) -> Vec<EventKind> {
        let why = format!("another process has taken this run over on {} (epoch {epoch})", self.host);
        let mut events = self.voided(&why);
        events.push(EventKind::DriverLeft { why });
        events
    }

    /// Nothing was started, and nothing more is: the run parks.
    fn overtaken(&self, lost: Lost) -> Vec<EventKind> {
        let mut events = self.voided(&lost.why());
        events.push(lost.into_event());
        events
    }

    fn voided(&self, why: &str) -> Vec<EventKind> {
        let (node, attempt, why) = (self.node, self.number, why.to_owned());
        vec![if self.undoing { EventKind::UndoVoided { node, attempt, why } } else { EventKind::StepVoided { node, attempt, why } }]
    }

    fn lost(&self, why: String) -> Vec<EventKind> {
        let (node, attempt) = (self.node, self.number);
        vec![if self.undoing { EventKind::UndoLost { node, attempt, why } } else { EventKind::StepLost { node, attempt, why } }]
    }

    /// Its host can't be reached, and its command was never sent.
    pub(super) fn unsent(&self, away: Away) -> Vec<EventKind> {
        guards::away(self.node, Some(self.host.clone()), away)
    }

    /// Its host can't be reached, and so nobody knows what becomes of it.
    fn with_its_host(&self, away: Away) -> Vec<EventKind> {
        let lost = guards::lost(self.host.clone(), &away);
        [lost].into_iter().chain(self.unsettled(away.why)).collect()
    }

    fn unsettled(&self, why: String) -> Vec<EventKind> {
        vec![unsettled(self.node, self.number, self.undoing, why)]
    }

    fn ended(&mut self, ended: Ended) -> Vec<EventKind> {
        let (node, attempt) = (self.node, self.number);
        // A command that was given a secret is masked on its host: then only the mask is left of it here.
        let hidden = self.sink.end() || !self.world.masks().is_empty() && self.sink.captured_a_mask();
        if self.undoing {
            return vec![EventKind::UndoEnded { node, attempt, ended }];
        }
        // What is captured goes through memory: a full disk here cuts what is kept, and no value.
        let captured = self.captured(&ended);
        let ended = Ended { cut: ended.cut || self.sink.damaged, ..ended };
        let (captures, capture_error) = match captured {
            (captures, None) if hidden && !captures.is_empty() => (Vec::new(), Some(HOLDS_A_SECRET.to_owned())),
            captured => captured,
        };
        vec![EventKind::StepEnded { node, attempt, ended, captures, capture_error }]
    }

    fn captured(&mut self, ended: &Ended) -> (Vec<(SlotId, Value)>, Option<String>) {
        let out = match self.sink.take_captured().filter(|_| ended.exit.is_success()) {
            None => return (Vec::new(), None),
            Some(Err(why)) => return (Vec::new(), Some(why)),
            Some(Ok(out)) => out,
        };
        if ended.cut {
            // The beginning of a value is another value.
            return (Vec::new(), Some("its output was not kept whole (the disk is full, or it is over the limit)".to_owned()));
        }
        let mut values = Vec::with_capacity(self.captures.len());
        for spec in &self.captures {
            match capture(&spec.kind, &out) {
                Ok(value) => values.push((spec.slot, value)),
                Err(why) => return (Vec::new(), Some(why)),
            }
        }
        (values, None)
    }

    /// Done when the host answers with another boot id; its exit status means nothing.
    async fn wait_for_reboot(self) -> Vec<EventKind> {
        let (node, attempt) = (self.node, self.number);
        let within = self.reboots.unwrap_or_default();
        match self.world.boot(&self.host, None, |boot| boot != self.boot, within).await {
            Ok(boot_id) => vec![EventKind::HostRebooted { node, attempt, boot_id }],
            Err(missed) => {
                let lost = missed.away.map(|away| guards::lost(self.host.clone(), &Away { why: missed.why.clone(), ..away }));
                lost.into_iter().chain([EventKind::RebootMissed { node, attempt, why: missed.why }]).collect()
            }
        }
    }
}

/// How long the group of a dead keeper's job may go on before a person is asked.
fn patience(spec: &StepSpec, undoing: bool) -> Duration {
    let command = match (&spec.does, &spec.undo) {
        (_, UndoSpec::Command(command)) if undoing => Some(command),
        (Some(does), _) if !undoing => does.command(),
        _ => None,
    };
    Duration::from_secs(command.map_or(60, |c| c.timeout))
}

fn unsettled(node: NodeId, attempt: u32, undoing: bool, why: String) -> EventKind {
    if undoing { EventKind::UndoUnsettled { node, attempt, why } } else { EventKind::StepUnsettled { node, attempt, why } }
}

fn forgotten(host: &str) -> String {
    KeeperError::MemoryLost { host: host.to_owned(), machine: String::new() }.to_string()
}

fn slept(node: NodeId, attempt: u32) -> EventKind {
    EventKind::StepEnded { node, attempt, ended: Exit::Code(0).into(), captures: Vec::new(), capture_error: None }
}

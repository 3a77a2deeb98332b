//! The one loop: decide, record, send, take the answers in.
//!
//! [`Driver::turn`] asks [`crate::run::decide`] what may be done now. Decisions are recorded at once; commands are
//! rendered, their intent is recorded, and only the proof of that sends them. Answers come back as [`News`], are
//! recorded, and the loop turns again.

mod answers;
mod asking;
mod begin;
mod bind;
mod budget;
mod facts;
mod failure;
mod guarded;
mod guards;
mod hooks;
mod idle;
mod ledger;
mod locks;
mod news;
mod people;
mod preflight;
mod proof;
mod shell;
pub(super) mod signals;
mod sink;
mod stepping;
mod survey;
mod transfer;
mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::MissedTickBehavior;

pub use self::guarded::guards as ask_guards;
use self::ledger::Ledger;
use self::news::News;
use self::signals::Signals;
pub use self::survey::{Facts, Looker, Seen, survey};
use self::world::World;
use super::people::{People, Seat};
use super::signature::Doubt;
use super::watch::Watch;
use crate::journal::{Journal, JournalError, files};
use crate::plan::model::{HostName, LOCAL, NodeId, Plan, SlotId};
use crate::run::edit::Plans;
use crate::run::event::{Actor, EventKind, Purpose};
use crate::run::fold::IllegalEvent;
use crate::run::state::RunState;
use crate::run::{Effect, decide, verdict};
use crate::value::SecretText;

/// How often answers from other processes are looked for: 2 µs each time.
const LOOK: Duration = Duration::from_millis(50);

/// How a process drives a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `-F` of every ssh.
    pub ssh_config: Option<PathBuf>,
    /// Given beforehand by `--answer GATE=CHOICE`: by gate path.
    pub answers: BTreeMap<String, String>,
    /// Why the run may start outside its window.
    pub outside_window: Option<String>,
    /// The params that no plan holds, by their places.
    pub secrets: Vec<(SlotId, SecretText)>,
    /// Variables of this process that none of its children may see.
    pub hidden_env: Vec<OsString>,
    /// The folder of whoever started the run: where a `download` with a relative path goes.
    pub here: PathBuf,
    /// Why locks that others hold may be taken from them.
    pub take_lock: Option<String>,
    /// Stay while a gate is open, though nobody can be asked here.
    pub wait: bool,
    /// After how long without work a host's connection is let go; never without.
    pub idle: Option<Duration>,
    /// A person's word: these steps are tried again, whatever became of them.
    pub retry: BTreeSet<NodeId>,
    /// Stop before every step, and ask.
    pub step: bool,
    /// A person's word on hosts that have forgotten this run, with the reason: they are met anew.
    pub forgotten: BTreeMap<HostName, String>,
    /// A person's word on hosts that are gone for good, with the reason: the run is closed without them.
    pub gone: BTreeMap<HostName, String>,
    /// A person's word on scopes when the run is closed: whether they are released, whatever their policies.
    pub scopes: BTreeMap<NodeId, bool>,
}

/// How a process left a run.
#[derive(Debug)]
pub struct Left {
    pub state: RunState,
    /// Ended by a signal, with jobs perhaps still running on their targets.
    pub interrupted: bool,
    /// The journal's last hash.
    pub head: String,
}

#[derive(Debug, Error)]
pub enum DriveError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the journal of this run does not fold: {0}; nothing was sent")]
    Illegal(#[from] IllegalEvent),
    #[error(transparent)]
    Keeper(#[from] crate::exec::keeper::KeeperError),
    #[error(transparent)]
    Doubtful(Box<Doubt>),
    #[error("run {run} is driven by who signs for it: {why}; nothing was sent")]
    Unsigned { run: String, why: String },
    #[error("run {run} is {state}: nothing can follow")]
    Final { run: String, state: &'static str },
}

/// Drives a run until it ends, waits for a person, or this process is told to go. The caller holds the driver's lock.
///
/// # Errors
/// The journal can't be written or read. Nothing was sent that is not in it.
pub async fn drive(journal: Journal, plans: Plans, purpose: Purpose, options: Options, people: &dyn People, watch: &mut dyn Watch) -> Result<Left, DriveError> {
    let plan = Rc::clone(plans.now());
    let mut ledger = Ledger::open(journal, plans, watch)?;
    if !ledger.state().may_be_driven(&plan, &purpose) {
        return Err(DriveError::Final { run: ledger.run().to_owned(), state: verdict::word(ledger.state()) });
    }
    let world = Rc::new(World::new(&plan, &ledger, &options));
    for (slot, secret) in &options.secrets {
        world.mask(ledger.know(*slot, String::new(), secret.clone()));
    }
    let drives = async {
        // The local shell starts while the disk takes the first event. It writes nothing before it is greeted.
        if plan.hosts.iter().any(|h| h.name == LOCAL) {
            world.reach_early(LOCAL);
            tokio::task::yield_now().await;
        }
        if let Some(after) = options.idle {
            tokio::task::spawn_local(Rc::clone(&world).let_idle_go(after));
        }
        ledger.start_driver(purpose, people, options.take_lock.is_some())?;
        ledger.commit(words_given_beforehand(&options, &people.name()))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let driver = Driver {
            plan: Rc::clone(&plan),
            ledger,
            world: Rc::clone(&world),
            people,
            options,
            flights: HashMap::new(),
            sender,
            receiver,
            signals: Signals::listen(),
            retried: None,
            interrupted: false,
            nobody: BTreeSet::new(),
            unproven: BTreeMap::new(),
            seats: BTreeMap::new(),
        };
        driver.run().await
    };
    LocalSet::new().run_until(drives).await
}

/// What a person says of hosts, and of how it goes on, beforehand.
fn words_given_beforehand(options: &Options, operator: &str) -> Vec<EventKind> {
    let by = || Actor::Person(operator.to_owned());
    let forgotten = options.forgotten.iter().map(|(host, why)| EventKind::MemoryAccepted { host: host.clone(), by: by(), why: why.clone() });
    let gone = options.gone.iter().map(|(host, why)| EventKind::HostGivenUp { host: host.clone(), by: by(), why: why.clone() });
    let scopes = options.scopes.iter().map(|(scope, release)| EventKind::ScopeDecided { scope: *scope, release: *release, by: by() });
    let step = options.step.then(|| EventKind::StepModeBegan { by: by() });
    forgotten.chain(gone).chain(scopes).chain(step).collect()
}

struct Driver<'a> {
    plan: Rc<Plan>,
    ledger: Ledger<'a>,
    world: Rc<World>,
    people: &'a dyn People,
    options: Options,
    /// What is under way, by its effect.
    flights: HashMap<String, Flight>,
    sender: mpsc::UnboundedSender<News>,
    receiver: mpsc::UnboundedReceiver<News>,
    signals: Signals,
    /// What had failed when a resume began: without a terminal, going on means to try it once more.
    retried: Option<BTreeSet<NodeId>>,
    interrupted: bool,
    /// Questions that nobody here can be asked.
    nobody: BTreeSet<String>,
    /// Steps that a person says are done, and what their own guards say.
    unproven: BTreeMap<NodeId, String>,
    /// How the person who wants a shell gets there.
    seats: BTreeMap<NodeId, Result<Seat, String>>,
}

struct Flight {
    task: JoinHandle<()>,
    /// A question or a timer: it can be taken back, and its answer may come from elsewhere.
    idle: bool,
}

/// Why the loop ends.
enum Leave {
    /// The run is over, parked, stuck or refused.
    Settled,
    /// Nothing is left but questions that nobody here can be asked.
    Waiting,
    /// A second Ctrl-C, SIGTERM or SIGHUP.
    Told,
}

impl Driver<'_> {
    async fn run(mut self) -> Result<Left, DriveError> {
        self.refuse_outside_window()?;
        // Not a sleep: a command that prints without end must not keep it from ever coming.
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let leave = loop {
            if let Some(leave) = self.turn()? {
                break leave;
            }
            tokio::select! {
                Some(news) = self.receiver.recv() => self.take(news)?,
                told = self.signals.next() => {
                    // It has ended already, and only tells of it.
                    if !self.ledger.state().driven {
                        break Leave::Settled;
                    }
                    if self.heed(told)? {
                        break Leave::Told;
                    }
                }
                _ = look.tick() => {
                    self.ledger.look()?;
                    self.watch_budgets()?;
                    self.ledger.pass();
                }
            }
            // What came at the same moment is recorded in the same breath.
            while let Ok(news) = self.receiver.try_recv() {
                self.take(news)?;
            }
        };
        self.leave(&leave).await?;
        Ok(Left { interrupted: self.interrupted, head: self.ledger.head().to_owned(), state: self.ledger.into_state() })
    }

    /// Decides, records and sends until nothing more can be done without an answer.
    fn turn(&mut self) -> Result<Option<Leave>, DriveError> {
        loop {
            self.remember_what_failed();
            self.forget_interrupt();
            self.lapse_answers();
            self.tell()?;
            let effects = decide(&self.plan, self.ledger.state());
            self.take_back_questions(&effects);
            let (recorded, sent): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(|e| matches!(e, Effect::Record(_) | Effect::Reach { .. }));
            if !recorded.is_empty() {
                let now = ledger::now();
                let kinds = recorded.into_iter().filter_map(|effect| match effect {
                    Effect::Record(kind) => Some(kind),
                    Effect::Reach { node } => Some(EventKind::NodeReached { node, now }),
                    _ => None,
                });
                self.ledger.note(kinds.collect());
                continue;
            }
            let before = self.ledger.state().seq;
            for effect in sent {
                self.send(effect)?;
            }
            if self.ledger.state().seq == before {
                break;
            }
        }
        self.ledger.commit(Vec::new())?;
        if !self.ledger.state().driven {
            return Ok((!self.is_telling()).then_some(Leave::Settled));
        }
        let waiting = self.flights.is_empty() && !self.nobody.is_empty() && !self.options.wait;
        Ok(waiting.then_some(Leave::Waiting))
    }

    /// Begins what an effect asks for, unless it is under way.
    fn send(&mut self, effect: Effect) -> Result<(), DriveError> {
        let key = format!("{effect:?}");
        if self.flights.contains_key(&key) {
            return Ok(());
        }
        match effect {
            Effect::Greet { host } => self.greet(key, host),
            Effect::TakeLock { host, lock } => self.take_lock(key, host, lock),
            Effect::ReleaseLock { host, lock } => self.release_lock(key, host, lock),
            Effect::ReadFact { fact, host } => self.read_fact(key, fact, &host)?,
            Effect::SeeFact { fact, host } => self.see_fact(key, fact, host)?,
            Effect::AskFacts => self.ask_facts(key)?,
            Effect::AskRequire { require, host } => self.ask_require(key, require, host)?,
            Effect::AskGuard { node, guard } => self.ask_guard(key, node, guard)?,
            Effect::Begin { node, attempt } => self.begin(key, node, attempt)?,
            Effect::BeginUndo { node, attempt } => self.begin_undo(key, node, attempt)?,
            Effect::Recover { node, attempt, undoing } => self.recover(key, node, attempt, undoing),
            Effect::Verify { node, index } => self.verify(key, node, index)?,
            Effect::Probe { node, attempt } => self.probe(key, node, attempt),
            Effect::AwaitRetry { node, seconds } => self.fly_idle(key, async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                vec![EventKind::RetryDue { node }]
            }),
            Effect::AskManual { node } => self.ask_manual(node)?,
            Effect::AwaitManual { node } => self.await_manual(key, node)?,
            Effect::OpenGate { node, opening } => self.open_gate(key, node, opening)?,
            Effect::AwaitGate { node, opening } => self.await_gate(key, node, opening)?,
            Effect::AskFailure { node } => self.ask_failure(key, node)?,
            Effect::AskStep { node } => self.ask_step(key, node)?,
            Effect::Shell { node } => self.open_shell(key, node)?,
            Effect::AskInterrupt => self.ask_interrupt(key)?,
            Effect::AskUndoManual { node } => self.ask_undo_manual(key, node)?,
            Effect::AskScope { node } => self.ask_scope(key, node)?,
            // Recorded before anything is sent.
            Effect::Reach { .. } | Effect::Record(_) => {}
        }
        Ok(())
    }

    /// Starts a task whose answer is events.
    fn fly(&mut self, key: String, work: impl Future<Output = Vec<EventKind>> + 'static) {
        self.launch(key, false, work);
    }

    /// The same for questions and timers, which are taken back when they are no longer wanted.
    fn fly_idle(&mut self, key: String, work: impl Future<Output = Vec<EventKind>> + 'static) {
        self.launch(key, true, work);
    }

    fn launch(&mut self, key: String, idle: bool, work: impl Future<Output = Vec<EventKind>> + 'static) {
        let sender = self.sender.clone();
        let name = key.clone();
        let task = tokio::task::spawn_local(async move {
            let events = work.await;
            // The loop ends only with its run; then nobody waits for this answer.
            let _ = sender.send(News::Answer { key: name, events });
        });
        self.flights.insert(key, Flight { task, idle });
    }

    /// A question that the state no longer asks is taken back: it was answered elsewhere.
    fn take_back_questions(&mut self, wanted: &[Effect]) {
        if self.flights.values().all(|f| !f.idle) && self.nobody.is_empty() {
            return;
        }
        let wanted: BTreeSet<String> = wanted.iter().map(|e| format!("{e:?}")).collect();
        self.flights.retain(|key, flight| {
            let keep = !flight.idle || wanted.contains(key);
            if !keep {
                flight.task.abort();
            }
            keep
        });
        self.nobody.retain(|key| wanted.contains(key));
    }

    fn take(&mut self, news: News) -> Result<(), DriveError> {
        match news {
            News::Answer { key, events } => {
                if self.flights.remove(&key).is_some() {
                    self.ledger.note(events);
                }
            }
            News::Seat { node, seat } => {
                self.seats.insert(node, seat);
            }
            News::Unproven { node, said } => {
                self.unproven.insert(node, said);
            }
            News::Secret { slot, host, value } => self.world.mask(self.ledger.know(slot, host, value)),
            News::Output { node, stream, bytes } => self.ledger.show_output(node, stream, &bytes),
        }
        Ok(())
    }

    /// Lets go of the targets. What still runs there goes on; its records wait for a resume.
    async fn leave(&mut self, leave: &Leave) -> Result<(), DriveError> {
        for flight in self.flights.values() {
            flight.task.abort();
        }
        match leave {
            Leave::Settled => {
                if self.ledger.state().phase.is_final() {
                    self.world.clean().await;
                    files::let_go(self.ledger.folder(), self.ledger.run());
                }
            }
            Leave::Waiting => {
                self.ledger.commit(vec![EventKind::DriverLeft { why: "waiting for a person".to_owned() }])?;
            }
            Leave::Told => {
                self.ledger.commit(vec![EventKind::DriverLeft { why: "told to go".to_owned() }])?;
            }
        }
        self.world.close().await;
        Ok(())
    }
}

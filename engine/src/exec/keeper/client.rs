//! The engine's side of a host: a few channels, opened when needed, given back after each request.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, sleep},
};

use super::{
    AttemptName, KeeperError,
    call::{Call, Ended, Fate, Identity, Sink},
    channel::{Channel, text},
    error::Broken,
    follow::{Follow, Followed, exit},
    lock::{self, Holder},
    name::plain,
    request::{self, Request, line},
    when::When,
};
use crate::exec::transport::{Connection, Connector, Pipe, Target, Unreachable};

/// Below the ten sessions that sshd allows a connection by default.
const CHANNELS: usize = 8;
/// An idle channel older than this is asked whether it lives before a job is sent over it.
const FRESH: Duration = Duration::from_secs(2);

/// Where a run remembers its jobs on a target.
#[derive(Debug, Clone)]
pub struct RunFolder {
    pub run_id: String,
    /// `${XDG_STATE_HOME:-$HOME/.local/state}/runbook/jobs` of the login user when absent.
    pub base: Option<String>,
    /// [`lock::FOLDER`] when absent.
    pub locks: Option<String>,
}

/// What a host says at the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    pub identity: Identity,
    /// Attempts that left a trace here; one that the journal does not know means that the journal is behind (K6).
    pub claims: Vec<String>,
    /// The highest epoch before this one, 0 for none.
    pub known_epoch: u64,
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Ended(Ended),
    /// Not begun as its user: sudo, setsid or the folder refused. Nothing to undo.
    NeverReached {
        why: String,
    },
    /// Another driver wrote a higher epoch; nothing was started, and the attempt's name is void.
    Fenced {
        epoch: u64,
    },
    /// A lock of this run is another's by now; nothing was started, and the attempt's name is void.
    Overtaken {
        lock: String,
        holder: Holder,
    },
    /// The attempt's name is taken: it ran, runs, or was voided. `ask` tells.
    Exists,
    /// After a lost connection or a dead keeper: what the host said then.
    Found(Fate),
}

/// What became of taking a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locking {
    /// Ours, under this number.
    Held(u64),
    Locked(Holder),
}

/// How a person's stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    Gone,
    Alive,
    /// It had ended by itself.
    HadEnded,
}

/// The keeper of one run on one host.
pub struct Keeper {
    connector: Connector,
    target: Target,
    folder: RunFolder,
    connection: Mutex<Option<Arc<Connection>>>,
    idle: std::sync::Mutex<Vec<Channel>>,
    seats: Semaphore,
    life: std::sync::Mutex<Option<String>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("target", &self.target).field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Recovers the value of a lock whose holder panicked: what it guards is replaced whole, never in parts.
fn held<T>(lock: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Keeper {
    /// Reaches the host and finds a shell there. Nothing is written yet: that is `hello`'s.
    ///
    /// # Errors
    /// When it can't be reached, or what answers is not a shell.
    pub async fn connect(connector: &Connector, target: &Target, folder: &RunFolder) -> Result<Self, KeeperError> {
        if !plain(&folder.run_id) {
            return Err(KeeperError::BadCall { why: format!("`{}` can't name a run", folder.run_id) });
        }
        let keeper = Self {
            connector: connector.clone(),
            target: target.clone(),
            folder: folder.clone(),
            connection: Mutex::new(None),
            idle: std::sync::Mutex::default(),
            seats: Semaphore::new(CHANNELS),
            life: std::sync::Mutex::default(),
        };
        let channel = match keeper.open().await {
            // The line may have broken in that moment: what is no shell is none a second time.
            Err(KeeperError::NotAShell { ended: true, .. }) => keeper.open().await?,
            opened => opened?,
        };
        keeper.give_back(channel);
        Ok(keeper)
    }

    /// The run's folder, the life mark (an absent one is made only when `life` is `None`), this driver's epoch; then who
    /// the host is and what it remembers. `who` is this process: a word that no other process has.
    ///
    /// # Errors
    /// Memory lost, another driver, or a host on which nothing could be recorded.
    pub async fn hello(&self, life: Option<&str>, epoch: u64, who: &str) -> Result<Hello, KeeperError> {
        let new_life = request::nonce()?;
        let request = line("hello", "-", life.unwrap_or("-"), &[&epoch.to_string(), &new_life, who])?;
        self.asking(&request, async |channel| {
            let first = channel.frame().await?;
            let words: Vec<&str> = first.iter().map(String::as_str).collect();
            let ["hello", life, machine, boot, bash, sums, known] = words[..] else { return Ok(Err(first)) };
            let mut hello = Hello {
                identity: Identity {
                    machine_id: if machine == "-" { String::new() } else { machine.into() },
                    boot_id: boot.into(),
                    life: life.into(),
                    bash: bash == "yes",
                    sums: sums == "yes",
                },
                claims: Vec::new(),
                known_epoch: known.parse().unwrap_or(0),
            };
            loop {
                match channel.frame().await?.as_slice() {
                    [word, name] if word == "claim" => hello.claims.push(name.clone()),
                    [word] if word == "done" => return Ok(Ok(hello)),
                    other => return Ok(Err(other.to_vec())),
                }
            }
        })
        .await
        .inspect(|hello| *held(&self.life) = Some(hello.identity.life.clone()))
    }

    /// Does `sudo -n -H -u user` really run there, as that user?
    ///
    /// # Errors
    /// When it does not, with what sudo said.
    pub async fn reach_user(&self, user: &str) -> Result<(), KeeperError> {
        let request = line("user", "-", "-", &[user])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            Ok(if frame == ["reached"] { Ok(()) } else { Err(frame) })
        })
        .await
        .map_err(|error| match error {
            KeeperError::UserNotReached { host, why, .. } => KeeperError::UserNotReached { host, user: user.into(), why },
            other => other,
        })
    }

    /// Runs a command that changes nothing. It is not recorded, and may run a second time when the connection is lost.
    ///
    /// # Errors
    /// Also when the command was not reached: that is never a "no" (K5).
    pub async fn read(&self, call: &Call, when: When, sink: &mut dyn Sink) -> Result<Ended, KeeperError> {
        let _seat = self.seat().await?;
        let mut follow = Follow::new(sink, call.output_limit);
        loop {
            let request = request::command(if call.hush { "hush" } else { "read" }, "-", &self.life(), 0, grace(when), call)?;
            let mut channel = self.channel(when.deadline).await?;
            channel.patience = Some(when.over());
            match self.followed(&mut channel, &request, &mut follow).await {
                Ok(Followed::Ended { ended, reached, why, held }) => {
                    self.done_with(channel, held);
                    return if reached { Ok(ended) } else { Err(KeeperError::NotReached { host: self.host(), why }) };
                }
                Ok(Followed::Gone) => return Err(KeeperError::NotReached { host: self.host(), why: "its keeper was killed".into() }),
                Ok(Followed::No { word, detail }) => return Err(self.refusal(&[word, detail])),
                Err(Broken::Lost) if follow.untouched() && Instant::now() < when.deadline => {}
                Err(broken) => return Err(self.broken(broken)),
            }
        }
    }

    /// Runs a command once: claimed, fenced, recorded, followed to its end. When the connection is lost the job goes on,
    /// and is followed again from the last byte for as long as `when` allows.
    ///
    /// # Errors
    /// `ConnectionLost` when the connection did not come back: the job may go on.
    pub async fn start(&self, attempt: &AttemptName, epoch: u64, call: &Call, when: When, sink: &mut dyn Sink) -> Result<Outcome, KeeperError> {
        let _seat = self.seat().await?;
        let request = request::command("start", attempt.as_str(), &self.life(), epoch, grace(when), call)?;
        let mut channel = self.channel(when.deadline).await?;
        channel.patience = Some(when.over());
        let mut follow = Follow::new(sink, call.output_limit);
        match self.followed(&mut channel, &request, &mut follow).await {
            Ok(followed) => self.outcome(attempt, when, channel, followed).await,
            Err(Broken::Lost) => self.resume(attempt, when, follow).await,
            Err(broken) => Err(self.broken(broken)),
        }
    }

    /// Follows a job that another channel, or another process, began: from these bytes of its output on.
    ///
    /// # Errors
    /// As `start`.
    pub async fn attach(&self, attempt: &AttemptName, (out, err): (u64, u64), limit: u64, when: When, sink: &mut dyn Sink) -> Result<Outcome, KeeperError> {
        let _seat = self.seat().await?;
        self.resume(attempt, when, Follow::from(sink, limit, out, err)).await
    }

    /// What became of an attempt. Asking claims: without a trace it is void from now on.
    ///
    /// # Errors
    /// Memory lost, or a disk on which nothing can be claimed.
    pub async fn ask(&self, attempt: &AttemptName) -> Result<Fate, KeeperError> {
        self.ask_until(attempt, Instant::now()).await
    }

    /// The same of a host that is sought until then.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn ask_until(&self, attempt: &AttemptName, deadline: Instant) -> Result<Fate, KeeperError> {
        let request = line("ask", attempt.as_str(), &self.life(), &[])?;
        let fate = self.asking_until(deadline, &request, async |channel| Ok(Ok(channel.frame().await?))).await?;
        self.fate(attempt, &fate)
    }

    /// Stops a job at a person's word, and looks that nothing of it is left.
    ///
    /// # Errors
    /// When there is nothing of that name, or the host can't be reached.
    pub async fn stop(&self, attempt: &AttemptName, grace: Duration) -> Result<Killed, KeeperError> {
        let request = line("stop", attempt.as_str(), &self.life(), &[&grace.as_secs().max(1).to_string()])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            let words: Vec<&str> = frame.iter().map(String::as_str).collect();
            Ok(match words[..] {
                ["stopped", "gone"] => Ok(Killed::Gone),
                ["stopped", "ended"] => Ok(Killed::HadEnded),
                ["stopped", _] => Ok(Killed::Alive),
                _ => Err(frame),
            })
        })
        .await
    }

    /// Waits for the process group of an orphaned job. True when nothing of it lives any more. The host is sought for as
    /// long.
    ///
    /// # Errors
    /// When the host can't be reached.
    pub async fn wait_group(&self, attempt: &AttemptName, patience: Duration) -> Result<bool, KeeperError> {
        let request = line("wait", attempt.as_str(), &self.life(), &[&patience.as_secs().to_string()])?;
        self.asking_until(Instant::now() + patience, &request, async |channel| {
            let frame = channel.frame().await?;
            Ok(if frame.first().is_some_and(|word| word == "waited") { Ok(frame[1..] == ["empty"]) } else { Err(frame) })
        })
        .await
    }

    /// Removes the run's folder from the host, and with it all memory of the run.
    ///
    /// # Errors
    /// When the memory is already another's, or the host can't be reached.
    pub async fn clean(&self) -> Result<(), KeeperError> {
        let request = line("clean", "-", &self.life(), &[])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            Ok(if frame == ["done"] { Ok(()) } else { Err(frame) })
        })
        .await
    }

    /// The same without waiting: the keeper does it when it comes to it, also after this process has ended.
    ///
    /// # Errors
    /// When the word could not be sent.
    pub async fn clean_and_forget(&self) -> Result<(), KeeperError> {
        let request = line("clean", "-", &self.life(), &[])?;
        let mut channel = self.channel(Instant::now()).await?;
        channel.send(&request).await.map_err(|broken| self.broken(broken))
    }

    /// The host's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.target.name()
    }

    /// Closes the channels and the ssh master. Jobs go on.
    pub async fn close(self) {
        held(&self.idle).clear();
        if let Some(connection) = self.connection.lock().await.take()
            && let Ok(connection) = Arc::try_unwrap(connection)
        {
            connection.close().await;
        }
    }

    async fn followed(&self, channel: &mut Channel, request: &Request, follow: &mut Follow<'_>) -> Result<Followed, Broken> {
        channel.send(request).await?;
        follow.until_its_end(channel).await
    }

    async fn outcome(&self, attempt: &AttemptName, when: When, channel: Channel, followed: Followed) -> Result<Outcome, KeeperError> {
        match followed {
            Followed::Ended { ended, reached, why, held } => {
                self.done_with(channel, held);
                Ok(if reached { Outcome::Ended(ended) } else { Outcome::NeverReached { why } })
            }
            Followed::Gone => {
                self.give_back(channel);
                Ok(Outcome::Found(self.ask_until(attempt, when.deadline).await?))
            }
            Followed::No { word, detail } => {
                self.give_back(channel);
                match word.as_str() {
                    "exists" => Ok(Outcome::Exists),
                    "fenced" => Ok(Outcome::Fenced { epoch: detail.parse().unwrap_or(0) }),
                    "overtaken" => {
                        let words: Vec<&str> = detail.split(' ').collect();
                        let [lock, number, text, by] = words[..] else { return Err(self.refusal(&[word, detail])) };
                        Ok(Outcome::Overtaken { lock: lock::name(lock), holder: Holder::read(number, text, by) })
                    }
                    _ => Err(self.refusal(&[word, detail])),
                }
            }
        }
    }

    /// After a lost connection: ask first (a start that never arrived is void from then on), then follow on.
    async fn resume(&self, attempt: &AttemptName, when: When, mut follow: Follow<'_>) -> Result<Outcome, KeeperError> {
        loop {
            let mut channel = self.channel(when.deadline).await?;
            channel.patience = Some(when.over());
            match self.resumed(attempt, &mut channel, &mut follow).await {
                Ok(Ok(followed)) => return self.outcome(attempt, when, channel, followed).await,
                Ok(Err(frame)) => {
                    self.give_back(channel);
                    return match self.fate(attempt, &frame)? {
                        Fate::NeverReached { why } => Ok(Outcome::NeverReached { why }),
                        fate => Ok(Outcome::Found(fate)),
                    };
                }
                Err(Broken::Lost) if Instant::now() < when.over() => {}
                Err(broken) => return Err(self.broken(broken)),
            }
        }
    }

    async fn resumed(&self, attempt: &AttemptName, channel: &mut Channel, follow: &mut Follow<'_>) -> Result<Result<Followed, Vec<String>>, Broken> {
        let made = |request: Result<Request, KeeperError>| request.map_err(|error| Broken::Protocol { what: error.to_string() });
        channel.send(&made(line("ask", attempt.as_str(), &self.life(), &[]))?).await?;
        let fate = channel.frame().await?;
        if !matches!(fate.get(1).map(String::as_str), Some("running" | "ended")) {
            return Ok(Err(fate));
        }
        let (out, err) = follow.offsets();
        let words = [out.to_string(), err.to_string()];
        channel.send(&made(line("attach", attempt.as_str(), &self.life(), &[&words[0], &words[1]]))?).await?;
        Ok(Ok(follow.until_its_end(channel).await?))
    }

    /// One question, one answer; asked again over a new channel when the first was dead, since asking twice is harmless.
    pub(super) async fn asking<T>(
        &self,
        request: &Request,
        answer: impl AsyncFnMut(&mut Channel) -> Result<Result<T, Vec<String>>, Broken>,
    ) -> Result<T, KeeperError> {
        self.asking_until(Instant::now(), request, answer).await
    }

    /// The same of a host that is sought until then.
    async fn asking_until<T>(
        &self,
        deadline: Instant,
        request: &Request,
        mut answer: impl AsyncFnMut(&mut Channel) -> Result<Result<T, Vec<String>>, Broken>,
    ) -> Result<T, KeeperError> {
        let _seat = self.seat().await?;
        let mut again = true;
        loop {
            let mut channel = self.channel(deadline).await?;
            let said = async {
                channel.send(request).await?;
                answer(&mut channel).await
            };
            match said.await {
                Ok(answer) => {
                    self.give_back(channel);
                    return answer.map_err(|frame| self.refusal(&frame));
                }
                Err(Broken::Lost) if again || Instant::now() < deadline => again = false,
                Err(broken) => return Err(self.broken(broken)),
            }
        }
    }

    fn fate(&self, attempt: &AttemptName, frame: &[String]) -> Result<Fate, KeeperError> {
        let words: Vec<&str> = frame.iter().map(String::as_str).collect();
        Ok(match words[..] {
            ["fate", "never"] => Fate::Never,
            ["fate", "running"] => Fate::Running,
            ["fate", "rebooted"] => Fate::Rebooted,
            ["fate", "orphaned"] => Fate::Orphaned,
            ["fate", "lost"] => Fate::Lost,
            ["fate", "cannot-ask"] => return Err(KeeperError::CannotAsk { host: self.host(), attempt: attempt.as_str().into() }),
            ["fate", "ended", how, stop, killed, cut, reached, out, err, ref why @ ..] => {
                let Some((exit, left_behind)) = exit(how, stop, killed) else { return Ok(Fate::Lost) };
                let cut = cut == "cut";
                if reached == "no" && !cut && stop == "-" {
                    return Ok(Fate::NeverReached { why: why.join(" ") });
                }
                let count = |word: &str| word.parse::<u64>().unwrap_or(0);
                Fate::Ended(Ended { exit, out_bytes: count(out), err_bytes: count(err), cut, left_behind })
            }
            _ => return Err(self.refusal(&frame[1.min(frame.len())..])),
        })
    }

    pub(super) fn host(&self) -> String {
        self.target.name().to_owned()
    }

    pub(super) fn life(&self) -> String {
        held(&self.life).clone().unwrap_or_else(|| "-".into())
    }

    /// A keeper's `no`, in words.
    pub(super) fn refusal(&self, frame: &[String]) -> KeeperError {
        let host = self.host();
        let words: Vec<&str> = frame.iter().map(String::as_str).skip_while(|word| *word == "no").collect();
        let rest = words.get(1..).unwrap_or_default().join(" ").trim().to_owned();
        match words.first().copied() {
            Some("memory-lost") => KeeperError::MemoryLost { host },
            Some("fenced") => KeeperError::Fenced { host, epoch: rest.parse().unwrap_or(0) },
            Some("tools") => KeeperError::Tools { host, tools: rest },
            Some("folder") => KeeperError::Folder { host, why: rest },
            Some("cannot-stage") => KeeperError::CannotStage { host },
            Some("cannot-record") => KeeperError::CannotRecord { host },
            Some("room") => KeeperError::LockFolder { host, folder: self.folder.locks.clone().unwrap_or_else(|| lock::FOLDER.to_owned()), why: rest },
            Some("user") => KeeperError::UserNotReached { host, user: String::new(), why: rest },
            _ => KeeperError::Protocol { host, what: frame.join(" ") },
        }
    }

    pub(super) fn broken(&self, broken: Broken) -> KeeperError {
        let host = self.host();
        match broken {
            Broken::Lost => KeeperError::ConnectionLost { host },
            Broken::NotAShell { noise, ended } => KeeperError::NotAShell { host, noise, ended },
            Broken::Protocol { what } => KeeperError::Protocol { host, what },
        }
    }

    pub(super) async fn seat(&self) -> Result<tokio::sync::SemaphorePermit<'_>, KeeperError> {
        self.seats.acquire().await.map_err(|_| KeeperError::ConnectionLost { host: self.host() })
    }

    pub(super) fn give_back(&self, mut channel: Channel) {
        channel.patience = None;
        held(&self.idle).push(channel);
    }

    /// A channel whose last command left something that holds its output open serves nobody else.
    fn done_with(&self, channel: Channel, held_open: bool) {
        if !held_open {
            self.give_back(channel);
        }
    }

    /// A channel that answers: an idle one, or a new one, sought until the deadline.
    pub(super) async fn channel(&self, deadline: Instant) -> Result<Channel, KeeperError> {
        loop {
            let Some(mut channel) = held(&self.idle).pop() else { break };
            if channel.used.elapsed() < FRESH || self.lives(&mut channel).await {
                return Ok(channel);
            }
        }
        let mut pause = Duration::from_millis(100);
        let mut again = true;
        loop {
            match self.open().await {
                // There was a shell before: it is the line that broke off while one was opened.
                Err(KeeperError::NotAShell { ended: true, .. }) if self.life() != "-" && (again || Instant::now() + pause < deadline) => again = false,
                Err(KeeperError::Unreachable(why)) if why.may_pass() && Instant::now() + pause < deadline => {}
                Err(KeeperError::Unreachable(why)) if self.life() != "-" && why.may_pass() => {
                    return Err(KeeperError::ConnectionLost { host: self.host() });
                }
                other => return other,
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn lives(&self, channel: &mut Channel) -> bool {
        let Ok(ping) = line("ping", "-", "-", &[]) else { return false };
        let answer = async { channel.send(&ping).await.is_ok() && channel.frame().await.is_ok_and(|frame| frame == ["done"]) };
        tokio::time::timeout(Duration::from_secs(20), answer).await.unwrap_or(false)
    }

    async fn open(&self) -> Result<Channel, KeeperError> {
        let pipe = self.pipe().await?;
        let nonce = request::nonce()?;
        let locks = self.folder.locks.as_deref().unwrap_or(lock::FOLDER);
        let text = text(&nonce, self.folder.base.as_deref().unwrap_or_default(), &self.folder.run_id, locks);
        Channel::open(pipe, &nonce, &text).await.map_err(|broken| self.broken(broken))
    }

    /// A shell over the connection that we have; when that turns out to be dead, over a new one.
    async fn pipe(&self) -> Result<Pipe, Unreachable> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = kept.as_ref() {
            match connection.shell().await {
                Err(Unreachable::Closed { .. }) => *kept = None,
                answer => return answer,
            }
        }
        let connection = self.connector.connect(&self.target).await?;
        kept.insert(Arc::new(connection)).shell().await
    }
}

fn grace(when: When) -> u32 {
    u32::try_from(when.grace.as_secs()).unwrap_or(u32::MAX).max(1)
}

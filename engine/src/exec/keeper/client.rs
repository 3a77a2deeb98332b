//! The engine's side of a host: a few channels, opened when needed, given back after each request.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    AttemptName, KeeperError,
    call::{Call, Ended, Fate, Identity, Sink},
    channel::Channel,
    error::Broken,
    follow::{Follow, Followed, exit},
    line::Line,
    lock::{self, Holder},
    name::plain,
    request::{self, Request, line},
    when::When,
};
use crate::exec::transport::{Connector, Target};

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
    pub(super) connector: Connector,
    pub(super) target: Target,
    pub(super) folder: RunFolder,
    pub(super) line: Line,
    /// Who it was at the first hello.
    met: std::sync::Mutex<Option<Met>>,
}

struct Met {
    life: String,
    machine_id: String,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("target", &self.target).field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Recovers the value of a lock whose holder panicked: what it guards is replaced whole, never in parts.
pub(super) fn held<T>(lock: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
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
        let keeper = Self { connector: connector.clone(), target: target.clone(), folder: folder.clone(), line: Line::new(), met: std::sync::Mutex::default() };
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
        let is_first = self.machine().is_none();
        let request = line("hello", "-", life.unwrap_or("-"), &[&epoch.to_string(), &new_life, who])?;
        let hello = self
            .asking(&request, async |channel| {
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
            .await?;
        *held(&self.met) = Some(Met { life: hello.identity.life.clone(), machine_id: hello.identity.machine_id.clone() });
        if is_first {
            self.is_recognised().await;
        }
        Ok(hello)
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
    /// `ConnectionLost` when the connection did not come back: the job may go on. `Unsent` when there was none to send it
    /// over: nothing has begun.
    pub async fn start(&self, attempt: &AttemptName, epoch: u64, call: &Call, when: When, sink: &mut dyn Sink) -> Result<Outcome, KeeperError> {
        let _seat = self.seat().await?;
        let request = request::command("start", attempt.as_str(), &self.life(), epoch, grace(when), call)?;
        let mut channel = self.channel(when.deadline).await.map_err(KeeperError::unsent)?;
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
    /// A disk on which nothing can be claimed, or a host that can't be reached.
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
            ["fate", "memory-lost"] => Fate::Forgotten,
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
        held(&self.met).as_ref().map_or_else(|| "-".into(), |met| met.life.clone())
    }

    /// The machine that was met; none before the first hello.
    pub(super) fn machine(&self) -> Option<String> {
        held(&self.met).as_ref().map(|met| met.machine_id.clone())
    }

    /// A keeper's `no`, in words.
    pub(super) fn refusal(&self, frame: &[String]) -> KeeperError {
        let host = self.host();
        let words: Vec<&str> = frame.iter().map(String::as_str).skip_while(|word| *word == "no").collect();
        let rest = words.get(1..).unwrap_or_default().join(" ").trim().to_owned();
        match words.first().copied() {
            Some("memory-lost") => KeeperError::MemoryLost { host, machine: rest },
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
}

fn grace(when: When) -> u32 {
    u32::try_from(when.grace.as_secs()).unwrap_or(u32::MAX).max(1)
}

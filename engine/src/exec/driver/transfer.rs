//! Files that cross. An upload is a job like any other, whose input was put on its host before: the pinned content,
//! never the source. A download reads piece by piece into the state folder, and is moved into place when it is whole;
//! what was whole before a crash is what is moved after it.

use std::cell::RefCell;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::task::spawn_blocking;

use super::begin::{Attempt, SLACK, send};
use super::bind::{Place, Ready};
use super::guards::away;
use super::sink::{Collected, Recorded};
use super::{DriveError, Driver};
use crate::exec::keeper::call::{Call, Sink as _, Stream};
use crate::exec::keeper::{Away, KeeperError, When};
use crate::journal::Durable;
use crate::journal::files::{self, hash_of, hex};
use crate::outcome::{Ended, Exit};
use crate::plan::model::{Download, NodeId, Upload};
use crate::run::event::{Event, EventKind};
use crate::run::verdict::attempt_name;

/// Of a file that is fetched, at a time.
const PIECE: u64 = 1 << 20;
/// Between two tries to reach a host that was lost in the middle.
const AGAIN: Duration = Duration::from_secs(1);

impl Driver<'_> {
    pub(super) fn begin_upload(&mut self, key: String, node: NodeId, attempt: u32, upload: &Upload) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let epoch = self.ledger.state().epoch;
        match Place::of_node(&plan, self.ledger.state(), node).in_the_open().ready(&upload.put, true, &self.world) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::NodeRefused { node, why }])?;
            }
            Ok(mut ready) => {
                ready.call.staged = true;
                let content = files::content(self.ledger.folder(), self.ledger.run(), &upload.file.hash);
                let job = self.attempt(node, attempt, false, false)?;
                if let Some(proof) = self.ledger.prove(EventKind::StepBegan { node, attempt, epoch })? {
                    self.fly(key, send_file(proof, job, ready, content, epoch));
                }
            }
        }
        Ok(())
    }

    pub(super) fn begin_download(&mut self, key: String, node: NodeId, attempt: u32, download: &Download) -> Result<(), DriveError> {
        let epoch = self.ledger.state().epoch;
        match self.fetch(node, attempt, download) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::NodeRefused { node, why }])?;
            }
            Ok(fetch) => {
                let said = self.recorded(node, &attempt_name(&self.plan.node(node).path, false, attempt))?;
                if self.ledger.prove(EventKind::StepBegan { node, attempt, epoch })?.is_some() {
                    self.fly(key, fetch.into_its_end(node, attempt, said));
                }
            }
        }
        Ok(())
    }

    /// What an engine that is gone had fetched whole is moved into place; else nothing has happened.
    pub(super) fn recover_download(&mut self, key: String, node: NodeId, attempt: u32, download: &Download) {
        let found = self.fetch(node, attempt, download).and_then(|fetch| {
            let said = self.recorded(node, &attempt_name(&self.plan.node(node).path, false, attempt)).map_err(|e| e.to_string())?;
            Ok((fetch, said))
        });
        match found {
            Ok((fetch, said)) if fetch.whole.exists() => self.fly(key, fetch.moved_at_last(node, attempt, said)),
            Ok(_) => {
                let why = "the engine ended while it was fetched; nothing was moved".to_owned();
                self.fly(key, async move { vec![EventKind::StepVoided { node, attempt, why }] });
            }
            Err(why) => self.fly(key, async move { vec![EventKind::StepLost { node, attempt, why }] }),
        }
    }

    /// Whether the same file is here already.
    pub(super) fn ask_fetched(&mut self, key: String, node: NodeId, guard: u32, download: &Download) -> Result<(), DriveError> {
        match self.fetch(node, 0, download) {
            Err(why) => {
                self.ledger.commit(vec![EventKind::NodeRefused { node, why }])?;
            }
            Ok(fetch) => self.fly_idle(key, async move {
                let held = EventKind::GuardHeld { node, guard, value: None };
                vec![match fetch.look().await {
                    Err(Looked::Away(gone)) => return away(node, fetch.host(), gone),
                    Ok(there) if fetch.is_here(&there).await => EventKind::NodeSatisfied { node },
                    // What is wrong with the file there is told when it is fetched.
                    Ok(_) | Err(Looked::No(_)) => held,
                    Err(Looked::Error(why)) => EventKind::NodeRefused { node, why: format!("the file could not be looked at: {why}") },
                }]
            }),
        }
        Ok(())
    }

    fn fetch(&self, node: NodeId, attempt: u32, download: &Download) -> Result<Fetch, String> {
        let place = Place::of_node(&self.plan, self.ledger.state(), node).in_the_open();
        let to = place.at(download.look.frame).path("to", &self.world)?;
        let folder = files::folder(self.ledger.folder(), self.ledger.run());
        let name = attempt_name(&self.plan.node(node).path, false, attempt);
        Ok(Fetch {
            ready: place.ready(&download.look, false, &self.world)?,
            to: self.options.here.join(to),
            part: folder.join(format!("{name}.part")),
            whole: folder.join(format!("{name}.whole")),
            run: self.ledger.run().to_owned(),
            lost: RefCell::new(None),
        })
    }
}

/// The content first, then the attempt: until it is whole there, nothing has begun.
async fn send_file(proof: Durable<Event>, job: Attempt, ready: Ready, content: PathBuf, epoch: u64) -> Vec<EventKind> {
    let staged = async {
        let mut file = File::open(&content).await.map_err(|e| KeeperError::NothingToStage { why: format!("{}: {e}", content.display()) })?;
        ready.keeper.stage(&job.name, epoch, &mut file, When::within(ready.call.timeout + SLACK)).await
    };
    match staged.await {
        Ok(()) => send(proof, job, ready).await,
        Err(KeeperError::Fenced { epoch, .. }) => job.fenced(epoch),
        Err(error) => match error.away() {
            Some(away) => job.unsent(away),
            None => job.refused(error.to_string()),
        },
    }
}

/// A file on its way here.
struct Fetch {
    ready: Ready,
    to: PathBuf,
    part: PathBuf,
    whole: PathBuf,
    run: String,
    /// Why its host could not be reached when it was last sought.
    lost: RefCell<Option<Away>>,
}

/// Why a file could not be looked at.
enum Looked {
    /// It is not there, or not a file.
    No(String),
    Error(String),
    /// Its host can't be reached.
    Away(Away),
}

impl Fetch {
    async fn into_its_end(self, node: NodeId, attempt: u32, said: Recorded) -> Vec<EventKind> {
        let within = self.ready.call.timeout;
        let came = tokio::time::timeout(within, self.fetched()).await;
        // Nothing was moved: the step has not begun to change anything.
        if let Some(gone) = self.lost.borrow_mut().take().filter(|_| !matches!(came, Ok(Ok(())))) {
            return away(node, self.host(), gone);
        }
        ended(node, attempt, came.unwrap_or(Err(None)), said)
    }

    async fn moved_at_last(self, node: NodeId, attempt: u32, said: Recorded) -> Vec<EventKind> {
        let came = self.moved().await.map_err(Some);
        ended(node, attempt, came, said)
    }

    fn host(&self) -> Option<String> {
        Some(self.ready.keeper.name().to_owned())
    }

    /// Notes why its host can't be reached.
    fn lost_with(&self, away: Away) -> String {
        let why = away.why.clone();
        self.lost.replace(Some(away));
        why
    }

    async fn fetched(&self) -> Result<(), Option<String>> {
        is_clear(&self.to).map_err(Some)?;
        let (size, hash) = self.look().await.map_err(|looked| match looked {
            Looked::No(why) | Looked::Error(why) => Some(why),
            Looked::Away(away) => Some(self.lost_with(away)),
        })?;
        self.pieces(size, &hash).await.map_err(Some)?;
        self.moved().await.map_err(Some)
    }

    /// Size and SHA-256 of the file there.
    async fn look(&self) -> Result<(u64, String), Looked> {
        let mut said = Collected::default();
        let ended = self.ready.read(&mut said).await.map_err(|e| e.away().map_or_else(|| Looked::Error(e.to_string()), Looked::Away))?;
        let words = || String::from_utf8_lossy(&said.err).trim().to_owned();
        match ended.exit {
            Exit::Code(0) => {}
            Exit::Code(1..=125) => return Err(Looked::No(words())),
            exit => return Err(Looked::Error(format!("{exit}: {}", words()))),
        }
        let out = String::from_utf8_lossy(&said.out);
        match out.split_whitespace().collect::<Vec<_>>()[..] {
            [size, hash] if hash.len() == 64 => size.parse().map(|size| (size, hash.to_owned())).map_err(|_| Looked::Error(out.trim().to_owned())),
            _ => Err(Looked::Error(format!("it is not clear what it is: {}", out.trim()))),
        }
    }

    async fn is_here(&self, (size, hash): &(u64, String)) -> bool {
        let (to, size, hash) = (self.to.clone(), *size, hash.clone());
        let same = move || {
            let plain = fs::symlink_metadata(&to).is_ok_and(|m| m.is_file() && m.len() == size);
            plain && fs::File::open(&to).and_then(|file| hash_of(file, |_| Ok(()))).is_ok_and(|(found, _)| found == hash)
        };
        spawn_blocking(same).await.unwrap_or(false)
    }

    /// The whole of it into the state folder, and only the file that was looked at.
    async fn pieces(&self, size: u64, hash: &str) -> Result<(), String> {
        let here = |e: std::io::Error| format!("it can't be kept in {}: {e}", self.part.display());
        let folder = self.part.parent().unwrap_or(Path::new("/"));
        crate::journal::lock::make_private_folder(folder).map_err(|e| e.to_string())?;
        let mut file = fs::File::create(&self.part).map_err(here)?;
        let mut digest = Sha256::new();
        let mut fetched = 0;
        while fetched < size {
            let piece = self.piece(fetched / PIECE).await?;
            if piece.is_empty() || piece.len() as u64 != PIECE.min(size - fetched) {
                return Err("it became shorter while it was read; nothing was moved".to_owned());
            }
            digest.update(&piece);
            file.write_all(&piece).map_err(here)?;
            fetched += piece.len() as u64;
        }
        if hex(&digest.finalize()) != hash {
            return Err("it changed while it was read; nothing was moved".to_owned());
        }
        file.sync_all().map_err(here)?;
        fs::rename(&self.part, &self.whole).map_err(here)
    }

    /// One piece, sought until the step's own timeout: reading twice is harmless.
    async fn piece(&self, number: u64) -> Result<Vec<u8>, String> {
        let script = format!("exec dd if=\"${{rb_1}}\" bs={PIECE} skip={number} count=1 2>/dev/null");
        let call = Call { script, output_limit: PIECE, ..self.ready.call.clone() };
        loop {
            let mut said = Collected::default();
            match self.ready.keeper.read(&call, When::within(call.timeout), &mut said).await {
                Ok(ended) if ended.exit.is_success() && !ended.cut => {
                    self.lost.take();
                    return Ok(said.out);
                }
                Ok(ended) => return Err(format!("it can't be read any more: {}{}", ended.exit, said.said())),
                Err(error) => match error.away() {
                    // It may be long until a name leads back to its machine.
                    Some(away) if away.is_stranger => return Err(self.lost_with(away)),
                    Some(away) => {
                        self.lost_with(away);
                        tokio::time::sleep(AGAIN).await;
                    }
                    None => return Err(error.to_string()),
                },
            }
        }
    }

    async fn moved(&self) -> Result<(), String> {
        let (whole, to, run) = (self.whole.clone(), self.to.clone(), self.run.clone());
        spawn_blocking(move || put_in_place(&whole, &to, &run)).await.unwrap_or_else(|e| Err(e.to_string()))
    }
}

/// `Err(None)`: out of time.
fn ended(node: NodeId, attempt: u32, came: Result<(), Option<String>>, mut said: Recorded) -> Vec<EventKind> {
    let mut ended: Ended = match &came {
        Ok(()) => Exit::Code(0),
        Err(Some(_)) => Exit::Code(1),
        Err(None) => Exit::TimedOut { settled: true },
    }
    .into();
    if let Err(Some(why)) = came {
        let why = format!("{why}\n");
        ended.err_bytes = why.len() as u64;
        said.write(Stream::Err, why.as_bytes());
    }
    vec![EventKind::StepEnded { node, attempt, ended, captures: Vec::new(), capture_error: None }]
}

/// Whether a file can be put there.
fn is_clear(to: &Path) -> Result<(), String> {
    let shown = to.display();
    match fs::symlink_metadata(to) {
        Ok(there) if there.is_symlink() => return Err(format!("{shown} is a symbolic link here: name the file itself; nothing was moved")),
        Ok(there) if there.is_dir() => return Err(format!("{shown} is a folder here: name the file in it; nothing was moved")),
        Ok(there) if !there.is_file() => return Err(format!("{shown} is no regular file here; nothing was moved")),
        Ok(_) | Err(_) => {}
    }
    let folder = to.parent().filter(|folder| folder.is_dir());
    folder.map(|_| ()).ok_or_else(|| {
        let parent = to.parent().unwrap_or(Path::new("/")).display();
        format!("there is no folder {parent} here: make it with `mkdir -p`; nothing was moved")
    })
}

/// Beside the place first, then over it. What was there keeps its mode and its owner.
fn put_in_place(whole: &Path, to: &Path, run: &str) -> Result<(), String> {
    is_clear(to)?;
    let folder = to.parent().unwrap_or(Path::new("/"));
    let name = whole.file_stem().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".runbook.{run}.{name}"));
    let put = || -> std::io::Result<()> {
        let _ = fs::remove_file(&beside);
        // On another file system it is copied.
        if fs::hard_link(whole, &beside).is_err() {
            fs::copy(whole, &beside)?;
            fs::File::open(&beside)?.sync_all()?;
        }
        if let Ok(there) = fs::symlink_metadata(to) {
            let ours = fs::symlink_metadata(&beside)?;
            if (ours.uid(), ours.gid()) != (there.uid(), there.gid()) {
                std::os::unix::fs::chown(&beside, Some(there.uid()), Some(there.gid()))?;
            }
            fs::set_permissions(&beside, there.permissions())?;
        }
        fs::rename(&beside, to)?;
        fs::File::open(folder)?.sync_all()
    };
    put().map_err(|e| {
        let _ = fs::remove_file(&beside);
        format!("it can't be moved to {}: {e}; nothing was moved", to.display())
    })
}

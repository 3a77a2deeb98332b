//! The line to a host: one connection, a few channels over it. It is let go while nothing is asked of the host, and opened
//! again when something is.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::{Instant, sleep},
};

use super::{
    channel::Channel,
    client::{Keeper, held},
    error::KeeperError,
    request::line,
};
use crate::exec::transport::Connection;

/// Below the ten sessions that sshd allows a connection by default.
const CHANNELS: usize = 8;
/// An idle channel older than this is asked whether it lives before a job is sent over it.
const FRESH: Duration = Duration::from_secs(2);
/// How long a channel may take to say something that it knows.
pub(super) const ANSWER: Duration = Duration::from_secs(20);
/// How long an ssh master may take to be told that it is over.
const CLOSING: Duration = Duration::from_secs(5);

pub(super) struct Line {
    pub(super) connection: Mutex<Option<Open>>,
    idle: std::sync::Mutex<Vec<Channel>>,
    /// Whoever asks something of the host has one of these for as long: a job until its end.
    seats: Semaphore,
    /// When the last of them was given back.
    used: std::sync::Mutex<Instant>,
}

/// A connection, and whether the machine at its end is known to be ours.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) is_known: Arc<AtomicBool>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { connection: Mutex::new(None), idle: std::sync::Mutex::default(), seats: Semaphore::new(CHANNELS), used: std::sync::Mutex::new(Instant::now()) }
    }
}

/// A place on the line. Given back, the line has been used until now.
pub(crate) struct Seat<'a> {
    line: &'a Line,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        *held(&self.line.used) = Instant::now();
    }
}

impl Keeper {
    pub(crate) async fn seat(&self) -> Result<Seat<'_>, KeeperError> {
        let permit = self.line.seats.acquire().await.map_err(|_| KeeperError::ConnectionLost { host: self.host() })?;
        Ok(Seat { line: &self.line, _permit: permit })
    }

    pub(super) fn give_back(&self, mut channel: Channel) {
        channel.patience = None;
        held(&self.line.idle).push(channel);
    }

    /// A channel whose last command left something that holds its output open serves nobody else.
    pub(super) fn done_with(&self, channel: Channel, held_open: bool) {
        if !held_open {
            self.give_back(channel);
        }
    }

    /// A channel that answers: an idle one, or a new one, sought until the deadline.
    pub(super) async fn channel(&self, deadline: Instant) -> Result<Channel, KeeperError> {
        loop {
            let Some(mut channel) = held(&self.line.idle).pop() else { break };
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
        tokio::time::timeout(ANSWER, answer).await.unwrap_or(false)
    }

    /// For how long nothing has been asked of the host; none while something is, or where there is no line.
    #[must_use]
    pub fn idle(&self) -> Option<Duration> {
        let is_used = self.line.seats.available_permits() < CHANNELS;
        let is_open = self.line.connection.try_lock().is_ok_and(|kept| kept.is_some());
        (is_open && !is_used).then(|| held(&self.line.used).elapsed())
    }

    /// Lets the line go, unless something has just been asked of the host: first the channels, then the ssh master. What is
    /// asked next opens it again.
    pub async fn let_go(&self) {
        let Ok(_all) = self.line.seats.try_acquire_many(u32::try_from(CHANNELS).unwrap_or(u32::MAX)) else { return };
        self.hang_up().await;
    }

    async fn hang_up(&self) {
        held(&self.line.idle).clear();
        if let Some(open) = self.line.connection.lock().await.take() {
            // A master that can't be told ends by itself, since its socket goes with our end of it.
            let _ = tokio::time::timeout(CLOSING, open.connection.close()).await;
        }
    }

    /// Closes the channels and the ssh master. Jobs go on.
    pub async fn close(self) {
        self.hang_up().await;
    }
}

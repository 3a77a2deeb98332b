//! Reads lines from the terminal in its ordinary mode, so that lines of the run can come in between, Ctrl-C stays
//! Ctrl-C, and a question that was answered elsewhere can be taken back without a key being pressed.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::countdown::Countdown;
use crate::out::Out;

/// How often a waiting prompt looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Console {
    out: Out,
    /// What came behind the last line break.
    rest: Vec<u8>,
}

/// What came of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Line(String),
    /// It is no longer wanted.
    TakenBack,
    /// Its time is over.
    Silence,
    /// Nothing can be typed any more.
    Closed,
}

impl Console {
    pub(crate) fn new(out: Out) -> Self {
        Self { out, rest: Vec::new() }
    }

    /// Forgets what was typed before there was a question: it can't have been an answer to it.
    pub(crate) fn forget_early_keys(&mut self) {
        self.rest.clear();
        // A terminal that can't do this is read as it is.
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
    }

    /// Asks for a line for as long as it is wanted, and its time is not over.
    pub(crate) fn line(&mut self, prompt: &str, time: Option<&Countdown>, is_wanted: &mut dyn FnMut() -> bool) -> Typed {
        let head = time.map(Countdown::shown).unwrap_or_default();
        self.out.prompt(&format!("{head}{}", if head.is_empty() { prompt } else { prompt.trim_start() }));
        let typed = self.wait(head, time, is_wanted);
        self.out.answered(matches!(typed, Typed::Line(_)));
        typed
    }

    fn wait(&mut self, mut head: String, time: Option<&Countdown>, is_wanted: &mut dyn FnMut() -> bool) -> Typed {
        loop {
            if let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Typed::Line(String::from_utf8_lossy(&line).trim().to_owned());
            }
            if !is_wanted() {
                return Typed::TakenBack;
            }
            if let Some(time) = time {
                if time.is_over() {
                    return Typed::Silence;
                }
                let now = time.shown();
                if now != head {
                    self.out.tick(&now);
                    head = now;
                }
            }
            if self.more() == Some(0) {
                return Typed::Closed;
            }
        }
    }

    /// Reads what is there, for one look's length: how many bytes, or none when nothing came.
    fn more(&mut self) -> Option<usize> {
        let stdin = std::io::stdin();
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK.subsec_nanos()) };
        match poll(&mut ready, Some(&wait)) {
            // A signal woke it; its meaning is the driver's.
            Err(rustix::io::Errno::INTR) | Ok(0) => return None,
            Err(_) => return Some(0),
            Ok(_) => {}
        }
        let mut bytes = [0u8; 1024];
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(read) => {
                self.rest.extend_from_slice(&bytes[..read]);
                Some(read)
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => None,
            Err(_) => Some(0),
        }
    }
}

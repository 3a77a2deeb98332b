//! One long-lived shell on a target that has read our text: a request, its answer, the next.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    time::{Instant, timeout, timeout_at},
};

use super::{error::Broken, request::Request};
use crate::exec::transport::Pipe;

/// How long a shell may take until it answers for the first time (a `~/.bashrc` may be slow).
const FIRST_ANSWER: Duration = Duration::from_secs(30);
/// What may stand before the first frame: a message of the day, an echo of a profile.
const NOISE: usize = 64 * 1024;
/// No frame is longer; data is not in frames.
const FRAME: u64 = 64 * 1024;

/// How long a keeper may say nothing when its job should long be over. Whoever can't speak (a stopped process, a host that
/// hangs) is asked about over another channel, and not waited for.
pub(super) const SILENCE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });

/// The resident half. Comments stay here.
const TEXT: [&str; 8] = [
    include_str!("sh/marks.sh"),
    include_str!("sh/job.sh"),
    include_str!("sh/watch.sh"),
    include_str!("sh/veil.sh"),
    include_str!("sh/follow.sh"),
    include_str!("sh/ask.sh"),
    include_str!("sh/lock.sh"),
    include_str!("sh/serve.sh"),
];

/// What is sent to a new shell: functions, settings, and one call on the last line, which does nothing when cut off.
pub(super) fn text(nonce: &str, base: &str, run: &str, locks: &str) -> String {
    let mut text = String::new();
    for line in TEXT.iter().flat_map(|part| part.lines()) {
        if !line.is_empty() && !line.trim_start().starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str(&format!("rb_main '{nonce}' '{}' '{run}' '{}' .\n", quoted(base), quoted(locks)));
    text
}

fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

pub(super) struct Channel {
    pipe: BufReader<std::pin::Pin<Box<dyn tokio::io::AsyncRead + Send>>>,
    stdin: std::pin::Pin<Box<dyn tokio::io::AsyncWrite + Send>>,
    _holder: Box<dyn std::any::Any + Send>,
    /// Of the last request: what its answers carry.
    nonce: String,
    /// Known to the two ends of this channel alone.
    secret: String,
    pub(super) used: Instant,
    /// Until when silence is nothing to wonder at; no end where none is said.
    pub(super) patience: Option<Instant>,
}

impl Channel {
    /// Makes a keeper of a shell. Answers of anything else are noise.
    pub(super) async fn open(pipe: Pipe, nonce: &str, text: &str) -> Result<Self, Broken> {
        let mut channel = Self {
            pipe: BufReader::with_capacity(64 * 1024, pipe.stdout),
            stdin: pipe.stdin,
            _holder: pipe.holder,
            nonce: nonce.to_owned(),
            secret: nonce.to_owned(),
            used: Instant::now(),
            patience: None,
        };
        let mut noise = Vec::new();
        let ready = timeout(FIRST_ANSWER, channel.ready(text, &mut noise)).await;
        match ready {
            Ok(Ok(())) => Ok(channel),
            other => Err(Broken::NotAShell { noise: String::from_utf8_lossy(&noise[..noise.len().min(400)]).into_owned(), ended: other.is_ok() }),
        }
    }

    async fn ready(&mut self, text: &str, noise: &mut Vec<u8>) -> Result<(), ()> {
        // What is said is read even when writing fails: it tells why.
        let sent = self.stdin.write_all(text.as_bytes()).await.is_ok() && self.stdin.flush().await.is_ok();
        let wanted = format!("RB {} ready", self.nonce);
        while noise.len() < NOISE {
            let from = noise.len();
            let limit = (NOISE - from) as u64;
            let read = (&mut self.pipe).take(limit).read_until(b'\n', noise).await;
            if !read.is_ok_and(|bytes| bytes > 0) {
                return Err(());
            }
            // A banner without a line end may stand before it.
            if sent && noise[from..].trim_ascii_end().ends_with(wanted.as_bytes()) {
                return Ok(());
            }
        }
        Err(())
    }

    pub(super) async fn send(&mut self, request: &Request) -> Result<(), Broken> {
        self.nonce.clone_from(&request.nonce);
        self.used = Instant::now();
        let sent = async {
            self.stdin.write_all(&request.bytes).await?;
            self.stdin.flush().await
        };
        sent.await.map_err(|_| Broken::Lost)
    }

    /// Until when the next byte must have come.
    fn until(&self) -> Option<Instant> {
        self.patience.map(|patience| patience.max(Instant::now() + SILENCE))
    }

    /// The next frame's words, without its head.
    pub(super) async fn frame(&mut self) -> Result<Vec<String>, Broken> {
        let mut line = Vec::new();
        let until = self.until();
        let read = patiently(until, (&mut self.pipe).take(FRAME).read_until(b'\n', &mut line)).await;
        if !read.is_ok_and(|bytes| bytes > 0) || !line.ends_with(b"\n") {
            return Err(Broken::Lost);
        }
        let line = String::from_utf8_lossy(&line);
        let head = format!("RB {} ", self.nonce);
        match line.trim_end_matches('\n').strip_prefix(&head) {
            Some(words) => Ok(words.split(' ').map(str::to_owned).collect()),
            None => Err(Broken::Protocol { what: line.chars().take(200).collect() }),
        }
    }

    /// All bytes up to the channel's own mark, piece by piece.
    pub(super) async fn bytes_to_mark(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), Broken> {
        let mark = format!("\nRB {} rest\n", self.secret).into_bytes();
        let mut kept: Vec<u8> = Vec::new();
        loop {
            let until = self.until();
            let piece = patiently(until, self.pipe.fill_buf()).await?;
            if piece.is_empty() {
                return Err(Broken::Lost);
            }
            let (before, length) = (kept.len(), piece.len());
            kept.extend_from_slice(piece);
            if let Some(at) = find(&kept, &mark) {
                // What follows the mark is the next frame's.
                self.pipe.consume(at + mark.len() - before);
                take(&kept[..at]);
                return Ok(());
            }
            self.pipe.consume(length);
            let sure = kept.len().saturating_sub(mark.len() - 1);
            take(&kept[..sure]);
            kept.drain(..sure);
        }
    }

    /// Exactly so many bytes that follow a frame, piece by piece.
    pub(super) async fn bytes(&mut self, mut count: u64, mut take: impl FnMut(&[u8])) -> Result<(), Broken> {
        while count > 0 {
            let until = self.until();
            let piece = patiently(until, self.pipe.fill_buf()).await?;
            if piece.is_empty() {
                return Err(Broken::Lost);
            }
            let length = piece.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            take(&piece[..length]);
            self.pipe.consume(length);
            count -= length as u64;
        }
        Ok(())
    }
}

async fn patiently<T>(until: Option<Instant>, read: impl Future<Output = std::io::Result<T>>) -> Result<T, Broken> {
    let read = match until {
        Some(until) => timeout_at(until, read).await.map_err(|_| Broken::Lost)?,
        None => read.await,
    };
    read.map_err(|_| Broken::Lost)
}

/// Where the mark begins. It begins with a line end, so most bytes are passed over quickly.
fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == mark[0]) {
        if bytes[from + at..].starts_with(mark) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

//! Where output goes: into memory for what is asked, into files and to the watcher for what is done.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::news::News;
use crate::exec::keeper::call::{Sink, Stream};
use crate::exec::secret::{MASK, Masker, Masks};
use crate::journal::output::OutputFiles;
use crate::plan::model::NodeId;
use crate::value::Value;

/// What a guard or a fact may print; more is cut, and the keeper counts it.
pub(super) const ANSWER_LIMIT: u64 = 1 << 20;

/// What a capture may hold: its value goes into the journal, and into every command that uses it.
pub(super) const CAPTURE_LIMIT: usize = 1 << 20;

/// Output of a read-only command, kept in memory up to its limit.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
    /// It printed more than this.
    pub(super) cut: bool,
    /// A secret was in its standard output, and is masked there.
    pub(super) hidden: bool,
}

impl Sink for Collected {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Out => self.out.extend_from_slice(bytes),
            Stream::Err => self.err.extend_from_slice(bytes),
        }
    }
}

impl Collected {
    /// The end of what it said, for a message: standard error first.
    pub(super) fn said(&self) -> String {
        let text = if self.err.is_empty() { &self.out } else { &self.err };
        let text = String::from_utf8_lossy(text);
        match text.trim().lines().last() {
            Some(line) if !line.is_empty() => format!(": {}", line.trim()),
            _ => String::new(),
        }
    }
}

pub(super) fn holds_a_mask(out: &[u8]) -> bool {
    out.windows(MASK.len()).any(|window| window == MASK.as_bytes())
}

/// Masks what comes before another sink sees it.
pub(super) struct Veiled<'a> {
    to: &'a mut dyn Sink,
    maskers: [Masker; 2],
    room: Vec<u8>,
}

impl<'a> Veiled<'a> {
    pub(super) fn new(to: &'a mut dyn Sink, masks: &Arc<Masks>) -> Self {
        Self { to, maskers: [Masker::new(masks), Masker::new(masks)], room: Vec::new() }
    }

    /// Passes on what was held, and says whether a secret was in the standard output.
    pub(super) fn end(mut self) -> bool {
        for (stream, masker) in [Stream::Out, Stream::Err].into_iter().zip(&mut self.maskers) {
            masker.end(&mut self.room);
            if !self.room.is_empty() {
                self.to.write(stream, &self.room);
            }
            self.room.clear();
        }
        self.maskers[0].has_found()
    }
}

impl Sink for Veiled<'_> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.maskers[usize::from(stream == Stream::Err)].take(bytes, &mut self.room);
        if !self.room.is_empty() {
            self.to.write(stream, &self.room);
        }
        self.room.clear();
    }
}

/// Output of a job: on disk beside the journal as it comes, and shown.
pub(super) struct Recorded {
    files: Option<OutputFiles>,
    node: NodeId,
    news: mpsc::UnboundedSender<News>,
    /// Standard output, when it is captured; one byte above the limit says that it is too long.
    captured: Option<Vec<u8>>,
    /// Our own copy could not be written whole. The target's is.
    pub(super) damaged: bool,
    private: bool,
    maskers: Option<[Masker; 2]>,
}

impl Recorded {
    pub(super) fn new(files: Option<OutputFiles>, node: NodeId, news: mpsc::UnboundedSender<News>, capture: bool, private: bool) -> Self {
        Self { files, node, news, captured: capture.then(Vec::new), damaged: false, private, maskers: None }
    }

    /// Nothing of these comes through.
    pub(super) fn without(mut self, masks: &Arc<Masks>) -> Self {
        self.maskers = (!masks.is_empty()).then(|| [Masker::new(masks), Masker::new(masks)]);
        self
    }

    /// The command has ended: what was held is no beginning of a secret. Whether one was in the standard output.
    pub(super) fn end(&mut self) -> bool {
        let Some(mut maskers) = self.maskers.take() else { return false };
        for (stream, masker) in [Stream::Out, Stream::Err].into_iter().zip(&mut maskers) {
            let mut rest = Vec::new();
            masker.end(&mut rest);
            self.pass(stream, &rest);
        }
        maskers[0].has_found()
    }

    /// What was captured before, by a process that is gone.
    pub(super) fn goes_on_from(&mut self, before: Vec<u8>) {
        if let Some(captured) = &mut self.captured {
            *captured = before;
        }
    }

    /// Whether a secret was masked in it already where it was printed.
    pub(super) fn captured_a_mask(&self) -> bool {
        self.captured.as_deref().is_some_and(holds_a_mask)
    }

    /// What is captured; `None`: nothing is to be.
    ///
    /// # Errors
    /// It is longer than a capture may be.
    pub(super) fn take_captured(&mut self) -> Option<Result<Vec<u8>, String>> {
        let captured = self.captured.take()?;
        Some(if captured.len() > CAPTURE_LIMIT {
            Err(format!(
                "it printed more than the {} that a capture may hold: print only the value, or write the rest to a file",
                Value::Size(CAPTURE_LIMIT as u64).display()
            ))
        } else {
            Ok(captured)
        })
    }
}

impl Sink for Recorded {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        match &mut self.maskers {
            None => self.pass(stream, bytes),
            Some(maskers) => {
                let mut open = Vec::with_capacity(bytes.len());
                maskers[usize::from(stream == Stream::Err)].take(bytes, &mut open);
                self.pass(stream, &open);
            }
        }
    }
}

impl Recorded {
    fn pass(&mut self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let (Stream::Out, Some(captured)) = (stream, &mut self.captured) {
            let room = (CAPTURE_LIMIT + 1).saturating_sub(captured.len());
            captured.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if self.private {
            return;
        }
        if let Some(files) = &mut self.files {
            let written = match stream {
                Stream::Out => files.write_out(bytes),
                Stream::Err => files.write_err(bytes),
            };
            if written.is_err() {
                // What is kept stays the beginning of what was printed: whoever follows the job on goes on behind it.
                (self.damaged, self.files) = (true, None);
            }
        }
        // The loop ends only with its run; then nobody looks on.
        let _ = self.news.send(News::Output { node: self.node, stream, bytes: bytes.to_vec() });
    }
}

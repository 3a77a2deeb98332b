//! The last lines of each command, kept in memory for the moment when it fails. Flat however much it prints.

use std::collections::{HashMap, VecDeque};

use engine::exec::keeper::call::Stream;
use engine::plan::model::NodeId;

use crate::out::{fit, tame};

const LINES: usize = 10;
const LONGEST: usize = 400;

#[derive(Debug, Default)]
pub(super) struct Tails(HashMap<NodeId, [Tail; 2]>);

#[derive(Debug, Default)]
struct Tail {
    lines: VecDeque<String>,
    /// A line that is not ended yet.
    open: Vec<u8>,
}

impl Tails {
    pub(super) fn clear(&mut self, node: NodeId) {
        self.0.remove(&node);
    }

    /// Takes bytes in, and gives the lines that they end.
    pub(super) fn take(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> Vec<String> {
        let tail = &mut self.0.entry(node).or_default()[usize::from(stream == Stream::Err)];
        let mut whole = Vec::new();
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let room = (4 * LONGEST).saturating_sub(tail.open.len());
            let (text, ends) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            tail.open.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                let line = tail.end();
                whole.push(line);
            }
        }
        whole
    }

    /// What it said last: its errors, or what it printed where there are none.
    pub(super) fn of(&mut self, node: NodeId) -> Vec<String> {
        let Some([out, err]) = self.0.get_mut(&node) else { return Vec::new() };
        for tail in [&mut *out, &mut *err] {
            if !tail.open.is_empty() {
                tail.end();
            }
        }
        let chosen = if err.lines.is_empty() { out } else { err };
        chosen.lines.iter().cloned().collect()
    }
}

impl Tail {
    fn end(&mut self) -> String {
        let line = fit(&tame(&String::from_utf8_lossy(&self.open)), LONGEST);
        self.open.clear();
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.clone());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept_and_errors_come_first() {
        let (mut tails, node) = (Tails::default(), NodeId(0));
        for n in 0..100 {
            tails.take(node, Stream::Out, format!("line {n}\n").as_bytes());
        }
        assert_eq!(tails.of(node).len(), LINES);
        assert_eq!(tails.of(node).last().map(String::as_str), Some("line 99"));
        tails.take(node, Stream::Err, b"no such ");
        tails.take(node, Stream::Err, b"file");
        assert_eq!(tails.of(node), ["no such file"]);
        tails.clear(node);
        assert!(tails.of(node).is_empty());
    }
}

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
            let (text, ends) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            let text = tail.back_to_its_beginning(text.strip_suffix(b"\r").filter(|_| ends).unwrap_or(text));
            let room = (4 * LONGEST).saturating_sub(tail.open.len());
            tail.open.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                let line = tail.end();
                whole.push(line);
            }
        }
        whole
    }

    /// The line that it prints on now.
    pub(super) fn now(&self, node: NodeId, stream: Stream) -> Option<String> {
        let tail = self.0.get(&node)?.get(usize::from(stream == Stream::Err))?;
        let open = || shown(tail.open.strip_suffix(b"\r").unwrap_or(&tail.open));
        if tail.open.is_empty() { tail.lines.back().cloned() } else { Some(open()) }
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

fn shown(bytes: &[u8]) -> String {
    fit(&tame(&String::from_utf8_lossy(bytes)), LONGEST)
}

impl Tail {
    /// A program that draws its line over and over goes back to its beginning: what stood there is gone, as on a terminal.
    fn back_to_its_beginning<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        if self.open.last() == Some(&b'\r') && !text.is_empty() {
            self.open.clear();
        }
        let kept = text.strip_suffix(b"\r").unwrap_or(text);
        match kept.iter().rposition(|b| *b == b'\r') {
            Some(at) => {
                self.open.clear();
                &text[at + 1..]
            }
            None => text,
        }
    }

    fn end(&mut self) -> String {
        let line = shown(&self.open);
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
    fn a_line_that_is_drawn_over_and_over_is_what_it_was_last() {
        let (mut tails, node) = (Tails::default(), NodeId(0));
        for (piece, now) in [("10%", "10%"), ("\r20%\r", "20%"), ("30%\r40", "40"), ("%", "40%"), ("\r\n", "40%"), ("done\r\n", "done")] {
            tails.take(node, Stream::Out, piece.as_bytes());
            assert_eq!(tails.now(node, Stream::Out).as_deref(), Some(now), "{piece:?}");
        }
        assert_eq!(tails.of(node), ["40%", "done"]);
    }

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

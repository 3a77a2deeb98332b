//! The live region: a few lines at the end of the screen that are drawn again and again, with what stays above them.
//! Indicatif keeps count of them and turns the spinner.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::size;

#[derive(Debug, Default)]
pub(super) struct Region(Option<ProgressBar>);

impl Region {
    /// Draws it, or draws it anew.
    pub(super) fn draw(&mut self, text: String) {
        let bar = self.0.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::term_like(Box::<Edge>::default()));
            // The template is ours, and it is one.
            bar.with_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        bar.set_message(text);
        bar.tick();
    }

    /// Writes something that stays above it.
    pub(super) fn above(&self, write: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes it from the screen.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// The terminal as indicatif sees it. It would fill each line with blanks up to the edge and let the terminal wrap; then a
/// terminal that is made narrower has one long line to wrap anew. Here each line ends where its text does.
#[derive(Debug, Default)]
struct Edge(Mutex<Paper>);

#[derive(Debug, Default)]
struct Paper {
    text: String,
    /// A line was ended, and the next one has not begun.
    ended: bool,
}

impl Edge {
    fn put(&self, text: &str) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).text.push_str(text);
        Ok(())
    }

    fn go(&self, lines: usize, way: char) -> std::io::Result<()> {
        if lines > 0 { self.put(&format!("\x1b[{lines}{way}")) } else { Ok(()) }
    }
}

impl TermLike for Edge {
    fn width(&self) -> u16 {
        size().0
    }

    fn height(&self) -> u16 {
        size().1
    }

    fn move_cursor_up(&self, n: usize) -> std::io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> std::io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> std::io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> std::io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, text: &str) -> std::io::Result<()> {
        self.put(text)?;
        self.put("\r\n")
    }

    fn write_str(&self, text: &str) -> std::io::Result<()> {
        let mut paper = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() && text.bytes().all(|b| b == b' ') {
            paper.text.push_str("\x1b[K");
            paper.ended = true;
        } else if !text.is_empty() {
            if std::mem::take(&mut paper.ended) {
                paper.text.push_str("\r\n");
            }
            paper.text.push_str(text);
        }
        Ok(())
    }

    fn clear_line(&self) -> std::io::Result<()> {
        self.put("\r\x1b[2K")
    }

    fn flush(&self) -> std::io::Result<()> {
        let mut paper = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paper.ended = false;
        let text = std::mem::take(&mut paper.text);
        let mut stream = std::io::stderr().lock();
        // A closed stream is never fatal.
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_their_text_does() {
        let edge = Edge::default();
        for text in ["\r", "one", "   ", "two two", "", "three", "  "] {
            edge.write_str(text).expect("it takes all");
        }
        let paper = edge.0.lock().expect("one thread");
        assert_eq!(paper.text, "\rone\x1b[K\r\ntwo twothree\x1b[K");
    }
}

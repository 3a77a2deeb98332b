//! The only way to the screen. A closed stream is never fatal: a run goes on whether or not someone looks.

mod region;

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::report::live::Room;
use engine::report::tone::{Line, Tone};

use self::region::Region;
use crate::args::{Color, Look};

/// Shared by all that print: data goes to standard output, everything else to standard error.
#[derive(Debug, Clone)]
pub(crate) struct Out(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    color_data: bool,
    color: bool,
    terminal: bool,
    /// Nothing is drawn and nothing is drawn over: each line is written once, for a screen reader.
    plain: bool,
    /// Whether the terminal can be drawn on.
    draws: bool,
    quiet: bool,
    verbose: bool,
    screen: Mutex<Screen>,
}

/// What stands at the end of the screen, below all lines.
#[derive(Debug, Default)]
struct Screen {
    /// The question that stands open, to be shown again under a line that comes in between.
    prompt: Option<String>,
    /// The live region; never beside a question.
    region: Region,
    /// How many have the screen for themselves.
    held: usize,
    /// What waits until another program has given the terminal back.
    waiting: Option<Vec<String>>,
}

impl Out {
    pub(crate) fn new(look: &Look) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = look.plain || set("RUNBOOK_PLAIN").is_some();
        let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
        let wanted = |is_terminal: bool| match look.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !plain && !is_dumb && set("NO_COLOR").is_none(),
        };
        Self(Arc::new(Inner {
            color_data: wanted(std::io::stdout().is_terminal()),
            color: wanted(terminal),
            terminal,
            plain,
            draws: terminal && !plain && !is_dumb && !look.quiet,
            quiet: look.quiet,
            verbose: look.verbose,
            screen: Mutex::default(),
        }))
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.0.quiet
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.0.verbose
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.0.terminal
    }

    pub(crate) fn has_color(&self) -> bool {
        self.0.color
    }

    /// No colours, no region, no redrawing: `--plain`.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.plain
    }

    /// Whether there is a live region.
    pub(crate) fn is_live(&self) -> bool {
        self.0.draws
    }

    /// Columns: those of the terminal now, within reason; 80 elsewhere.
    pub(crate) fn width(&self) -> usize {
        let columns = if self.0.terminal { columns(std::io::stderr()) } else { None };
        columns.map_or(80, |columns| usize::from(columns).clamp(40, 120))
    }

    /// What the live region may take: no line reaches the edge, and half of the screen stays for what happened.
    pub(crate) fn room(&self) -> Room {
        let (columns, rows) = size();
        Room { columns: usize::from(columns).saturating_sub(1), rows: usize::from(rows / 2).clamp(4, 16) }
    }

    pub(crate) fn has_color_data(&self) -> bool {
        self.0.color_data
    }

    /// Columns of the terminal that data goes to; none where it goes elsewhere: there no line is cut or broken.
    pub(crate) fn data_width(&self) -> Option<u16> {
        std::io::stdout().is_terminal().then(|| columns(std::io::stdout())).flatten()
    }

    /// A line on standard error, unless it is to be quiet.
    pub(crate) fn say(&self, line: &str) {
        if !self.0.quiet {
            self.must(line);
        }
    }

    /// A line on standard error in every mode.
    pub(crate) fn must(&self, line: &str) {
        let line = harmless(line, self.0.color);
        let mut screen = self.screen();
        if let Some(waiting) = screen.waiting.as_mut() {
            waiting.push(line.into_owned());
            return;
        }
        // A closed stream is never fatal, here and below.
        screen.region.above(|| {
            let mut stream = std::io::stderr().lock();
            let _ = match screen.prompt.as_deref() {
                Some(prompt) if self.0.plain => write!(stream, "\n{line}\n{prompt}").and_then(|()| stream.flush()),
                Some(prompt) => write!(stream, "\r\x1b[K{line}\n{prompt}").and_then(|()| stream.flush()),
                None => writeln!(stream, "{line}"),
            };
        });
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the live region, or draws it anew. It is not seen while a question stands open, or while the screen is held.
    pub(crate) fn show(&self, lines: &[Line]) {
        let mut screen = self.screen();
        if self.0.draws && screen.prompt.is_none() && screen.held == 0 {
            let lines: Vec<String> = lines.iter().map(|line| harmless(self.painted(line, self.0.color).trim_end(), self.0.color).into_owned()).collect();
            screen.region.draw(lines.join("\n"));
        }
    }

    /// Takes the live region from the screen; what was said stays.
    pub(crate) fn clear(&self) {
        self.screen().region.clear();
    }

    /// The screen is free of the live region for as long as this lives: for a prompt of its own, or another program.
    pub(crate) fn hold(&self) -> Held {
        let mut screen = self.screen();
        screen.region.clear();
        screen.held += 1;
        Held(self.clone())
    }

    /// Shows a prompt at the end of the screen, and keeps it there until [`Self::answered`].
    pub(crate) fn prompt(&self, text: &str) {
        let mut screen = self.screen();
        screen.region.clear();
        let mut stream = std::io::stderr().lock();
        let _ = write!(stream, "{text}").and_then(|()| stream.flush());
        screen.prompt = Some(text.to_owned());
    }

    /// The prompt is no longer wanted. `by_person`: their Enter ended its line already.
    pub(crate) fn answered(&self, by_person: bool) {
        let open = self.screen().prompt.take();
        if open.is_some() && !by_person {
            let mut stream = std::io::stderr().lock();
            let _ = write!(stream, "{}", if self.0.plain { "\n" } else { "\r\x1b[K" }).and_then(|()| stream.flush());
        }
    }

    /// Writes over the beginning of the open prompt with as many signs; what is typed behind it stays.
    pub(crate) fn tick(&self, head: &str) {
        let mut screen = self.screen();
        let Some(prompt) = screen.prompt.as_mut().filter(|_| self.0.draws) else { return };
        let rest: String = prompt.chars().skip(head.chars().count()).collect();
        *prompt = format!("{head}{rest}");
        let mut stream = std::io::stderr().lock();
        let _ = write!(stream, "\x1b7\r{head}\x1b8").and_then(|()| stream.flush());
    }

    /// Another program has the terminal: lines wait until [`Self::go_on`].
    pub(crate) fn wait(&self) {
        self.screen().waiting.get_or_insert_default();
    }

    /// Shows the lines that waited.
    pub(crate) fn go_on(&self) {
        let waited = self.screen().waiting.take();
        waited.into_iter().flatten().for_each(|line| self.must(&line));
    }

    /// Data, on standard output, with a line break at its end.
    pub(crate) fn data(&self, text: &str) {
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        self.screen().region.above(|| {
            let mut stream = std::io::stdout().lock();
            let _ = write!(stream, "{text}{end}").and_then(|()| stream.flush());
        });
    }

    /// JSON for programs, on standard output, written as it is made.
    pub(crate) fn json(&self, value: &impl serde::Serialize) {
        let mut stream = std::io::BufWriter::new(std::io::stdout().lock());
        let _ = serde_json::to_writer_pretty(&mut stream, value).map_err(std::io::Error::from).and_then(|()| writeln!(stream)).and_then(|()| stream.flush());
    }

    /// Bytes as they are, on standard output.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut stream = std::io::stdout().lock();
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
    }

    /// What a command printed on its standard error, on ours, and without orders to the terminal.
    pub(crate) fn error_bytes(&self, bytes: &[u8]) {
        String::from_utf8_lossy(bytes).lines().for_each(|line| self.must(&tame(line)));
    }

    /// A page for people, on standard output.
    pub(crate) fn page(&self, lines: &[Line]) {
        let painted = lines.iter().map(|line| self.painted(line, self.0.color_data));
        self.data(&harmless(&painted.map(|line| format!("{}\n", line.trim_end())).collect::<String>(), self.0.color_data));
    }

    /// A line of a page, on standard error and in every mode.
    pub(crate) fn line(&self, line: &Line) {
        self.must(self.painted(line, self.0.color).trim_end());
    }

    /// A word in its tone, for standard error.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        paint(tone, text, self.0.color)
    }

    fn painted(&self, line: &Line, color: bool) -> String {
        line.0.iter().map(|(tone, text)| paint(*tone, text, color)).collect()
    }
}

/// See [`Out::hold`].
#[derive(Debug)]
pub(crate) struct Held(Out);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.screen().held -= 1;
    }
}

fn paint(tone: Tone, text: &str, color: bool) -> String {
    // Nothing is coloured by its hue alone: the words say the same.
    let code = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Dim => "2",
        Tone::Strong => "1",
        Tone::Good => "32",
        Tone::Warn => "33",
        Tone::Bad => "1;31",
        Tone::Ask => "1;36",
    };
    if color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a terminal says of its width, where it says something.
fn columns(terminal: impl std::os::fd::AsFd) -> Option<u16> {
    rustix::termios::tcgetwinsize(terminal).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

/// Columns and rows of the terminal at this moment; 80 by 24 where it does not say.
fn size() -> (u16, u16) {
    let said = rustix::termios::tcgetwinsize(std::io::stderr()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    said.map_or((80, 24), |size| (size.ws_col, size.ws_row))
}

/// Cuts a text to so many columns, with a mark where something is gone.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Breaks a text between words; a word that is too long stays whole, so that it can be copied.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Makes control characters of a program's output visible: they must not move this terminal's cursor.
pub(crate) fn tame(text: &str) -> String {
    text.chars()
        .filter_map(|c| {
            if c == '\t' {
                Some(' ')
            } else if c == '\r' {
                None
            } else if c.is_control() {
                Some('\u{fffd}')
            } else {
                Some(c)
            }
        })
        .collect()
}

/// The last thing before the screen: whatever a value, a name or a file holds, it gives this terminal no orders. Colours
/// are ours, or do no harm.
fn harmless(text: &str, color: bool) -> Cow<'_, str> {
    if !text.contains(orders) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(orders) {
        safe.push_str(&rest[..at]);
        rest = &rest[at..];
        let colour = rest.strip_prefix("\x1b[").and_then(|code| Some(code.find(|c: char| !c.is_ascii_digit() && c != ';')? + 3));
        match colour.filter(|end| color && rest.as_bytes().get(end - 1) == Some(&b'm')) {
            Some(end) => {
                safe.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            None => {
                safe.push('\u{fffd}');
                rest = rest.get(rest.chars().next().map_or(1, char::len_utf8)..).unwrap_or_default();
            }
        }
    }
    Cow::Owned(safe + rest)
}

fn orders(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_colours_gives_orders_to_the_terminal() {
        assert_eq!(harmless("a\n\tb é", true), "a\n\tb é");
        assert_eq!(
            harmless("\x1b[1;31mred\x1b[0m \x1b[2J\x1b]0;t\x07\u{9b}1m\r\x7f\x1b[1é\x1b[", true),
            "\x1b[1;31mred\x1b[0m \u{fffd}[2J\u{fffd}]0;t\u{fffd}\u{fffd}1m\u{fffd}\u{fffd}\u{fffd}[1é\u{fffd}["
        );
        assert_eq!(harmless("\x1b[1mx", false), "\u{fffd}[1mx");
    }

    #[test]
    fn a_long_line_is_cut_with_a_mark() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
    }

    #[test]
    fn output_of_a_command_can_not_move_the_cursor() {
        assert_eq!(tame("a\x1b[2Jb\r\tc"), "a\u{fffd}[2Jb c");
    }
}

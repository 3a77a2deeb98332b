//! A person at a terminal, for what cannot be said on a command line.

use rexpect::ReadUntil;

use crate::harness::desk::Desk;
use crate::harness::seat::Seat;

/// In the place of a command: what this person does.
pub const MARKS_DONE: &str = "(mark done)";

/// Resumes the run, and marks done the one step of which nobody knows. Whatever else is asked parks the run. The screen, and
/// the exit status.
pub fn mark_done(desk: &Desk) -> Result<(String, i32), String> {
    let mut seat = Seat::at(desk, &["resume", "last"]);
    let mut screen = String::new();
    let mut answers = ["d", "it has ended, by its effects"].into_iter();
    loop {
        let wanted = ["your choice: ", "why is it done? it stands in the report; nothing typed goes back: "].map(|words| ReadUntil::String(words.to_owned()));
        let (before, seen) = seat.0.exp_any(wanted.into_iter().chain([ReadUntil::EOF]).collect()).map_err(|e| format!("at the terminal: {e}\n{screen}"))?;
        screen.push_str(&before);
        screen.push_str(&seen);
        if seen.is_empty() {
            let (rest, status) = seat.ends();
            return Ok((screen + &rest, status));
        }
        seat.types(answers.next().unwrap_or("p"));
    }
}

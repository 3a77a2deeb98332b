//! A shell for the person at the terminal: on a host over the run's own connection, or here. What the run has to say
//! meanwhile is shown when they are back.

use std::process::Command;

use engine::exec::people::Seat;

use crate::inputs::secrets;
use crate::out::Out;

/// Waits until it was left. Why it could not be opened, where it could not.
pub(super) fn open(out: &Out, seat: &Seat) -> Option<String> {
    let (program, args) = match seat {
        Seat::Here => (std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned()), Vec::new()),
        Seat::Over(words) => match words.split_first() {
            Some((program, args)) => (program.clone(), args.to_vec()),
            None => return Some("there is no command for it".to_owned()),
        },
    };
    let mut command = Command::new(&program);
    for name in secrets::variables() {
        command.env_remove(name);
    }
    let before = rustix::termios::tcgetattr(std::io::stdin()).ok();
    let held = out.hold();
    out.wait();
    let ended = command.args(args).status();
    drop(held);
    out.go_on();
    // A shell that was killed leaves the terminal as it was to it.
    if let Some(before) = before {
        let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Drain, &before);
    }
    match ended {
        Err(error) => Some(format!("`{program}` can't be started: {error}")),
        // ssh says so when it could not get in; a shell's own status says nothing about us.
        Ok(status) if matches!(seat, Seat::Over(_)) && status.code() == Some(255) => Some("ssh could not get in, or its connection broke".to_owned()),
        Ok(_) => None,
    }
}

//! Programs that print an inventory: asked once with `--list`, within a time.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// More than this is no inventory.
const MOST: u64 = 64 << 20;
/// How many of its last lines on standard error are told.
const LAST_LINES: usize = 5;

/// What a program printed, or why that can't be used, as the end of a sentence.
pub(super) fn ask(program: &Path, args: &[&str], hidden: &[OsString], patience: Duration) -> Result<String, String> {
    let patience = patience.min(PATIENCE);
    let mut command = Command::new(program);
    for name in hidden {
        command.env_remove(name);
    }
    // A group of its own: what it has started ends with it.
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("can't be started: {error}"))?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (out, err) = (gather(child.stdout.take()), gather(child.stderr.take()));
    let until = Instant::now() + patience;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK),
            ended => {
                let _ = group.map(|group| kill_process_group(group, Signal::KILL));
                let _ = child.wait();
                let why = ended.err().map_or_else(|| format!("said nothing within {}s, and was ended", patience.as_secs()), |error| error.to_string());
                return Err(format!("{why}{}", last_lines(&err)));
            }
        }
    };
    // What it left running may hold the pipe open.
    let printed = out.recv_timeout(until.saturating_duration_since(Instant::now()).max(LOOK));
    let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    if printed.as_ref().is_ok_and(|printed| u64::try_from(printed.len()).is_ok_and(|length| length > MOST)) {
        return Err("printed more than 64 MiB".to_owned());
    }
    if !status.success() {
        let how = status.signal().map_or_else(|| format!("exit status {}", status.code().unwrap_or_default()), |signal| format!("signal {signal}"));
        return Err(format!("failed with {how}{}", last_lines(&err)));
    }
    let printed = printed.map_err(|_| "ended, but something that it started goes on printing".to_owned())?;
    String::from_utf8(printed).map_err(|_| "printed what is not UTF-8".to_owned())
}

/// Reads to the end, beside the other one.
fn gather(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read is enough: a broken stream is told by the exit status.
        let _ = stream.map(|stream| stream.take(MOST + 1).read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

fn last_lines(err: &Receiver<Vec<u8>>) -> String {
    let bytes = err.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return "; it said nothing on standard error".to_owned();
    }
    format!("; it said: {}", lines[lines.len().saturating_sub(LAST_LINES)..].join(" / "))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn said(script: &str, patience: Duration) -> Result<String, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let path = folder.path().join("hosts");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))
            .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)))
            .map_err(|e| e.to_string())?;
        ask(&path, &["--list"], &["HIDDEN".into()], patience)
    }

    #[test]
    fn what_a_program_prints_is_taken_and_what_goes_wrong_is_told() {
        let second = Duration::from_secs(20);
        assert_eq!(said("echo \"$1 ${HIDDEN-none}\"", second), Ok("--list none\n".to_owned()));
        assert_eq!(said("echo one >&2; echo two >&2; exit 3", second), Err("failed with exit status 3; it said: one / two".to_owned()));
        assert_eq!(said("kill -9 $$", second), Err("failed with signal 9; it said nothing on standard error".to_owned()));
        assert_eq!(said("printf '\\377'", second), Err("printed what is not UTF-8".to_owned()));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_all_that_it_started() {
        let began = Instant::now();
        let why = said("sleep 1000 & sleep 1000", Duration::from_millis(300)).unwrap_or_else(|why| why);
        assert!(why.starts_with("said nothing within 0s, and was ended"), "{why}");
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_gigabyte_does_not_fill_the_memory() {
        let why = said("head -c 100000000 /dev/zero", Duration::from_secs(60)).map_or_else(|why| why, |text| format!("{} bytes", text.len()));
        assert_eq!(why, "printed more than 64 MiB");
    }
}

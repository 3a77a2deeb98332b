//! Shows a long text to the person at the terminal, as `git` does: by their `$PAGER`, else by `less`, else as it is.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use engine::exec::people::Printed;

use crate::inputs::secrets;
use crate::out::{Out, tame};

/// All that an attempt printed, errors behind the rest.
pub(super) fn show(out: &Out, printed: &Printed) {
    let text = text(printed);
    if text.is_empty() {
        out.must(&format!("  {} printed nothing that is kept", tame(&printed.path)));
    } else if paged(out, &text).is_none() {
        text.lines().for_each(|line| out.must(&format!("  {line}")));
    }
}

fn text(printed: &Printed) -> String {
    let mut text = String::new();
    for (name, path) in [("output", &printed.out), ("errors", &printed.err)] {
        let said = read(path);
        if !said.is_empty() {
            text.push_str(&format!("{name} of {}\n{said}", tame(&printed.path)));
        }
    }
    text
}

/// Tamed: what a program printed gives this terminal no orders.
fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().map(|line| format!("{}\n", tame(line))).collect()
}

/// None where no pager could be started.
fn paged(out: &Out, text: &str) -> Option<()> {
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty()).unwrap_or_else(|| "less".to_owned());
    let words = shell_words::split(&pager).ok()?;
    let (program, args) = words.split_first()?;
    let mut command = Command::new(program);
    for name in secrets::variables() {
        command.env_remove(name);
    }
    if std::env::var_os("LESS").is_none() {
        // Ends by itself where all of it fits on the screen, and leaves it there.
        command.env("LESS", "FRX");
    }
    let _held = out.hold();
    let mut child = command.args(args).stdin(Stdio::piped()).spawn().ok()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever has seen enough closes it.
        let _ = stdin.write_all(text.as_bytes());
    }
    let _ = child.wait();
    Some(())
}

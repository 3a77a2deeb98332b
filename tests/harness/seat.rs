//! Somebody at a real terminal.

use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};

use super::desk::Desk;

/// A command at a terminal of so many columns.
pub struct Seat(pub PtySession);

impl Seat {
    pub fn at(desk: &Desk, args: &[&str]) -> Self {
        Self::with(desk, 80, &[("TERM", "xterm")], true, args)
    }

    pub fn with(desk: &Desk, columns: u16, environment: &[(&str, &str)], strip: bool, args: &[&str]) -> Self {
        let plain = desk.command();
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("stty cols {columns} rows 24; exec \"$0\" \"$@\"")]).arg(plain.get_program()).args(args);
        command.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?)))).envs(environment.iter().copied());
        command.current_dir(plain.get_current_dir().expect("a folder"));
        let options = Options::new().timeout_ms(Some(60_000)).strip_ansi_escape_codes(strip);
        Self(spawn_with_options(command, options).expect("a terminal"))
    }

    /// Any command at a terminal, in the tester's own environment.
    pub fn of(plain: &std::process::Command) -> Self {
        let mut command = std::process::Command::new(plain.get_program());
        command.args(plain.get_args()).envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let options = Options::new().timeout_ms(Some(60_000)).strip_ansi_escape_codes(true);
        Self(spawn_with_options(command, options).expect("a terminal"))
    }

    /// Waits for words on the screen; what came before them.
    pub fn sees(&mut self, words: &str) -> String {
        self.0.exp_string(words).unwrap_or_else(|e| panic!("waited for `{words}`: {e}"))
    }

    pub fn types(&mut self, line: &str) {
        self.0.send_line(line).expect("a terminal that is read");
    }

    pub fn ctrl_c(&mut self) {
        self.0.send_control('c').expect("a terminal that is read");
    }

    /// What else is shown, and the exit status.
    pub fn ends(mut self) -> (String, i32) {
        let rest = self.0.exp_eof().expect("it ends");
        match self.0.process().wait().expect("it was started") {
            WaitStatus::Exited(_, status) => (rest, status),
            other => panic!("{other:?}: {rest}"),
        }
    }
}

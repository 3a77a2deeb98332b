//! A terminal as one sees it: what a program wrote is drawn by an emulator, and tests look at the screen.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal, WaitStatus};
use rustix::termios::{Winsize, tcsetwinsize};

use super::desk::Desk;

/// High enough that nothing scrolls away.
const ROWS: u16 = 60;

/// A command at such a terminal.
pub struct Glass {
    process: PtyProcess,
    keys: File,
    drawn: Arc<Mutex<Drawn>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

struct Drawn {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Glass {
    pub fn at(desk: &Desk, columns: u16, args: &[&str]) -> Self {
        Self::with(desk, columns, &[], args)
    }

    pub fn with(desk: &Desk, columns: u16, environment: &[(&str, &str)], args: &[&str]) -> Self {
        let plain = desk.command();
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("stty cols {columns} rows {ROWS}; exec \"$0\" \"$@\"")]).arg(plain.get_program()).args(args);
        command.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?)))).env("TERM", "xterm").envs(environment.iter().copied());
        command.current_dir(plain.get_current_dir().expect("a folder"));
        let process = PtyProcess::new(command).expect("a terminal");
        let keys = process.get_file_handle().expect("its other side");
        let mut output = process.get_file_handle().expect("its other side");
        let drawn = Arc::new(Mutex::new(Drawn { screen: vt100::Parser::new(ROWS, columns, 0), raw: Vec::new() }));
        let to = Arc::clone(&drawn);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0u8; 4096];
            // It ends with an error when nobody has the other side open any more.
            while let Ok(read) = output.read(&mut bytes) {
                if read == 0 {
                    break;
                }
                let mut drawn = to.lock().unwrap_or_else(PoisonError::into_inner);
                drawn.screen.process(&bytes[..read]);
                drawn.raw.extend_from_slice(&bytes[..read]);
            }
        });
        Self { process, keys, drawn, reader: Some(reader) }
    }

    /// The lines of the screen at this moment, without blank ones at the end.
    pub fn screen(&self) -> Vec<String> {
        let drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = drawn.screen.screen().contents();
        contents.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Waits until the screen is so, and gives it.
    pub fn shows(&self, what: &str, so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if so(&screen) {
                return screen;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "waited in vain: {what}:\n{}", screen.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for words anywhere on the screen.
    pub fn sees(&self, words: &str) -> Vec<String> {
        self.shows(words, |screen| screen.iter().any(|line| line.contains(words)))
    }

    /// All that was ever written to it.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.drawn.lock().unwrap_or_else(PoisonError::into_inner).raw).into_owned()
    }

    pub fn types(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\n").as_bytes()).expect("a terminal that is read");
    }

    /// Somebody makes the window narrower or wider.
    pub fn resize(&self, columns: u16) {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).screen.screen_mut().set_size(ROWS, columns);
        tcsetwinsize(&self.keys, Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("a terminal");
    }

    pub fn signal(&mut self, signal: Signal) {
        self.process.signal(signal).expect("it runs");
    }

    /// The screen that is left when it has ended, and its exit status.
    pub fn ends(mut self) -> (Vec<String>, i32) {
        let status = self.process.wait().expect("it was started");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("it reads on to the end");
        }
        match status {
            WaitStatus::Exited(_, status) => (self.screen(), status),
            other => panic!("{other:?}: {:?}", self.screen()),
        }
    }
}

//! Ctrl-C once, Ctrl-C twice, SIGTERM, a closed terminal.

use tokio::signal::unix::{Signal, SignalKind, signal};

pub(in crate::exec) enum Told {
    /// No new command starts; those in flight finish; then a person is asked.
    Interrupt,
    /// Park at once.
    Go,
}

pub(in crate::exec) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
    interrupts: u32,
}

impl Signals {
    pub(in crate::exec) fn listen() -> Self {
        // A signal that can't be listened to keeps its default: the process ends and a resume finds everything.
        let listen = |kind| signal(kind).ok();
        Self { interrupt: listen(SignalKind::interrupt()), terminate: listen(SignalKind::terminate()), hangup: listen(SignalKind::hangup()), interrupts: 0 }
    }

    pub(in crate::exec) async fn next(&mut self) -> Told {
        tokio::select! {
            () = wait(&mut self.interrupt) => {
                self.interrupts += 1;
                if self.interrupts > 1 { Told::Go } else { Told::Interrupt }
            }
            () = wait(&mut self.terminate) => Told::Go,
            () = wait(&mut self.hangup) => Told::Go,
        }
    }

    /// A person chose to go on: the next Ctrl-C is a first one again.
    pub(in crate::exec) fn forget(&mut self) {
        self.interrupts = 0;
    }
}

async fn wait(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

//! Plain questions while no run is driven: at the same terminal, and with the same ways out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::console::{Console, Typed};
use crate::out::Out;

#[derive(Debug)]
pub(crate) struct Asker {
    console: Console,
    /// Ctrl-C, SIGTERM or a closed terminal.
    told_to_go: Arc<AtomicBool>,
}

impl Asker {
    pub(crate) fn new(out: Out) -> Self {
        let told_to_go = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&told_to_go);
        // Never waited for: it ends with the process.
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let listen = |kind| signal(kind).ok();
                let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
                let [mut interrupt, mut terminate, mut hangup] = kinds.map(listen);
                loop {
                    tokio::select! {
                        () = came(&mut interrupt) => {}
                        () = came(&mut terminate) => {}
                        () = came(&mut hangup) => {}
                    }
                    told.store(true, Ordering::Relaxed);
                }
            });
        });
        Self { console: Console::new(out), told_to_go }
    }

    /// A line; none where nobody is there any more, or wants to be.
    pub(crate) fn line(&mut self, prompt: &str) -> Option<String> {
        self.console.forget_early_keys();
        self.told_to_go.store(false, Ordering::Relaxed);
        let told = Arc::clone(&self.told_to_go);
        match self.console.line(prompt, None, &mut || !told.load(Ordering::Relaxed)) {
            Typed::Line(line) => Some(line),
            Typed::TakenBack | Typed::Closed | Typed::Silence => None,
        }
    }
}

/// A signal that can't be listened to never comes.
async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

//! Looks on while another process drives a run: what comes into its journal, and what its commands print, is told in the
//! order in which it came. It writes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::driver::DriveError;
use super::driver::signals::{Signals, Told};
use super::keeper::call::Stream;
use super::watch::Watch;
use crate::journal::lock::is_alive;
use crate::journal::{Journal, output};
use crate::plan::model::NodeId;
use crate::run::edit::Plans;
use crate::run::event::{Event, EventKind};
use crate::run::state::{Phase, RunState, Stage};
use crate::run::verdict::attempt_name;

const LOOK: Duration = Duration::from_millis(100);
/// How often it is looked whether the process is still there, in looks.
const ALIVE: u32 = 10;
/// How long a run that was created waits for its process, in looks.
const PATIENCE: u32 = 100;
/// Read at once of one stream.
const PIECE: usize = 64 * 1024;

/// Why there is nothing more to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The run is over, parked or stuck, or waits without a process.
    Settled,
    /// The process that drove it died and could not say so.
    Alone,
    /// Its runbook was edited: it is another plan from here on.
    Edited,
    /// Ctrl-C, or the terminal was closed. The run goes on.
    Told,
}

/// A run that is looked at.
#[derive(Debug)]
pub struct Followed<'a> {
    pub journal: &'a mut Journal,
    pub plans: &'a Plans,
    pub state: &'a mut RunState,
    /// The process that drives it, and on which machine.
    pub driver: Option<(u32, String)>,
    /// An event of another plan has come.
    pub edited: bool,
    /// Of what runs already: so many bytes at the end of what it printed, or all of it.
    pub tail: Option<u64>,
}

/// Follows a run until there is nothing more to see.
///
/// # Errors
/// The journal can't be read, or does not fold.
pub async fn follow(mut run: Followed<'_>, watch: &mut dyn Watch) -> Result<Seen, DriveError> {
    let mut signals = Signals::listen();
    let mut printed = Printed { read: BTreeMap::new(), tail: run.tail };
    let mut looks = 0u32;
    loop {
        run.look(&mut printed, watch)?;
        printed.tail = None;
        if run.edited {
            return Ok(Seen::Edited);
        }
        let is_new = run.state.phase == Phase::New && looks < PATIENCE;
        if !run.state.driven && !is_new {
            return Ok(Seen::Settled);
        }
        looks += 1;
        if run.state.driven && looks.is_multiple_of(ALIVE) && run.is_alone() {
            // Its last words may have come in between.
            run.look(&mut printed, watch)?;
            return Ok(if run.state.driven { Seen::Alone } else { Seen::Settled });
        }
        tokio::select! {
            Told::Go | Told::Interrupt = signals.next() => return Ok(Seen::Told),
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

impl Followed<'_> {
    fn look(&mut self, printed: &mut Printed, watch: &mut dyn Watch) -> Result<(), DriveError> {
        // What was printed stands on the disk before the event that says how it ended.
        let events = if self.journal.was_written_to()? { self.journal.read_on()? } else { Vec::new() };
        self.print(printed, watch)?;
        for event in events {
            self.take(&event, printed, watch)?;
        }
        watch.look(self.plans.now(), self.state);
        Ok(())
    }

    fn take(&mut self, event: &Event, printed: &mut Printed, watch: &mut dyn Watch) -> Result<(), DriveError> {
        // Whoever looks on opens the run anew: its plan stands beside that event.
        if matches!(event.kind, EventKind::RunbookEdited { .. }) {
            self.edited = true;
        }
        if self.edited {
            return Ok(());
        }
        match &event.kind {
            EventKind::DriverStarted { pid, machine, .. } => self.driver = Some((*pid, machine.clone())),
            EventKind::StepEnded { node, attempt, .. } => self.rest(printed, *node, false, *attempt, watch)?,
            EventKind::UndoEnded { node, attempt, .. } => self.rest(printed, *node, true, *attempt, watch)?,
            _ => {}
        }
        self.state.apply(self.plans.now(), event)?;
        watch.event(self.plans.now(), self.state, event);
        Ok(())
    }

    /// What the commands under way have printed since the last look.
    fn print(&self, printed: &mut Printed, watch: &mut dyn Watch) -> Result<(), DriveError> {
        for (id, _) in self.plans.now().iter() {
            match self.state.stage(id) {
                Stage::Began { attempt, .. } => self.piece(printed, id, false, *attempt, watch)?,
                Stage::Undoing { attempt, .. } => self.piece(printed, id, true, *attempt, watch)?,
                _ => false,
            };
        }
        Ok(())
    }

    /// All that is left of an attempt that has ended.
    fn rest(&self, printed: &mut Printed, node: NodeId, undoing: bool, attempt: u32, watch: &mut dyn Watch) -> Result<(), DriveError> {
        while self.piece(printed, node, undoing, attempt, watch)? {}
        Ok(())
    }

    /// Whether there was anything.
    fn piece(&self, printed: &mut Printed, node: NodeId, undoing: bool, attempt: u32, watch: &mut dyn Watch) -> Result<bool, DriveError> {
        let mut any = false;
        let (folder, run) = (self.journal.store().folder(), self.journal.run());
        let name = attempt_name(&self.plans.now().node(node).path, undoing, attempt);
        for (stream, end) in [(Stream::Out, "out"), (Stream::Err, "err")] {
            let tail = printed.tail;
            let from = printed
                .read
                .entry((node, undoing, attempt, end))
                .or_insert_with(|| tail.map_or(0, |tail| output::length(folder, run, &name, end).saturating_sub(tail)));
            let bytes = output::read_from(folder, run, &name, end, *from, PIECE)?;
            *from += bytes.len() as u64;
            any |= !bytes.is_empty();
            if !bytes.is_empty() {
                watch.output(self.plans.now(), node, stream, &bytes);
            }
        }
        Ok(any)
    }

    /// Whether its process is gone, as far as that can be told from here.
    fn is_alone(&self) -> bool {
        let here = rustix::system::uname();
        self.driver.as_ref().is_some_and(|(pid, machine)| *machine == here.nodename().to_string_lossy() && !is_alive(*pid))
    }
}

/// How far each stream was read.
struct Printed {
    read: BTreeMap<(NodeId, bool, u32, &'static str), u64>,
    /// For the first look alone.
    tail: Option<u64>,
}

//! Who looks on while a run goes: a screen, a log, a stream of events.

use super::keeper::call::Stream;
use crate::plan::model::{NodeId, Plan};
use crate::run::event::Event;
use crate::run::state::RunState;

/// Told of everything in the order of the journal. It decides nothing, and what it does must be quick.
pub trait Watch {
    /// An event is on disk and folded into `state`.
    fn event(&mut self, plan: &Plan, state: &RunState, event: &Event);

    /// A command printed something.
    fn output(&mut self, plan: &Plan, node: NodeId, stream: Stream, bytes: &[u8]);

    /// Something worth a line that is no event: a lost connection that is tried again.
    fn notice(&mut self, text: &str);

    /// Time passes: called several times a second, whether or not anything happened.
    fn look(&mut self, plan: &Plan, state: &RunState);
}

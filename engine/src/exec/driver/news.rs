//! What comes back from the tasks.

use crate::exec::keeper::call::Stream;
use crate::plan::model::NodeId;
use crate::run::event::EventKind;

pub(super) enum News {
    /// What an effect came to.
    Answer {
        key: String,
        events: Vec<EventKind>,
    },
    Output {
        node: NodeId,
        stream: Stream,
        bytes: Vec<u8>,
    },
}

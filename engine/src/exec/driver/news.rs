//! What comes back from the tasks.

use crate::exec::keeper::call::Stream;
use crate::exec::people::Seat;
use crate::plan::model::{HostName, NodeId, SlotId};
use crate::run::event::EventKind;
use crate::value::SecretText;

pub(super) enum News {
    /// What an effect came to.
    Answer {
        key: String,
        events: Vec<EventKind>,
    },
    /// How a person gets to the host of a node, or why they can't.
    Seat {
        node: NodeId,
        seat: Result<Seat, String>,
    },
    /// A person says that a step is done, and its own guards do not.
    Unproven {
        node: NodeId,
        said: String,
    },
    /// The value of a secret fact: it stands in no event.
    Secret {
        slot: SlotId,
        host: HostName,
        value: SecretText,
    },
    Output {
        node: NodeId,
        stream: Stream,
        bytes: Vec<u8>,
    },
}

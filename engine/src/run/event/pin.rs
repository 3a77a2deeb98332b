//! What a run pins (promise J2).

use serde::{Deserialize, Serialize};

/// What a pinned content is to its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Plan,
    Source,
    Params,
    /// A file that it uploads; kept beside the journal until the run is over.
    Upload,
}

/// Something that a run pins by its content (promise J2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    pub role: Role,
    pub name: String,
    /// SHA-256 of the content.
    pub hash: String,
}

//! The standard library: runbook files, compiled in. Their sources have the highest ids, so that they never meet those
//! of the files that a program reads.

use grammar::source::{Source, SourceId};

const FILES: [(&str, &str); 6] = [
    ("file.runbook", include_str!("../../../stdlib/file.runbook")),
    ("host.runbook", include_str!("../../../stdlib/host.runbook")),
    ("icinga.runbook", include_str!("../../../stdlib/icinga.runbook")),
    ("mysql.runbook", include_str!("../../../stdlib/mysql.runbook")),
    ("puppet.runbook", include_str!("../../../stdlib/puppet.runbook")),
    ("service.runbook", include_str!("../../../stdlib/service.runbook")),
];

/// Every file of the standard library. Their paths begin with `stdlib/`.
pub fn sources() -> impl Iterator<Item = Source> {
    (0u32..).zip(FILES).map(|(position, (name, text))| Source { id: SourceId(u32::MAX - position), path: format!("stdlib/{name}"), text: text.to_owned() })
}

/// Whether a text names the family of a standard file: `service.` for `stdlib/service.runbook`.
pub(super) fn is_spoken_of(standard: &Source, text: &str) -> bool {
    let family = standard.path.trim_start_matches("stdlib/").trim_end_matches("runbook");
    text.contains(family)
}

/// Whether a source is part of the standard library.
#[must_use]
pub fn is_standard(id: SourceId) -> bool {
    u32::try_from(FILES.len()).is_ok_and(|count| id.0 > u32::MAX - count)
}

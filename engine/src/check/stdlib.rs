//! The standard library: runbook files, compiled in. Their sources have the highest ids, so that they never meet those
//! of the files that a program reads.

use std::sync::{LazyLock, OnceLock};

use grammar::ast::File;
use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, SourceId};

const FILES: [(&str, &str); 18] = [
    ("apache.runbook", include_str!("../../../stdlib/apache.runbook")),
    ("balancer.runbook", include_str!("../../../stdlib/balancer.runbook")),
    ("cron.runbook", include_str!("../../../stdlib/cron.runbook")),
    ("file.runbook", include_str!("../../../stdlib/file.runbook")),
    ("haproxy.runbook", include_str!("../../../stdlib/haproxy.runbook")),
    ("host.runbook", include_str!("../../../stdlib/host.runbook")),
    ("http.runbook", include_str!("../../../stdlib/http.runbook")),
    ("icinga.runbook", include_str!("../../../stdlib/icinga.runbook")),
    ("log.runbook", include_str!("../../../stdlib/log.runbook")),
    ("mediawiki.runbook", include_str!("../../../stdlib/mediawiki.runbook")),
    ("mysql.runbook", include_str!("../../../stdlib/mysql.runbook")),
    ("notify.runbook", include_str!("../../../stdlib/notify.runbook")),
    ("package.runbook", include_str!("../../../stdlib/package.runbook")),
    ("php.runbook", include_str!("../../../stdlib/php.runbook")),
    ("puppet.runbook", include_str!("../../../stdlib/puppet.runbook")),
    ("reprepro.runbook", include_str!("../../../stdlib/reprepro.runbook")),
    ("service.runbook", include_str!("../../../stdlib/service.runbook")),
    ("timer.runbook", include_str!("../../../stdlib/timer.runbook")),
];

/// One file of it.
#[derive(Debug)]
pub(super) struct Standard {
    id: SourceId,
    name: &'static str,
    text: &'static str,
    parsed: OnceLock<(File, Vec<Diagnostic>)>,
}

static ALL: LazyLock<Vec<Standard>> = LazyLock::new(|| {
    (0u32..).zip(FILES).map(|(position, (name, text))| Standard { id: SourceId(u32::MAX - position), name, text, parsed: OnceLock::new() }).collect()
});

/// Every file of the standard library.
pub(super) fn all() -> &'static [Standard] {
    &ALL
}

impl Standard {
    pub(super) fn id(&self) -> SourceId {
        self.id
    }

    /// Its tree and its mistakes. It is read once in a process, and only when a text speaks of it.
    pub(super) fn parsed(&self) -> &(File, Vec<Diagnostic>) {
        self.parsed.get_or_init(|| {
            let parsed = grammar::parse(&self.source());
            (parsed.file, parsed.diagnostics)
        })
    }

    /// Whether a text names its family: `service.` for `stdlib/service.runbook`.
    pub(super) fn is_spoken_of(&self, text: &str) -> bool {
        text.contains(self.name.trim_end_matches("runbook"))
    }

    /// Whether a text is the file itself, to the byte.
    pub(super) fn is_text(&self, text: &str) -> bool {
        self.text == text
    }

    fn source(&self) -> Source {
        Source { id: self.id, path: format!("stdlib/{}", self.name), text: self.text.to_owned() }
    }
}

/// Every file of the standard library, as text. Their paths begin with `stdlib/`.
pub fn sources() -> impl Iterator<Item = Source> {
    ALL.iter().map(Standard::source)
}

/// Whether a source is part of the standard library.
#[must_use]
pub fn is_standard(id: SourceId) -> bool {
    u32::try_from(FILES.len()).is_ok_and(|count| id.0 > u32::MAX - count)
}

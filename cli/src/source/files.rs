//! Files read for a program, each once, and those that could not be read. Several threads may ask at the same time.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engine::lint::Allowances;
use grammar::Parsed;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span};

/// One byte above what the parser takes: it says the rest.
pub(super) const MOST: u64 = (1 << 20) + 1;

/// The code of a file that can't be read at all.
pub(super) const UNREADABLE: &str = "RB0900";

const NO_FILE: &str = "it is no regular file but a pipe, a socket or a device";

/// Every file asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Files {
    shelf: Mutex<Shelf>,
    /// Texts that stand in for those on the disk, by canonical path: what a fix would make of them.
    instead: HashMap<PathBuf, String>,
}

#[derive(Debug, Default)]
struct Shelf {
    files: Vec<Arc<Slot>>,
    by_path: HashMap<PathBuf, usize>,
}

#[derive(Debug)]
struct Slot {
    id: SourceId,
    /// As it was asked for.
    shown: PathBuf,
    canonical: PathBuf,
    file: OnceLock<Result<Arc<File>, Box<NotRead>>>,
}

/// Why there is no source, and what can be drawn all the same.
#[derive(Debug)]
struct NotRead {
    diagnostic: Diagnostic,
    text: String,
}

/// A file that could be read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) source: Source,
    /// Without links: what the same file is known by.
    pub(crate) canonical: PathBuf,
    parsed: OnceLock<Parsed>,
    allowances: OnceLock<Allowances>,
}

impl File {
    pub(crate) fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| grammar::parse(&self.source))
    }

    /// What its comments allow.
    pub(crate) fn allowances(&self) -> &Allowances {
        self.allowances.get_or_init(|| Allowances::of(&self.source))
    }
}

/// Why there is no source.
#[derive(Debug)]
pub(crate) struct Unread(pub(crate) Box<Diagnostic>);

impl Files {
    /// The same files, with these texts instead of what is on the disk.
    pub(crate) fn with(instead: HashMap<PathBuf, String>) -> Self {
        Self { shelf: Mutex::default(), instead }
    }

    /// Reads a file and keeps it; the same file comes back with the same id.
    ///
    /// # Errors
    /// A diagnostic without a text: not there, a folder, not UTF-8, not readable.
    pub(crate) fn read(&self, path: &Path) -> Result<Arc<File>, Unread> {
        self.read_up_to(path, MOST)
    }

    /// The same for a larger file than a runbook may be. One that is larger still is not read.
    pub(crate) fn read_up_to(&self, path: &Path, most: u64) -> Result<Arc<File>, Unread> {
        let slot = self.slot(path);
        // Outside the lock: others go on meanwhile.
        let file = slot.file.get_or_init(|| self.open(&slot, most));
        file.as_ref().map(Arc::clone).map_err(|why| Unread(Box::new(why.diagnostic.clone())))
    }

    /// Keeps a text that is no file's, so that what is wrong with it can be drawn.
    pub(crate) fn keep(&self, shown: &str, text: String) -> Source {
        let slot = self.slot(Path::new(&format!("\0{shown}")));
        let source = Source { id: slot.id, path: shown.to_owned(), text };
        let file = File { source: source.clone(), canonical: slot.canonical.clone(), parsed: OnceLock::new(), allowances: OnceLock::new() };
        let _ = slot.file.set(Ok(Arc::new(file)));
        source
    }

    /// Gives a file its number, and so its place in the order of all.
    pub(crate) fn number(&self, path: &Path) -> SourceId {
        self.slot(path).id
    }

    /// A file that was read.
    pub(crate) fn get(&self, id: SourceId) -> Option<Arc<File>> {
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.files.get(usize::try_from(id.0).ok()?)?.file.get()?.as_ref().ok().map(Arc::clone)
    }

    /// What was asked for so far, in the order of the ids. One that could not be read has what can be drawn of it.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let source = |slot: &Arc<Slot>| match slot.file.get() {
            Some(Ok(file)) => file.source.clone(),
            Some(Err(why)) => Source { id: slot.id, path: slot.shown.display().to_string(), text: why.text.clone() },
            None => Source { id: slot.id, path: slot.shown.display().to_string(), text: String::new() },
        };
        shelf.files.iter().map(source).collect()
    }

    fn slot(&self, path: &Path) -> Arc<Slot> {
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shelf.by_path.get(&canonical).and_then(|at| shelf.files.get(*at)) {
            return Arc::clone(known);
        }
        let at = shelf.files.len();
        let id = SourceId(u32::try_from(at).unwrap_or(u32::MAX));
        let slot = Arc::new(Slot { id, shown: plain(path), canonical: canonical.clone(), file: OnceLock::new() });
        shelf.files.push(Arc::clone(&slot));
        shelf.by_path.insert(canonical, at);
        slot
    }

    fn open(&self, slot: &Slot, most: u64) -> Result<Arc<File>, Box<NotRead>> {
        let shown = slot.shown.display().to_string();
        let read = match self.instead.get(&slot.canonical) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => bytes(&slot.canonical, most),
        };
        let bytes = read.map_err(|why| Box::new(NotRead { diagnostic: unreadable(slot.id, &shown, &why), text: String::new() }))?;
        let drawn = if std::str::from_utf8(&bytes).is_err() { drawable(&bytes) } else { String::new() };
        let source = grammar::read_utf8(slot.id, &shown, bytes).map_err(|diagnostic| Box::new(NotRead { diagnostic, text: drawn }))?;
        Ok(Arc::new(File { source, canonical: slot.canonical.clone(), parsed: OnceLock::new(), allowances: OnceLock::new() }))
    }
}

/// The path without `./` and without what `..` takes back, where that leads to the same file.
fn plain(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    let mut back = false;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(short.components().next_back(), Some(Component::Normal(_))) => {
                short.pop();
                back = true;
            }
            part => short.push(part),
        }
    }
    // Behind a link `..` leads elsewhere.
    let is_same = !back || short.canonicalize().ok().is_some_and(|real| path.canonicalize().ok() == Some(real));
    if is_same { short } else { path.to_owned() }
}

/// The text with a `?` for each byte that is none, so that every place stays where it is.
fn drawable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    match std::fs::metadata(path).map(|there| there.file_type()) {
        Ok(kind) if kind.is_dir() => return Err("it is a folder".to_owned()),
        // To open one may wait for ever. A pipe without a place of its own is a shell's `<(…)`, with a writer behind it.
        Ok(kind) if !kind.is_file() && path.canonicalize().is_ok() => return Err(NO_FILE.to_owned()),
        _ => {}
    }
    let file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => e.to_string(),
    })?;
    let mut bytes = Vec::new();
    // A pipe may have no end; a file of this size is refused anyway.
    file.take(most).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if most > MOST && u64::try_from(bytes.len()).is_ok_and(|length| length == most) {
        return Err(format!("it has more than {} MiB", most >> 20));
    }
    Ok(bytes)
}

fn unreadable(id: SourceId, path: &str, why: &str) -> Diagnostic {
    let help = if why == NO_FILE {
        "write what comes out of it to a file, and name that".to_owned()
    } else if why.contains("folder") {
        format!("name a file in it, or `runbook lint {path}` for all of them")
    } else {
        "check the path; it is relative to the folder you are in".to_owned()
    };
    Diagnostic {
        code: UNREADABLE,
        severity: Severity::Error,
        message: format!("{path} can't be read: {why}"),
        span: Span::new(id, 0, 0),
        label: String::new(),
        related: Vec::new(),
        help: Some(help),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_a_missing_file_and_wrong_bytes_are_diagnostics() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let files = Files::default();
        let why = |path: &Path| files.read(path).err().map(|u| u.0.message).unwrap_or_default();
        assert!(why(folder.path()).ends_with("it is a folder"));
        assert!(why(&folder.path().join("none.runbook")).ends_with("no such file"));
        std::fs::write(folder.path().join("bad.runbook"), b"run\xffbook")?;
        assert!(!why(&folder.path().join("bad.runbook")).is_empty());
        Ok(())
    }

    #[test]
    fn one_file_has_one_number_whatever_it_is_called_and_is_shown_by_a_plain_path() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("sub"))?;
        std::fs::write(folder.path().join("a.runbook"), "runbook a { }\n")?;
        std::os::unix::fs::symlink("a.runbook", folder.path().join("link.runbook"))?;
        let files = Files::default();
        let first = files.number(&folder.path().join("sub/../a.runbook"));
        assert_eq!(first, files.number(&folder.path().join("a.runbook")));
        assert_eq!(first, files.number(&folder.path().join("link.runbook")));
        assert_eq!(files.sources()[0].path, folder.path().join("a.runbook").display().to_string());
        assert_eq!(plain(Path::new("./a/./b.runbook")), Path::new("a/b.runbook"));
        Ok(())
    }

    #[test]
    fn a_text_can_stand_in_for_the_one_on_the_disk() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.runbook").display().to_string();
        std::fs::write(&path, "old")?;
        let canonical = Path::new(&path).canonicalize()?;
        let files = Files::with(HashMap::from([(canonical, "new".to_owned())]));
        assert_eq!(files.read(Path::new(&path)).map(|f| f.source.text.clone()).ok(), Some("new".to_owned()));
        Ok(())
    }
}

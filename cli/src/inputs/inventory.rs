//! The files of an inventory: one, a folder of them, or a program that prints it; and what lies beside it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::inventory::{Beside, Given, Inventory, Whose, load};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span};

use super::program;
use crate::source::{Files, Unread};

/// The largest file; YAML is refused earlier.
const MOST: u64 = 64 << 20;
/// How long all calls of `--host` together may take.
const ALL_HOSTS: Duration = Duration::from_secs(300);
/// Endings of files that are no inventory, as Ansible has them, where a folder is read.
const NOT_INVENTORIES: [&str; 12] = ["~", ".orig", ".bak", ".cfg", ".retry", ".pyc", ".pyo", ".swp", ".rpm", ".md", ".txt", ".rst"];
/// Endings of files of vars; without one comes first.
const VARS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Reads the inventory at a path.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(files: &Files, path: &Path, hidden: Vec<OsString>) -> Result<Inventory, Vec<Diagnostic>> {
    let mut around = Around { files, folder: PathBuf::new(), programs: Vec::new(), hidden, has_vars: HashMap::new(), until: None };
    let mut given = Vec::new();
    if path.is_dir() {
        path.clone_into(&mut around.folder);
        around.folder(path, &mut given)?;
        if given.is_empty() {
            return Err(vec![around.wrong(path, "RB0430", format!("{} holds no inventory", path.display()), "name a file, or put one into it")]);
        }
    } else {
        around.folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        given.push(around.file(path)?);
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned();
    let (beside, here) = (absolute(&around.folder), absolute(Path::new(".")));
    load(&path.display().to_string(), &beside, &here, &given, &mut around)
}

struct Around<'a> {
    files: &'a Files,
    /// Where `group_vars` and `host_vars` are looked for.
    folder: PathBuf,
    /// The programs that were asked, by what they said.
    programs: Vec<(SourceId, PathBuf)>,
    hidden: Vec<OsString>,
    /// Whether there is such a folder.
    has_vars: HashMap<Whose, bool>,
    /// When the calls for single hosts must be done.
    until: Option<Instant>,
}

impl Around<'_> {
    fn wrong(&self, path: &Path, code: &'static str, message: String, help: &str) -> Diagnostic {
        let span = Span::new(self.files.number(path), 0, 0);
        let (label, help) = (String::new(), Some(help.to_owned()));
        Diagnostic { code, severity: Severity::Error, message, span, label, related: Vec::new(), help, fix: None }
    }

    /// Every inventory in a folder, in the order of their names.
    fn folder(&mut self, folder: &Path, given: &mut Vec<Given>) -> Result<(), Vec<Diagnostic>> {
        for path in self.listed(folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if matches!(name.as_str(), "group_vars" | "host_vars" | "vars_plugins") || NOT_INVENTORIES.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            if path.is_dir() {
                self.folder(&path, given)?;
            } else {
                given.push(self.file(&path)?);
            }
        }
        Ok(())
    }

    /// What is not hidden, in the order of their names.
    fn listed(&self, folder: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
        let unreadable = |e: std::io::Error| vec![self.wrong(folder, "RB0900", format!("{} can't be read: {e}", folder.display()), "check the path")];
        let entries = std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let is_hidden = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        let mut paths: Vec<PathBuf> = entries.into_iter().filter(|entry| !is_hidden(entry)).map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    }

    /// A file as it is, or what a program says.
    fn file(&mut self, path: &Path) -> Result<Given, Vec<Diagnostic>> {
        let is_executable = std::fs::metadata(path).is_ok_and(|there| there.is_file() && there.permissions().mode() & 0o111 != 0);
        if !is_executable {
            return Ok(Given { source: self.text(path)?, by_program: false });
        }
        if !is_program(path) {
            let why = format!("{} has the executable bit, and is no program that could be asked with `--list`", path.display());
            let help = format!("`chmod -x {}` if it is a file to be read; a script begins with `#!`", path.display());
            return Err(vec![self.wrong(path, "RB0430", why, &help)]);
        }
        let source = self.ask(path, &["--list"], ALL_HOSTS)?;
        self.programs.push((source.id, path.to_owned()));
        Ok(Given { source, by_program: true })
    }

    fn text(&self, path: &Path) -> Result<Source, Vec<Diagnostic>> {
        self.files.read_up_to(path, MOST).map(|file| file.source.clone()).map_err(|Unread(why)| vec![*why])
    }

    fn ask(&self, path: &Path, args: &[&str], patience: Duration) -> Result<Source, Vec<Diagnostic>> {
        let called = format!("{} {}", path.display(), args.join(" "));
        // Without a slash it would be looked for on the search path.
        let program = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        match program::ask(&program, args, &self.hidden, patience) {
            Ok(text) => Ok(self.files.keep(&called, text)),
            Err(why) => Err(vec![self.wrong(path, "RB0433", format!("`{called}` {why}"), "run it by hand; nothing was connected to")]),
        }
    }
}

impl Beside for Around<'_> {
    fn vars(&mut self, whose: Whose, name: &str) -> Result<Vec<Source>, Vec<Diagnostic>> {
        let folder = self.folder.join(if whose == Whose::Group { "group_vars" } else { "host_vars" });
        // A name of a path would lead elsewhere.
        if name.contains('/') || !*self.has_vars.entry(whose).or_insert_with(|| folder.is_dir()) {
            return Ok(Vec::new());
        }
        let Some(found) = VARS.iter().map(|end| folder.join(format!("{name}{end}"))).find(|path| path.exists()) else { return Ok(Vec::new()) };
        let mut paths = Vec::new();
        if found.is_dir() {
            self.vars_in(&found, &mut paths)?
        } else {
            paths.push(found)
        }
        paths.iter().map(|path| self.text(path)).collect()
    }

    fn of_host(&mut self, list: &Source, host: &str) -> Result<Source, Vec<Diagnostic>> {
        let Some(path) = self.programs.iter().find(|(id, _)| *id == list.id).map(|(_, path)| path.clone()) else { return Ok(list.clone()) };
        let until = *self.until.get_or_insert_with(|| Instant::now() + ALL_HOSTS);
        self.ask(&path, &["--host", host], until.saturating_duration_since(Instant::now()))
    }
}

impl Around<'_> {
    /// The files of a folder that has the vars of one group or host.
    fn vars_in(&self, folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Vec<Diagnostic>> {
        for path in self.listed(folder)? {
            let end = path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
            if path.to_string_lossy().ends_with('~') {
                continue;
            }
            if path.is_dir() && end.is_empty() {
                self.vars_in(&path, paths)?;
            } else if path.is_file() && VARS.contains(&end.as_str()) {
                paths.push(path);
            }
        }
        Ok(())
    }
}

/// A script, or a program of the machine's own.
fn is_program(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head));
    read.is_ok_and(|length| head[..length].starts_with(b"#!") || head[..length] == *b"\x7fELF")
}

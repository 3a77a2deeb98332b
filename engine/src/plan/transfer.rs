//! Files that cross between the engine's machine and a host: which one, as it is now, and the commands that look at a
//! place and fill it. Each command is one of `sh/`, with `sh/common.sh` behind its first lines.

use std::collections::BTreeMap;

use grammar::ast::Operand;
use grammar::source::{SourceId, Span, Text};

use super::error::PlanError;
use super::lower::Lowering;
use super::model::*;
use super::settings::{Around, STEP_SECONDS};
use super::shown;
use super::template::Prose;
use crate::check::LoadError;
use crate::check::stdlib::is_standard;
use crate::outcome::Shell;
use crate::value::{Type, Value};

const COMMON: &str = include_str!("sh/common.sh");
const PUT: &str = include_str!("sh/put.sh");
const SAME: &str = include_str!("sh/same.sh");
const LOOK: &str = include_str!("sh/look.sh");

/// The files of the project. The engine itself opens none before a run.
pub trait ProjectFiles: std::fmt::Debug {
    /// A file as it is now; its path is relative to the file `from`.
    ///
    /// # Errors
    /// It lies outside the project, or can't be read.
    fn pin(&self, path: &str, from: SourceId) -> Result<PinnedFile, LoadError>;
}

/// Where an `upload` or a `download` stands.
pub(super) struct Crossing<'a, 'p> {
    pub(super) frame: FrameId,
    pub(super) host: &'a str,
    pub(super) around: &'a Around<'p>,
    pub(super) timeout: Option<(&'p Text, FrameId)>,
    /// A word that no other step of the plan has.
    pub(super) mark: &'a str,
}

impl<'p> Lowering<'p> {
    pub(super) fn upload(&mut self, at: &Crossing<'_, 'p>, src: &Text, to: &Text) -> Option<Upload> {
        let what = "what an `upload` takes";
        let from = self.early_operand(&Operand::Literal(src.clone()), &Type::Path, what, at.frame, Some(at.host))?.display();
        let file = self.pinned(&from, self.written_in(src, at.frame), src.span)?;
        let to = self.place_of_file(at, to, "to")?;
        let mark = content_mark(at.mark);
        let names = [
            ("to", to, Type::Path),
            ("sum", Bound::Value(Value::String(file.hash.clone())), Type::String),
            ("size", Bound::Value(Value::String(file.size.to_string())), Type::String),
            ("executable", Bound::Value(Value::Bool(file.executable)), Type::Bool),
            ("mark", Bound::Value(Value::String(mark)), Type::String),
        ];
        let frame = self.frame(at.frame, false);
        for (name, bound, kind) in names {
            self.bind(frame, name, bound, Some(kind));
        }
        let put = self.built_in(at, frame, PUT, src.span)?;
        let same = self.built_in(at, frame, SAME, src.span)?;
        Some(Upload { from, file, put, same })
    }

    pub(super) fn download(&mut self, at: &Crossing<'_, 'p>, src: &Text, to: &Text) -> Option<Download> {
        let from = self.place_of_file(at, src, "from")?;
        let to = self.operand(&Operand::Literal(to.clone()), &Type::Path, "where a `download` goes", at.frame, Some(at.host))?;
        let frame = self.frame(at.frame, false);
        self.bind(frame, "from", from, Some(Type::Path));
        self.bind(frame, "to", to, Some(Type::Path));
        Some(Download { look: self.built_in(at, frame, LOOK, src.span)? })
    }

    fn pinned(&mut self, path: &str, from: SourceId, at: Span) -> Option<PinnedFile> {
        let pinned = match &self.files {
            Some(files) => files.pin(path, from),
            None => Err(LoadError::Unreadable { why: "there are no files here".to_owned() }),
        };
        let path = path.to_owned();
        match pinned {
            Ok(file) => return Some(file),
            Err(LoadError::Outside) => self.error(PlanError::UploadOutside { at, path }),
            Err(LoadError::Unreadable { why }) => self.error(PlanError::UploadUnreadable { at, path, why }),
            Err(LoadError::Mistaken(mistakes)) => self.errors.extend(mistakes),
        }
        None
    }

    /// A path on a host, looked at as far as it is known.
    fn place_of_file(&mut self, at: &Crossing<'_, 'p>, text: &Text, word: &'static str) -> Option<Bound> {
        let what = if word == "to" { "where an `upload` goes" } else { "what a `download` takes" };
        let bound = self.operand(&Operand::Literal(text.clone()), &Type::Path, what, at.frame, Some(at.host))?;
        if let Bound::Value(value) = &bound
            && let Some(why) = unclear(&value.display(), at.around.cwd.is_some())
        {
            self.error(PlanError::BadPlace { at: text.span, path: value.display(), why });
            return None;
        }
        Some(bound)
    }

    /// Plain `sh`, the step's user and folder, nothing of its environment.
    fn built_in(&mut self, at: &Crossing<'_, 'p>, frame: FrameId, script: &str, place: Span) -> Option<Command> {
        let around = Around { env: Vec::new(), shell: Some(Shell::Sh), ..at.around.clone() };
        let script = self.compiled(&Text::verbatim(whole(script), place), frame, Some(at.host))?;
        let timeout = at.timeout.or(at.around.timeout);
        let command = self.command_of(script, frame, Some(at.host), &around, timeout, None, STEP_SECONDS)?;
        self.meet(at.host, &command);
        self.touch(at.host).sums = true;
        Some(command)
    }

    /// A path is relative to the file in which its beginning is written: that of the `upload`, or of the argument that
    /// begins it.
    fn written_in(&self, text: &Text, frame: FrameId) -> SourceId {
        let main = self.program.runbook().map_or_else(SourceId::default, |r| r.name.span.source);
        let own = if is_standard(text.span.source) { main } else { text.span.source };
        let Ok(prose) = Prose::compile(text) else { return own };
        let Some(first) = prose.begins_with() else { return own };
        match first.names().as_slice() {
            [(name, _)] if first.source_text().text.trim() == name => self.given_in(name, frame).unwrap_or(main),
            _ => own,
        }
    }

    /// Where the argument of this name was written; `None` where it came from outside.
    fn given_in(&self, name: &str, frame: FrameId) -> Option<SourceId> {
        let mut at = Some(frame);
        while let Some(id) = at {
            if let Some((operand, caller)) = self.given.get(&(id, name.to_owned())) {
                return match operand {
                    Operand::Literal(text) => Some(self.written_in(text, *caller)),
                    Operand::Computed(text) if text.text.trim().chars().all(|c| c.is_alphanumeric() || c == '_') => self.given_in(text.text.trim(), *caller),
                    Operand::Computed(text) => Some(text.span.source),
                    Operand::List(items) => Some(items.span.source),
                };
            }
            let frame = &self.frames[id.index()];
            at = if frame.sealed { None } else { frame.parent };
        }
        None
    }
}

/// The lines that all of them share come behind the first that is no comment: it says which place is meant.
fn whole(script: &str) -> String {
    let lines = || script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let rest: Vec<&str> = lines().skip(1).collect();
    format!("{}\n{COMMON}{}\n", lines().next().unwrap_or_default(), rest.join("\n"))
}

/// Why a path on a host can't be meant.
fn unclear(path: &str, has_cwd: bool) -> Option<&'static str> {
    if path.ends_with('/') {
        Some("it names a folder: name the file")
    } else if path.starts_with('~') {
        Some("`~` stands for no folder here: write the path out")
    } else if !path.starts_with('/') && !has_cwd {
        Some("it is relative, and no `cwd` says to which folder")
    } else {
        None
    }
}

/// Eight hexadecimal digits.
fn content_mark(word: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(word.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Two copies of one `download` that would write the same file: the later would take the place of the earlier.
pub(super) fn overwritten(plan: &Plan) -> Vec<PlanError> {
    let mut seen: BTreeMap<(Span, String), &str> = BTreeMap::new();
    let mut errors = Vec::new();
    for (_, node) in plan.iter() {
        let Some(Does::Download(download)) = node.spec().and_then(|s| s.does.as_ref()) else { continue };
        let to = shown::name(plan, download.look.frame, node.host.as_deref(), "to");
        let at = download.look.script.source_text().span;
        match seen.get(&(at, to.clone())) {
            Some(first) => {
                let error = PlanError::DownloadedTwice { at, to, first: (*first).to_owned(), second: node.path.clone() };
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
            None => {
                seen.insert((at, to), &node.path);
            }
        }
    }
    errors
}

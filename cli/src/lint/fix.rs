//! Fixes, put into files in passes: what one pass changes, the next one lints again, until nothing is left to mend. All
//! of it happens to texts in memory; whoever calls writes them.

use std::collections::HashMap;
use std::path::PathBuf;

use engine::lint::{Options, mended};
use grammar::diagnostic::{Diagnostic, Fix, Severity};
use grammar::source::{Source, SourceId};

use super::{Outcome, lint};
use crate::source::{Files, Meant};

/// Fixes that undo each other come to an end here.
const PASSES: usize = 10;

/// Of this many fixes in one file that do not go together each is tried alone.
const TRIED: usize = 100;

/// A file with other text.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) canonical: PathBuf,
    pub(crate) shown: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) done: Vec<Done>,
}

/// What was mended, at the line where it stood when it was.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) line: usize,
    pub(crate) code: &'static str,
    pub(crate) title: String,
}

/// Mends what can be mended in the files that are meant, and tells what is left. What they import is not touched.
pub(crate) fn fix(meant: &[Meant], options: &Options, unsafe_too: bool) -> (Files, Outcome, Vec<Fixed>) {
    let mut mending = Mending { unsafe_too, fixed: HashMap::new(), errors: HashMap::new(), given_up: Vec::new() };
    let (mut files, mut outcome) = mending.linted(meant, options);
    mending.errors = errors(&files, &outcome);
    for _ in 0..PASSES {
        if !mending.pass(&files, &outcome) {
            break;
        }
        (files, outcome) = mending.linted(meant, options);
        // A fix that makes a runbook worse is a mistake of its rule; the file must not pay for it.
        if mending.give_up_worse(&files, &outcome) {
            (files, outcome) = mending.linted(meant, options);
        }
    }
    let mut fixed: Vec<Fixed> = mending.fixed.into_values().filter(|fixed| fixed.before != fixed.after).collect();
    fixed.sort_by(|a, b| a.shown.cmp(&b.shown));
    (files, outcome, fixed)
}

struct Mending {
    unsafe_too: bool,
    fixed: HashMap<PathBuf, Fixed>,
    /// How many errors each file had before.
    errors: HashMap<PathBuf, usize>,
    /// Files that are left as they were.
    given_up: Vec<PathBuf>,
}

impl Mending {
    fn linted(&self, meant: &[Meant], options: &Options) -> (Files, Outcome) {
        let files = Files::with(self.fixed.values().map(|fixed| (fixed.canonical.clone(), fixed.after.clone())).collect());
        let outcome = lint(meant, &files, options);
        (files, outcome)
    }

    /// Whether something was mended.
    fn pass(&mut self, files: &Files, outcome: &Outcome) -> bool {
        let mut changed = false;
        for id in &outcome.files {
            let Some(file) = files.get(*id).filter(|file| !self.given_up.contains(&file.canonical)) else { continue };
            let offered: Vec<(&Diagnostic, &Fix)> = self.offered(outcome, *id);
            let (text, applied) = sound(&file.source, &offered);
            if applied.is_empty() || text == file.source.text {
                continue;
            }
            changed = true;
            let fixed = self.fixed.entry(file.canonical.clone()).or_insert_with(|| Fixed {
                canonical: file.canonical.clone(),
                shown: file.source.path.clone(),
                before: file.source.text.clone(),
                after: String::new(),
                done: Vec::new(),
            });
            fixed.after = text;
            fixed.done.extend(applied.into_iter().filter_map(|at| offered.get(at)).map(|(finding, fix)| Done {
                line: file.source.line_column(finding.span.start).0,
                code: finding.code,
                title: fix.title.clone(),
            }));
        }
        changed
    }

    fn offered<'o>(&self, outcome: &'o Outcome, id: SourceId) -> Vec<(&'o Diagnostic, &'o Fix)> {
        let of_file = outcome.findings.iter().filter(|finding| finding.span.source == id);
        of_file.filter_map(|finding| Some((finding, finding.fix.as_ref()?))).filter(|(_, fix)| fix.safe || self.unsafe_too).collect()
    }

    fn give_up_worse(&mut self, files: &Files, outcome: &Outcome) -> bool {
        let now = errors(files, outcome);
        let worse = |path: &PathBuf| now.get(path).copied().unwrap_or_default() > self.errors.get(path).copied().unwrap_or_default();
        let given_up: Vec<PathBuf> = self.fixed.keys().filter(|path| worse(path)).cloned().collect();
        for path in &given_up {
            self.fixed.remove(path);
        }
        let some = !given_up.is_empty();
        self.given_up.extend(given_up);
        some
    }
}

fn errors(files: &Files, outcome: &Outcome) -> HashMap<PathBuf, usize> {
    let mut errors = HashMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        if let Some(file) = files.get(finding.span.source) {
            *errors.entry(file.canonical.clone()).or_default() += 1;
        }
    }
    errors
}

/// The text with as many fixes as leave it readable as it was: all that go together, or else those that do so alone.
fn sound(source: &Source, offered: &[(&Diagnostic, &Fix)]) -> (String, Vec<usize>) {
    let before = mistakes(source, source.text.clone());
    let all = mended(source, offered.iter().map(|(_, fix)| *fix));
    if mistakes(source, all.text.clone()) <= before {
        return (all.text, all.applied);
    }
    let mut kept: Vec<usize> = Vec::new();
    for at in all.applied.into_iter().take(TRIED) {
        let chosen: Vec<usize> = kept.iter().copied().chain([at]).collect();
        let tried = mended(source, chosen.iter().filter_map(|at| offered.get(*at)).map(|(_, fix)| *fix));
        if tried.applied.len() == chosen.len() && mistakes(source, tried.text) <= before {
            kept = chosen;
        }
    }
    let text = mended(source, kept.iter().filter_map(|at| offered.get(*at)).map(|(_, fix)| *fix)).text;
    (text, kept)
}

fn mistakes(source: &Source, text: String) -> usize {
    let parsed = grammar::parse(&Source { id: source.id, path: source.path.clone(), text });
    parsed.diagnostics.iter().filter(|mistake| mistake.severity == Severity::Error).count()
}

#[cfg(test)]
mod tests {
    use grammar::diagnostic::Edit;
    use grammar::source::Span;

    use super::*;

    #[test]
    fn a_fix_that_breaks_the_file_is_left_out_and_the_others_go_in() {
        let text = "runbook x {\n  step a on local { verify `one` }\n}\n";
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text: text.to_owned() };
        let finding = |at: usize, end: usize, new: &str| {
            let mut finding = grammar::parse(&Source { text: "}".to_owned(), ..source.clone() }).diagnostics.remove(0);
            finding.mend("mend it", [Edit { span: Span::new(SourceId(0), at, end), text: new.to_owned() }]);
            finding
        };
        let one = text.find("one").unwrap_or_default();
        let all = [finding(one, one + 3, "two"), finding(0, 7, "runbok"), finding(text.len() - 1, text.len(), "\n\n")];
        let offered: Vec<(&Diagnostic, &Fix)> = all.iter().filter_map(|d| Some((d, d.fix.as_ref()?))).collect();
        let (mended, applied) = sound(&source, &offered);
        assert_eq!((mended.as_str(), applied), ("runbook x {\n  step a on local { verify `two` }\n}\n\n", vec![0, 2]));
    }
}

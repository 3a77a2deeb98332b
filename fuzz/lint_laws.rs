//! What holds for every text that is checked and linted.

use engine::check::{NoFiles, ParsedFile, check, check_beside};
use engine::lint::{Options, lint as ask_the_rules};
use engine::plan::{Inputs, plan};
use grammar::Spelling;
use grammar::diagnostic::{Diagnostic, Severity};

use super::laws;

/// Checked, linted and planned without a panic; what is told points into the text, and so does each fix.
pub fn lint(bytes: &[u8], spelling: Spelling) {
    let Some((text, parsed)) = laws::read(bytes, spelling) else { return };
    let main = ParsedFile { source: laws::source(&text), file: parsed.file.clone() };
    if parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        told(&text, &check_beside(main, &mut NoFiles, &parsed.diagnostics));
        return;
    }
    let mut program = match check(main, &mut NoFiles) {
        Ok(program) => program,
        Err(errors) => return told(&text, &errors),
    };
    for name in program.own_runbooks().to_vec() {
        program.choose_at(name);
        told(&text, &ask_the_rules(&program, &Options::default()));
        if let Err(errors) = plan(&program, &Inputs::default()) {
            told(&text, &errors);
        }
    }
}

fn told(text: &str, diagnostics: &[Diagnostic]) {
    laws::point_into(text, diagnostics);
    for edit in diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()).flat_map(|fix| &fix.edits) {
        assert!(edit.span.source.0 != 0 || text.get(edit.span.start..edit.span.end).is_some(), "{edit:?}");
    }
}

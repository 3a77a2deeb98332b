//! An import of which nothing is used.

use std::collections::BTreeSet;

use grammar::ast::{Does, Piece};
use grammar::diagnostic::Severity;
use grammar::source::SourceId;

use super::flow::written;
use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0313",
    severity: Severity::Warning,
    title: "an import that nothing uses",
    explanation: "A file that is imported is read, checked and pinned in every run, and its mistakes are this runbook's mistakes. One of which nothing is used, neither an action nor a runbook, only ties two files together. The standard library is never imported.",
    bad: "import \"site.runbook\"\nrunbook x { target h: host = \"h1\"\n step s on h { use service.restarted(name: \"nginx\") } }",
    good: "import \"site.runbook\"\nrunbook x { target h: host = \"h1\"\n step s on h { use site.reloaded() } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    let Some(main) = program.sources().first() else { return };
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for runbook in program.own_runbooks().iter().filter_map(|name| program.runbook_at(*name)) {
        used.extend(runbook.notify.iter().map(|notify| notify.action.name.as_str()));
        walk::blocks(&runbook.body, &mut |piece| match piece {
            Piece::Step(step) | Piece::Manual(step) => used.extend(walk::used(&step.fields).map(|call| call.name.as_str())),
            Piece::During(during) => {
                used.insert(&during.action.name);
            }
            Piece::Call(call) => {
                used.insert(&call.runbook);
            }
            _ => {}
        });
    }
    for action in program.own_actions().filter(|action| action.name.span.source == main.id) {
        if let Some(Does::Use(call)) = &action.fields.does {
            used.insert(&call.name);
        }
    }
    let actions = used.iter().filter_map(|name| program.actions().get(*name)).map(|action| action.name.span.source);
    let runbooks = used.iter().filter_map(|name| program.runbooks().get(*name)).map(|runbook| runbook.name.span.source);
    let files: BTreeSet<SourceId> = actions.chain(runbooks).collect();
    for import in program.imports().iter().filter(|import| import.path.span.source == main.id) {
        if reached(program, import.file).is_disjoint(&files) {
            let note = found.add(import.path.span, format!("nothing of `{}` is used", import.path.text), "imported for nothing", "take the import out");
            note.mend("take the import out", written::whole_line(main, import.path.span, "import"));
        }
    }
}

/// A file, and all that it imports.
fn reached(program: &Program, file: SourceId) -> BTreeSet<SourceId> {
    let mut files = BTreeSet::from([file]);
    loop {
        let more: Vec<SourceId> =
            program.imports().iter().filter(|i| files.contains(&i.path.span.source) && !files.contains(&i.file)).map(|i| i.file).collect();
        if more.is_empty() {
            return files;
        }
        files.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{mended_text, places};

    const BODY: &str = "runbook x { target h: host = \"h1\"\n step s on h { use service.restarted(name: \"nginx\") } }";

    #[test]
    fn an_import_is_used_by_whatever_it_brings_in() {
        let found = |body: &str| places("RB0313", &format!("import \"site.runbook\"\n{body}")).len();
        assert_eq!(found(BODY), 1);
        assert_eq!(found("runbook x { target h: host = \"h1\"\n during site.held() on h release always { step s on h { verify `x` } } }"), 0);
        assert_eq!(found("action a.b() { use site.reloaded() }"), 0);
        assert_eq!(found("runbook x { target h: host = \"h1\"\n call c site.all(h: h) }"), 0);
    }

    #[test]
    fn its_line_is_taken_out() {
        assert_eq!(mended_text("x.runbook", &format!("import \"site.runbook\"\n{BODY}\n")), format!("{BODY}\n"));
    }
}

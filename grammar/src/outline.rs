//! What a comment may stand at: the comments of a file and the extents of its pieces and fields, in both spellings.
//!
//! Comments are those of the language. A `#` in a text or in a command is none: there it belongs to the text, or to the
//! shell.

use crate::read::{SIZE, Spelling, spelling_of};
use crate::source::{Source, Span};
use crate::syntax_error::Errors;
use crate::{native, yaml};

/// The outline of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// From `#` to the end of its line, in the order of the text.
    pub comments: Vec<Span>,
    pub units: Vec<Unit>,
}

/// A field as a whole, or the header of a piece without its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Where its field or its piece begins. In YAML the parts of a header are fields of their own, and all of them begin
    /// where the piece does.
    pub begins: usize,
    pub span: Span,
}

/// Reads a file again for its outline. Of a file that can't be parsed only the sound part is told.
#[must_use]
pub fn outline(source: &Source) -> Outline {
    if source.text.len() > SIZE {
        return Outline::default();
    }
    let mut errors = Errors::default();
    match spelling_of(&source.path) {
        Spelling::Native => native::outline(source, &mut errors),
        Spelling::Yaml => yaml::outline(source, &mut errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn shown(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let source = Source { id: SourceId(0), path: path.to_owned(), text: text.to_owned() };
        let outline = outline(&source);
        let cut = |span: Span| source.text[span.start..span.end].to_owned();
        (outline.comments.into_iter().map(cut).collect(), outline.units.into_iter().map(|unit| cut(unit.span)).collect())
    }

    #[test]
    fn comments_are_told_from_text_and_commands() {
        let text = "# one\nrunbook x \"#no\" { # two\n  step a on h {\n    run ```\n      # the shell's\n      ```\n    # drei\u{fc}\n    verify `echo # no`   # four\n  }\n}\n# five";
        assert_eq!(shown("a.runbook", text).0, ["# one", "# two", "# drei\u{fc}", "# four", "# five"]);
        let text = "# one\nrunbook: x # two\ntitle: 'a # no'\nsteps:\n  # three\n- step: a # four\n  run: |  # five\n    # the shell's\n    echo a#b # no\n  verify: echo a#b\n  # six\n";
        assert_eq!(shown("a.runbook.yaml", text).0, ["# one", "# two", "# three", "# four", "# five", "# six"]);
    }

    #[test]
    fn a_hundred_comments_in_a_row_are_comments() {
        let lines = "# c\n".repeat(5000);
        let text = format!("runbook: x\nsteps:\n{lines}- step: a\n{lines}  run: x\n{lines}");
        assert_eq!(shown("a.yaml", &text).0.len(), 15_000);
        assert_eq!(shown("a.runbook", &format!("{lines}runbook x {{ {lines} }}")).0.len(), 10_000);
    }

    #[test]
    fn the_units_of_both_spellings_are_headers_and_whole_fields() {
        let text = "runbook x \"t\" {\n  on h\n  step a on h {\n    run ```\n      one\n      two\n      ```\n    verify `v` every 5s\n  }\n}\n";
        let units = shown("a.runbook", text).1;
        assert_eq!(units[..3], ["runbook x \"t\"", "on h", "step a on h"]);
        assert!(units[3].starts_with("run ```") && units[3].ends_with("```"), "{units:?}");
        assert_eq!(units[4], "verify `v` every 5s");
        let text =
            "runbook: x\nparams:\n  p: {type: int}\nsteps:\n- step: a\n  title: t\n  on: h\n  run: |\n    one\n    two\n  verify:\n    cmd: v\n    every: 5s\n";
        let units = shown("a.yaml", text).1;
        assert!(units.contains(&"p: {type: int}".to_owned()), "{units:?}");
        assert!(units.iter().any(|u| u.starts_with("run: |") && u.trim_end().ends_with("two")), "{units:?}");
        assert!(units.iter().any(|u| u.starts_with("verify:") && u.ends_with("5s")), "{units:?}");
        assert!(!units.iter().any(|u| u.starts_with("steps: ") || u.contains("- step")), "{units:?}");
    }
}

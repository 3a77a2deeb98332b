//! How a text was written in the source that it comes from, which its tree doesn't say. A printer keeps what it can:
//! `"1.10"` keeps its quotes, a block stays a block.

use crate::read::Spelling;
use crate::source::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As it is: a literal of the native form, a plain scalar of YAML.
    Bare,
    /// In quotes or backticks, on one line.
    Quoted,
    /// On lines of its own.
    Block,
    /// On several lines that are read as one.
    Folded,
    /// There is no source.
    Unknown,
}

/// What a tree was read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// Nothing, for a tree that was made.
    pub(super) text: Option<&'a str>,
    pub(super) spelling: Spelling,
}

impl Origin<'_> {
    pub(super) fn is_yaml(self) -> bool {
        self.text.is_some() && self.spelling == Spelling::Yaml
    }

    pub(super) fn written(self, text: &Text) -> Written {
        let Some(source) = self.text else { return Written::Unknown };
        let before = source.get(..text.span.start).unwrap_or_default();
        let header = before.trim_end_matches([' ', '\t', '\r']);
        let on_own_line = header.len() < before.len() && header.ends_with('\n') || before.ends_with('\n');
        let several_lines = source.get(text.span.start..text.span.end).is_some_and(|written| written.contains('\n'));
        match before.chars().next_back() {
            Some('"' | '\'' | '`') if several_lines && self.spelling == Spelling::Yaml => Written::Folded,
            Some('"' | '\'') => Written::Quoted,
            Some('`') if self.spelling == Spelling::Native => Written::Quoted,
            _ if self.spelling == Spelling::Native && on_own_line && opens_native(header) => Written::Block,
            _ if on_own_line && opens(header, '|') => Written::Block,
            _ if several_lines && self.spelling == Spelling::Yaml => Written::Folded,
            _ if on_own_line && opens(header, '>') => Written::Folded,
            _ => Written::Bare,
        }
    }

    /// Does this stand as a literal, not as a text in quotes? Then it is written as one again.
    pub(super) fn is_literal(self, text: &Text) -> bool {
        crate::literal::kind(&text.text).is_some() && matches!(self.written(text), Written::Bare | Written::Unknown)
    }
}

/// Does the line before end with the header of such a block scalar?
fn opens(header: &str, mark: char) -> bool {
    let line = header.trim_end().rsplit('\n').next().unwrap_or_default();
    // A comment may stand behind the header.
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    line.trim_end_matches(|c: char| c == '-' || c == '+' || c.is_ascii_digit()).ends_with(mark)
}

fn opens_native(header: &str) -> bool {
    let line = header.trim_end();
    line.ends_with("\"\"\"") || line.ends_with("```")
}

//! Puts the fixes that rules offer into a text. Who reads and writes files is not known here.

use grammar::diagnostic::{Edit, Fix};
use grammar::source::Source;

/// A text with changes in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub text: String,
    /// Which of the fixes are in it, by their position.
    pub applied: Vec<usize>,
}

/// Puts as many of the fixes into a text as go together. What overlaps an earlier one is left for another pass, when
/// the text was read again. A fix goes in whole or not at all, and one that reaches into another file not at all.
#[must_use]
pub fn mended<'a>(source: &Source, fixes: impl IntoIterator<Item = &'a Fix>) -> Mended {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut applied = Vec::new();
    for (position, fix) in fixes.into_iter().enumerate() {
        let sound = |edit: &Edit| edit.span.source == source.id && source.text.get(edit.span.start..edit.span.end).is_some();
        let free = |edit: &Edit| !taken.iter().any(|other| meets(edit, other));
        let apart = fix.edits.iter().enumerate().all(|(at, edit)| fix.edits[..at].iter().all(|other| !meets(edit, other)));
        if !fix.edits.is_empty() && apart && fix.edits.iter().all(|edit| sound(edit) && free(edit)) {
            taken.extend(&fix.edits);
            applied.push(position);
        }
    }
    taken.sort_by_key(|edit| edit.span.start);
    let mut text = String::with_capacity(source.text.len());
    let mut from = 0;
    for edit in taken {
        text.push_str(&source.text[from..edit.span.start]);
        text.push_str(&edit.text);
        from = edit.span.end;
    }
    text.push_str(&source.text[from..]);
    Mended { text, applied }
}

/// Two changes whose order would matter.
fn meets(one: &Edit, other: &Edit) -> bool {
    let (a, b) = (one.span, other.span);
    (a.start < b.end && b.start < a.end) || a.start == b.start || (a.start == a.end && a.start == b.end) || (b.start == b.end && b.start == a.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::source::{SourceId, Span};

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edits = edits.iter().map(|(start, end, text)| Edit { span: Span::new(SourceId(0), *start, *end), text: (*text).to_owned() }).collect();
        Fix { title: "mend it".to_owned(), safe: true, edits }
    }

    fn after(text: &str, fixes: &[Fix]) -> (String, Vec<usize>) {
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text: text.to_owned() };
        let mended = mended(&source, fixes);
        (mended.text, mended.applied)
    }

    #[test]
    fn what_goes_together_goes_in_whatever_its_order() {
        assert_eq!(after("abcdef", &[fix(&[(4, 5, "E"), (0, 1, "A")]), fix(&[(2, 2, "-")])]), ("Ab-cdEf".to_owned(), vec![0, 1]));
    }

    #[test]
    fn of_two_that_overlap_the_first_goes_in() {
        assert_eq!(after("abcdef", &[fix(&[(1, 3, "x")]), fix(&[(2, 4, "y")]), fix(&[(5, 6, "z")])]), ("axdez".to_owned(), vec![0, 2]));
        assert_eq!(after("ab", &[fix(&[(1, 1, "x")]), fix(&[(1, 1, "y")])]), ("axb".to_owned(), vec![0]));
    }

    #[test]
    fn a_fix_goes_in_whole_or_not_at_all() {
        assert_eq!(after("abcdef", &[fix(&[(1, 3, "x")]), fix(&[(2, 4, "y"), (5, 6, "z")])]), ("axdef".to_owned(), vec![0]));
        let elsewhere = Fix { edits: vec![Edit { span: Span::new(SourceId(1), 0, 1), text: String::new() }], ..fix(&[]) };
        assert_eq!(after("abc", &[elsewhere, fix(&[(9, 10, "x")]), fix(&[])]), ("abc".to_owned(), vec![]));
    }
}

//! Every code by its number, read from the page of the book that lists them: one list, and a test that it is whole.

const PAGE: &str = include_str!("../../../docs/codes.md");

/// A row of the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) code: &'static str,
    pub(crate) finding: &'static str,
    /// The heading above it, and what stands below that heading.
    pub(crate) part: &'static str,
    pub(crate) about: &'static str,
}

/// The row of a code, however it is written.
pub(crate) fn find(code: &str) -> Option<Code> {
    PAGE.split("\n## ").find_map(|section| {
        let (part, text) = section.split_once('\n')?;
        let row = text.lines().find(|line| cell(line, 1).is_some_and(|first| first.eq_ignore_ascii_case(code)))?;
        let about = text.split("\n|").next().unwrap_or_default().trim();
        // The finding is the last cell: rules have their severity in between.
        let finding = row.trim_end_matches('|').rsplit(" | ").next()?.trim();
        Some(Code { code: cell(row, 1)?, finding, part, about })
    })
}

fn cell(row: &'static str, number: usize) -> Option<&'static str> {
    row.strip_prefix('|')?;
    row.split('|').nth(number).map(str::trim).filter(|cell| cell.starts_with("RB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_with_its_words_and_its_part() {
        let code = find("rb0010").expect("it is on the page");
        assert_eq!((code.code, code.finding, code.part), ("RB0010", "a word that the language doesn't know", "Reading a file"));
        assert!(code.about.ends_with("told at once."), "{}", code.about);
        assert_eq!(find("code"), None);
        assert_eq!(find("RB"), None);
    }
}

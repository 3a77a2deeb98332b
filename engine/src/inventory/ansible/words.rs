//! A line of an INI inventory as words, cut and quoted as Python's `shlex` does, which is what Ansible asks.

/// A word, and where it stands in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// # Errors
/// A quote without its end, or a backslash with nothing behind it: where it stands, and what it is.
pub(super) fn words(line: &str) -> Result<Vec<Word>, (usize, &'static str)> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(open.take()),
            // Inside a word, too.
            '#' => break,
            _ => {
                let word = open.get_or_insert_with(|| Word { text: String::new(), start: at, end: at });
                match c {
                    '\'' | '"' => quoted(&mut chars, c, at, &mut word.text)?,
                    '\\' => word.text.push(chars.next().ok_or((at, "a backslash at the end of the line"))?.1),
                    c => word.text.push(c),
                }
                word.end = chars.offset();
            }
        }
    }
    words.extend(open);
    Ok(words)
}

fn quoted(chars: &mut std::str::CharIndices<'_>, quote: char, at: usize, text: &mut String) -> Result<(), (usize, &'static str)> {
    const OPEN: &str = "a quote without its end";
    loop {
        match chars.next().ok_or((at, OPEN))?.1 {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next().ok_or((at, OPEN))?.1 {
                c @ ('"' | '\\') => text.push(c),
                c => text.extend(['\\', c]),
            },
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_shlex_cuts_them() {
        for (line, wanted) in [
            ("web1 a=1  b=2 # said", vec!["web1", "a=1", "b=2"]),
            ("h a='x y' b=\"p \\\" q\" c='it'\"'\"'s'", vec!["h", "a=x y", "b=p \" q", "c=it's"]),
            ("h a=b#c d=e", vec!["h", "a=b"]),
            ("h a='b#c' d=\"\\d\"", vec!["h", "a=b#c", "d=\\d"]),
            ("h a=x\\ y", vec!["h", "a=x y"]),
            ("h a='' ", vec!["h", "a="]),
        ] {
            assert_eq!(
                words(line).map(|words| words.into_iter().map(|w| w.text).collect::<Vec<_>>()),
                Ok(wanted.into_iter().map(str::to_owned).collect()),
                "{line}"
            );
        }
        assert_eq!(words("h a='x"), Err((4, "a quote without its end")));
        assert_eq!(words("h a=\\"), Err((4, "a backslash at the end of the line")));
        assert_eq!(words("é a='x' b").map(|words| (words[1].start, words[1].end)), Ok((3, 8)));
    }
}

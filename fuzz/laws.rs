//! What holds for every text whatever. The fuzz targets ask it of new texts, `grammar/tests/corpus.rs` of those that are
//! kept.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::format::{convert, format};
use grammar::source::{Source, SourceId};
use grammar::{Parsed, Spelling, parse_as, read_utf8};

pub fn source(text: &str) -> Source {
    Source { id: SourceId(0), path: "fuzzed".to_owned(), text: text.to_owned() }
}

/// Every place that is told lies in the text, on the borders of characters.
pub fn point_into(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        for span in std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span)) {
            assert!(span.source != SourceId(0) || text.get(span.start..span.end).is_some(), "{span:?} of {} bytes: {diagnostic:?}", text.len());
        }
    }
}

fn is_sound(parsed: &Parsed) -> bool {
    !parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// A text is read, or the first byte that is none is told; what is told points into it.
pub fn read(bytes: &[u8], spelling: Spelling) -> Option<(String, Parsed)> {
    let valid = std::str::from_utf8(bytes);
    match read_utf8(SourceId(0), "fuzzed", bytes.to_vec()) {
        Ok(source) => {
            let parsed = parse_as(&source, spelling);
            point_into(&source.text, &parsed.diagnostics);
            Some((source.text, parsed))
        }
        Err(told) => {
            assert_eq!(Some(told.span.start), valid.err().map(|error| error.valid_up_to()));
            None
        }
    }
}

/// A sound text has one layout, which says the same and stays as it is; the other spelling says the same, or what it
/// can't say is told by name.
pub fn layout(bytes: &[u8], spelling: Spelling) {
    let Some((text, parsed)) = read(bytes, spelling) else { return };
    let laid_out = format(&source(&text), spelling);
    if !is_sound(&parsed) {
        assert!(laid_out.is_err(), "a mistaken text was laid out");
        return;
    }
    // A broken expression is found when the file is checked; it has no layout.
    let Ok(once) = laid_out else {
        assert!(laid_out.is_err_and(|errors| errors.iter().all(|error| error.code == "RB0039")), "sound, and not laid out:\n{text}");
        return;
    };
    reads_as(&once.text, spelling, &parsed, &text);
    let twice = format(&source(&once.text), spelling).unwrap_or_else(|errors| panic!("laid out once, not twice: {errors:?}\n{}", once.text));
    assert!(twice.text == once.text, "once:\n{}\ntwice:\n{}", once.text, twice.text);

    let other = if spelling == Spelling::Native { Spelling::Yaml } else { Spelling::Native };
    match convert(&source(&text), spelling, other) {
        Ok(there) => {
            reads_as(&there.text, other, &parsed, &text);
            let back = convert(&source(&there.text), other, spelling).unwrap_or_else(|errors| panic!("no way back: {errors:?}\n{}", there.text));
            reads_as(&back.text, spelling, &parsed, &text);
            let again = format(&source(&there.text), other).unwrap_or_else(|errors| panic!("{errors:?}\n{}", there.text));
            assert!(again.text == there.text, "converted:\n{}\nlaid out:\n{}", there.text, again.text);
        }
        Err(errors) => assert!(errors.iter().all(|error| error.code == "RB0039"), "{errors:?}\n{text}"),
    }
}

fn reads_as(text: &str, spelling: Spelling, tree: &Parsed, from: &str) {
    let parsed = parse_as(&source(text), spelling);
    assert!(is_sound(&parsed), "{:?}\n{text}\nfrom:\n{from}", parsed.diagnostics);
    assert!(parsed.file == tree.file, "another tree:\n{text}\nfrom:\n{from}");
}

//! A source as miette reads it. Of a line that fills screens only the part around its place is shown.

use grammar::source::{Source, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Characters of a line that are shown.
const LONGEST: usize = 160;
/// Of these, so many before the place.
const BEFORE: usize = 40;

#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    source: &'a Source,
    /// None where every line is shown whole.
    cut: Option<Cut>,
}

impl<'a> Excerpt<'a> {
    /// `spans`: the places that must be seen.
    pub(super) fn new(source: &'a Source, spans: &[Span]) -> Self {
        let places: Vec<usize> = spans.iter().filter(|s| s.source == source.id).map(|s| s.start).collect();
        Self { source, cut: Cut::of(&source.text, &places) }
    }

    fn text(&self) -> &str {
        self.cut.as_ref().map_or(&self.source.text, |cut| &cut.text)
    }

    /// A span that lies inside what is shown, whatever made it.
    pub(super) fn within(&self, span: Span) -> SourceSpan {
        let shown = |offset: usize| self.cut.as_ref().map_or(offset, |cut| cut.shown(offset)).min(self.text().len());
        let start = shown(span.start);
        (start, shown(span.end).max(start) - start).into()
    }

    pub(super) fn lines_between(&self, one: Span, other: Span) -> usize {
        self.source.line_column(one.start).0.abs_diff(self.source.line_column(other.start).0)
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'b>(&'b self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let read = self.text().as_bytes().read_span(span, before, after)?;
        // Its own column counts bytes of what is shown; ours are characters of the file, as everywhere else.
        let offset = read.span().offset();
        let column = self.source.line_column(self.cut.as_ref().map_or(offset, |cut| cut.written(offset))).1 - 1;
        Ok(Box::new(MietteSpanContents::new_named(self.source.path.clone(), read.data(), *read.span(), read.line(), column, read.line_count())))
    }
}

/// A text whose long lines are cut.
#[derive(Debug)]
struct Cut {
    text: String,
    pieces: Vec<Piece>,
}

/// Bytes of the file that are shown.
#[derive(Debug)]
struct Piece {
    shown: usize,
    written: usize,
    length: usize,
}

impl Cut {
    fn of(text: &str, places: &[usize]) -> Option<Self> {
        // A line has no more characters than bytes.
        if text.lines().all(|line| line.len() <= LONGEST) {
            return None;
        }
        let mut cut = Self { text: String::new(), pieces: Vec::new() };
        let mut written = 0;
        for line in text.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            let place = places.iter().filter(|p| (written..=written + body.len()).contains(p)).min().map_or(0, |p| p - written);
            cut.line(body, written, place);
            cut.text.push_str(&line[body.len()..]);
            written += line.len();
        }
        Some(cut)
    }

    fn line(&mut self, body: &str, written: usize, place: usize) {
        let (mut from, mut to) = (0, body.len());
        if body.chars().count() > LONGEST {
            from = body.char_indices().map(|(at, _)| at).take_while(|at| *at <= place).collect::<Vec<_>>().into_iter().rev().nth(BEFORE).unwrap_or(0);
            to = body[from..].char_indices().nth(LONGEST).map_or(body.len(), |(at, _)| from + at);
        }
        if from > 0 {
            self.text.push('…');
        }
        self.pieces.push(Piece { shown: self.text.len(), written: written + from, length: to - from });
        self.text.push_str(&body[from..to]);
        if to < body.len() {
            self.text.push('…');
        }
    }

    fn shown(&self, written: usize) -> usize {
        let piece = self.pieces.iter().rev().find(|p| p.written <= written);
        piece.map_or(0, |p| p.shown + (written - p.written).min(p.length))
    }

    fn written(&self, shown: usize) -> usize {
        let piece = self.pieces.iter().rev().find(|p| p.shown <= shown);
        piece.map_or(0, |p| p.written + (shown - p.shown).min(p.length))
    }
}

#[cfg(test)]
mod tests {
    use grammar::source::SourceId;

    use super::*;

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_kept_and_its_column_is_that_of_the_file() -> Result<(), MietteError> {
        let text = format!("short\n{}ö!{}\nlast\n", "x".repeat(1000), "y".repeat(1000));
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text };
        let at = source.text.find('!').unwrap_or(0);
        let span = Span::new(SourceId(0), at, at + 1);
        let excerpt = Excerpt::new(&source, &[span]);
        let shown = excerpt.within(span);
        assert_eq!(&excerpt.text()[shown.offset()..shown.offset() + shown.len()], "!");
        assert!(excerpt.text().lines().all(|l| l.chars().count() <= LONGEST + 2), "{}", excerpt.text());
        let read = excerpt.read_span(&shown, 0, 0)?;
        assert_eq!((read.line(), read.column()), (1, 1001));
        Ok(())
    }

    #[test]
    fn short_lines_stay_as_they_are() {
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text: "one\ntwo\n".to_owned() };
        assert_eq!(Excerpt::new(&source, &[]).text(), source.text);
    }
}

//! Diagnostics drawn into their source, by miette.

use std::fmt;

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::excerpt::Excerpt;
use crate::out::Out;

/// Places further apart than this are drawn one under the other, not into one long excerpt.
const NEAR: usize = 6;

/// How a diagnostic is drawn.
#[derive(Debug)]
pub(crate) struct Drawing {
    handler: GraphicalReportHandler,
}

impl Drawing {
    pub(crate) fn for_screen(out: &Out) -> Self {
        Self::new(out.has_color(), out.is_terminal(), out.width())
    }

    pub(crate) fn new(color: bool, terminal: bool, width: usize) -> Self {
        let theme = match (color, terminal) {
            (true, _) => GraphicalTheme::unicode(),
            (false, true) => GraphicalTheme::unicode_nocolor(),
            (false, false) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(width)
            .with_context_lines(1)
            .with_cause_chain()
            .with_show_related_as_nested(true);
        Self { handler }
    }

    /// The drawing, with a line break at its end.
    pub(crate) fn draw(&self, sources: &[Source], diagnostic: &Diagnostic) -> String {
        let drawn = Drawn::new(sources, diagnostic);
        let mut text = String::new();
        match self.handler.render_report(&mut text, &drawn) {
            Ok(()) => text,
            Err(_) => format!("{}: {}\n", diagnostic.code, diagnostic.message),
        }
    }
}

/// A diagnostic with the text that it points into.
struct Drawn<'a> {
    code: Option<&'a str>,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    text: Option<Excerpt<'a>>,
    labels: Vec<(Span, &'a str)>,
    far: Vec<Drawn<'a>>,
}

impl<'a> Drawn<'a> {
    fn new(sources: &'a [Source], diagnostic: &'a Diagnostic) -> Self {
        let spans: Vec<Span> = std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span)).collect();
        let text = super::source_of(sources, diagnostic.span.source).filter(|s| !s.text.is_empty()).map(|s| Excerpt::new(s, &spans));
        let mut labels = vec![(diagnostic.span, diagnostic.label.as_str())];
        let mut far = Vec::new();
        for (span, words) in &diagnostic.related {
            let beside = text.as_ref().is_some_and(|t| span.source == diagnostic.span.source && t.lines_between(*span, diagnostic.span) <= NEAR);
            if beside {
                labels.push((*span, words));
            } else {
                far.push(Self::far(sources, *span, words));
            }
        }
        Self {
            code: Some(diagnostic.code),
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref().filter(|h| !h.is_empty()),
            text,
            labels,
            far,
        }
    }

    fn far(sources: &'a [Source], span: Span, words: &'a str) -> Self {
        let text = super::source_of(sources, span.source).filter(|s| !s.text.is_empty()).map(|s| Excerpt::new(s, &[span]));
        Self { code: None, severity: Severity::Info, message: words, help: None, text, labels: vec![(span, "")], far: Vec::new() }
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display + 'b>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.map(|help| Box::new(help) as Box<dyn fmt::Display + 'b>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let text = self.text.as_ref()?;
        let mut first = true;
        Some(Box::new(self.labels.iter().map(move |(span, words)| {
            let label = Some((*words).to_owned()).filter(|w| !w.is_empty());
            let at = text.within(*span);
            if std::mem::take(&mut first) { LabeledSpan::new_primary_with_span(label, at) } else { LabeledSpan::new_with_span(label, at) }
        })))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        (!self.far.is_empty())
            .then(|| Box::new(self.far.iter().map(|d| d as &dyn miette::Diagnostic)) as Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>)
    }
}

#[cfg(test)]
mod tests {
    use grammar::source::SourceId;

    use super::*;

    fn source() -> Source {
        let text = "runbook a {\n  step one on web {\n    run `x`\n  }\n\n\n\n\n\n\n\n  step one on web {\n    run `größe $(`\n  }\n}\n".to_owned();
        Source { id: SourceId(0), path: "a.runbook".to_owned(), text }
    }

    fn diagnostic(source: &Source) -> Diagnostic {
        let at = |needle: &str| source.text.find(needle).unwrap_or(0);
        let (first, again) = (at("one"), source.text.rfind("one").unwrap_or(0));
        Diagnostic {
            code: "RB0109",
            severity: Severity::Error,
            message: "the id `one` is used twice".to_owned(),
            span: Span::new(SourceId(0), again, again + 3),
            label: "again".to_owned(),
            related: vec![(Span::new(SourceId(0), first, first + 3), "first here".to_owned())],
            help: Some("ids are unique within a runbook; call it `one-2` or better, so that a person at three in the morning knows which is meant".to_owned()),
            fix: None,
        }
    }

    #[test]
    fn a_far_label_is_an_excerpt_of_its_own_and_all_fits_into_80_columns() {
        let source = source();
        let drawn = Drawing::new(false, false, 80).draw(std::slice::from_ref(&source), &diagnostic(&source));
        insta::assert_snapshot!(drawn);
        assert!(drawn.lines().all(|l| l.chars().count() <= 80), "{drawn}");
        assert!(!drawn.contains('\x1b'), "{drawn}");
    }

    #[test]
    fn the_place_counts_in_characters() {
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text: "runbook größe { stepp }\n".to_owned() };
        let mut diagnostic = diagnostic(&source);
        let at = source.text.find("stepp").unwrap_or(0);
        diagnostic.span = Span::new(SourceId(0), at, at + 5);
        diagnostic.related.clear();
        let drawn = Drawing::new(false, false, 80).draw(&[source], &diagnostic);
        assert!(drawn.contains("a.runbook:1:17"), "{drawn}");
    }

    #[test]
    fn a_finding_without_a_text_is_drawn_without_one() {
        let mut diagnostic = diagnostic(&source());
        diagnostic.related.clear();
        let nothing = Source { id: SourceId(0), path: "none".to_owned(), text: String::new() };
        let drawn = Drawing::new(false, false, 80).draw(&[nothing], &diagnostic);
        assert!(drawn.contains("RB0109") && drawn.contains("used twice") && drawn.contains("one-2"), "{drawn}");
    }

    #[test]
    fn a_span_beyond_the_text_does_not_hide_the_message() {
        let source = source();
        let mut diagnostic = diagnostic(&source);
        diagnostic.span = Span::new(SourceId(0), 9_000, 9_001);
        assert!(Drawing::new(true, true, 80).draw(&[source], &diagnostic).contains("used twice"));
    }
}

//! Words: what the shell puts into them.

use std::ops::Range;

use brush_parser::ast::{ExtendedTestExpr, IoHereDocument, SourceLocation, Word};
use brush_parser::word::{self, Parameter, ParameterExpr, SpecialParameter, WordPiece, WordPieceWithSource};

use super::super::facts::{At, Expansion, Layer, Site, What};
use super::{Here, Reader};
use crate::plan::template::parser_options;

/// The word that is being read.
#[derive(Clone, Copy)]
struct In<'w> {
    text: &'w str,
    at: At,
    /// The text stands in the script word for word.
    exact: bool,
    site: Site,
    here: Here,
}

impl Reader<'_> {
    pub(super) fn word(&mut self, word: &Word, site: Site, here: Here) {
        if word.value.contains(['$', '`']) {
            let at = word.location().map_or_else(At::default, |location| self.base.at(&location));
            self.text(&word.value, at, site, here);
        }
    }

    pub(super) fn text(&mut self, text: &str, at: At, site: Site, here: Here) {
        if text.contains(['$', '`'])
            && let Ok(pieces) = word::parse(text, &parser_options())
        {
            self.pieces(&pieces, false, self.within(text, at, site, here));
        }
    }

    pub(super) fn here_document(&mut self, document: &IoHereDocument, here: Here) {
        let text = &document.doc.value;
        if text.contains(['$', '`'])
            && let Ok(pieces) = word::parse_heredoc(text, &parser_options())
        {
            let body = document.doc.location().map(|location| self.base.at(&location)).filter(|at| self.stands_at(text, *at));
            let mark = document.here_end.location().map_or_else(At::default, |location| self.base.at(&location));
            self.pieces(&pieces, true, self.within(text, body.unwrap_or(mark), Site::HereDoc, here));
        }
    }

    pub(super) fn arithmetic(&mut self, text: &str, at: At) {
        let within = 0..text.len();
        self.expansion(What::Number, true, within, In { text, at, exact: false, site: Site::Arithmetic, here: QUIET });
    }

    pub(super) fn test(&mut self, test: &ExtendedTestExpr) {
        match test {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => self.test(inner),
            ExtendedTestExpr::UnaryTest(_, word) => self.word(word, Site::Test, QUIET),
            ExtendedTestExpr::BinaryTest(_, left, right) => {
                self.word(left, Site::Test, QUIET);
                self.word(right, Site::Test, QUIET);
            }
        }
    }

    fn within<'w>(&self, text: &'w str, at: At, site: Site, here: Here) -> In<'w> {
        In { text, at, exact: self.stands_at(text, at), site, here }
    }

    fn stands_at(&self, text: &str, at: At) -> bool {
        self.base.whole.is_none() && self.script.get(at.start..).is_some_and(|rest| rest.starts_with(text))
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], quoted: bool, word: In<'_>) {
        for piece in pieces {
            let range = piece.start_index..piece.end_index;
            match &piece.piece {
                WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => self.pieces(inner, true, word),
                WordPiece::CommandSubstitution(inside) => self.substitution(inside, range, 2, quoted, word),
                WordPiece::BackquotedCommandSubstitution(inside) => self.substitution(inside, range, 1, quoted, word),
                WordPiece::ArithmeticExpression(_) => self.expansion(What::Number, quoted, range, word),
                WordPiece::ParameterExpansion(parameter) => self.expansion(what(parameter), quoted, range, word),
                WordPiece::Text(_)
                | WordPiece::SingleQuotedText(_)
                | WordPiece::AnsiCQuotedText(_)
                | WordPiece::TildeExpansion(_)
                | WordPiece::EscapeSequence(_) => {}
            }
        }
    }

    fn substitution(&mut self, inside: &str, range: Range<usize>, mark: usize, quoted: bool, word: In<'_>) {
        let strict = word.here.strict && self.posix;
        let around = self.place(&range, word);
        let here = Here { layer: Layer::Substitution, strict, asked: false, fed: word.here.fed, ..word.here };
        let start = if word.exact { word.at.start + range.start + mark } else { usize::MAX };
        let simples = self.nested(inside, start, around, here);
        self.expansion(What::Substitution(simples), quoted, range, word);
    }

    fn expansion(&mut self, what: What, quoted: bool, within: Range<usize>, word: In<'_>) {
        let at = self.place(&within, word);
        self.facts.expansions.push(Expansion { what, quoted, at, site: word.site, word: word.text.to_owned(), within });
    }

    fn place(&self, range: &Range<usize>, word: In<'_>) -> At {
        if word.exact { At { start: word.at.start + range.start, end: word.at.start + range.end } } else { word.at }
    }
}

/// Around a test no list is told apart: nothing in it is a statement.
const QUIET: Here = Here { strict: false, asked: true, fed: false, top: false, layer: Layer::Substitution, depth: 0 };

fn what(expansion: &ParameterExpr) -> What {
    use ParameterExpr as E;
    match expansion {
        E::UseDefaultValues { parameter, .. }
        | E::AssignDefaultValues { parameter, .. }
        | E::IndicateErrorIfNullOrUnset { parameter, .. }
        | E::UseAlternativeValue { parameter, .. } => What::Minded(name(parameter)),
        E::ParameterLength { .. } => What::Number,
        E::Parameter { parameter: Parameter::Special(special), .. } => match special {
            SpecialParameter::AllPositionalParameters { .. } => What::All,
            SpecialParameter::LastExitStatus => What::Status,
            SpecialParameter::PositionalParameterCount | SpecialParameter::ProcessId | SpecialParameter::LastBackgroundProcessId => What::Number,
            SpecialParameter::CurrentOptionFlags | SpecialParameter::ShellName => What::Minded(special.to_string()),
        },
        E::Parameter { parameter, indirect: false } => {
            let name = name(parameter);
            match name.strip_prefix("rb_").and_then(|number| number.parse().ok()) {
                Some(number) => What::Value(number),
                None => What::Variable(name),
            }
        }
        E::Parameter { parameter, .. }
        | E::RemoveSmallestSuffixPattern { parameter, .. }
        | E::RemoveLargestSuffixPattern { parameter, .. }
        | E::RemoveSmallestPrefixPattern { parameter, .. }
        | E::RemoveLargestPrefixPattern { parameter, .. }
        | E::Substring { parameter, .. }
        | E::Transform { parameter, .. }
        | E::UppercaseFirstChar { parameter, .. }
        | E::UppercasePattern { parameter, .. }
        | E::LowercaseFirstChar { parameter, .. }
        | E::LowercasePattern { parameter, .. }
        | E::ReplaceSubstring { parameter, .. } => What::Variable(name(parameter)),
        E::VariableNames { .. } | E::MemberKeys { .. } => What::All,
    }
}

fn name(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Positional(number) => number.to_string(),
        Parameter::Special(special) => special.to_string(),
        Parameter::Named(name) | Parameter::NamedWithIndex { name, .. } | Parameter::NamedWithAllIndices { name, .. } => name.clone(),
    }
}

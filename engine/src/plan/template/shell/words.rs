//! Slots inside one word: quotes, expansions, substitutions.

use brush_parser::word::{self, Parameter, ParameterExpr, ParameterTransformOp, WordPiece, WordPieceWithSource};

use super::super::refusal::Refusal;
use super::syntax::options;
use super::walk::Walker;
use super::{Place, names, variable};

/// What surrounds a piece of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    Quotes,
    HereDoc,
}

impl Walker<'_> {
    /// `several`: more than one word may stand here.
    pub(super) fn word(&mut self, text: &str, several: bool) {
        if let Some(refusal) = self.blanket {
            self.flow.reached(text).into_iter().for_each(|number| self.refuse(number, refusal));
        }
        self.look_inside(text);
        let slots = names::slots_in(text);
        match slots.as_slice() {
            [] => {}
            [number] if several && *text == variable(*number) => self.mark(*number, Ok(Place::Words)),
            _ => {
                for number in slots {
                    if several && matches!(self.kind(number), Some(crate::value::Type::List(_))) {
                        self.refuse(number, Refusal::ListInText);
                    }
                }
                self.glued(text, Around::Nothing);
            }
        }
    }

    /// Arithmetic and substitutions in a word without slots: a variable in them may hold one.
    fn look_inside(&mut self, text: &str) {
        if names::slots_in(text).is_empty()
            && ["$(", "${", "$["].iter().any(|sign| text.contains(sign))
            && let Ok(pieces) = word::parse(text, &options())
        {
            self.pieces(text, &pieces, Around::Nothing);
        }
    }

    pub(super) fn here_document(&mut self, text: &str) {
        if let Some(refusal) = self.blanket {
            self.flow.reached(text).into_iter().for_each(|number| self.refuse(number, refusal));
        }
        self.print(text);
        match word::parse_heredoc(text, &options()) {
            Ok(pieces) => self.pieces(text, &pieces, Around::HereDoc),
            Err(_) => self.refuse_all(text, Refusal::Unclear),
        }
    }

    pub(super) fn arithmetic(&mut self, text: &str) {
        for number in self.flow.reached_in_arithmetic(text) {
            self.refuse(number, Refusal::Arithmetic);
        }
        let plain = !text.contains(['\'', '`', '"']) && !text.contains("$(");
        for number in names::slots_in(text) {
            let found = match (self.is_number(number), plain) {
                (false, _) => Err(Refusal::Arithmetic),
                (true, false) => Err(Refusal::Unclear),
                (true, true) => Ok(Place::Arithmetic),
            };
            self.mark(number, found);
        }
    }

    fn glued(&mut self, text: &str, around: Around) {
        if names::slots_in(text).is_empty() {
            return;
        }
        match word::parse(text, &options()) {
            Ok(pieces) => self.pieces(text, &pieces, around),
            Err(_) => self.refuse_all(text, Refusal::Unclear),
        }
    }

    fn pieces(&mut self, text: &str, pieces: &[WordPieceWithSource], around: Around) {
        for piece in pieces {
            let written = text.get(piece.start_index..piece.end_index).unwrap_or(text);
            match &piece.piece {
                WordPiece::SingleQuotedText(_) => self.refuse_all(written, Refusal::SingleQuotes),
                WordPiece::AnsiCQuotedText(_) => self.refuse_all(written, Refusal::AnsiQuotes),
                WordPiece::GettextDoubleQuotedSequence(_) => self.refuse_all(written, Refusal::TranslatedQuotes),
                WordPiece::BackquotedCommandSubstitution(_) => self.refuse_all(written, Refusal::Backticks),
                WordPiece::DoubleQuotedSequence(_) if around != Around::Nothing => self.refuse_all(written, Refusal::NestedQuotes),
                WordPiece::DoubleQuotedSequence(inner) => self.pieces(text, inner, Around::Quotes),
                WordPiece::CommandSubstitution(inside) => self.substitution(inside),
                WordPiece::ArithmeticExpression(inside) => self.arithmetic(&inside.value),
                WordPiece::ParameterExpansion(ParameterExpr::Parameter { parameter: Parameter::Named(name), indirect: false })
                    if names::slot_number(name).is_some() =>
                {
                    let before = text.get(..piece.start_index).unwrap_or_default();
                    let tilde = around == Around::Nothing && after_tilde(before);
                    if let Some(number) = names::slot_number(name) {
                        self.mark(number, if tilde { Err(Refusal::AfterTilde) } else { Ok(place(around)) });
                    }
                }
                WordPiece::ParameterExpansion(expansion) => self.expansion(expansion, written, around),
                WordPiece::Text(_) | WordPiece::TildeExpansion(_) | WordPiece::EscapeSequence(_) => self.refuse_all(written, Refusal::Unclear),
            }
        }
    }

    /// `${x…}` of a variable that is not ours.
    fn expansion(&mut self, expansion: &ParameterExpr, written: &str, around: Around) {
        use ParameterExpr as E;
        match expansion {
            E::UseDefaultValues { parameter, default_value: word, .. }
            | E::AssignDefaultValues { parameter, default_value: word, .. }
            | E::IndicateErrorIfNullOrUnset { parameter, error_message: word, .. }
            | E::UseAlternativeValue { parameter, alternative_value: word, .. } => {
                self.index(parameter);
                if let (E::AssignDefaultValues { .. }, Parameter::Named(name), Some(word)) = (expansion, parameter, word) {
                    let held = self.held_by(word);
                    self.flow.give(name, held);
                    if let Some(refusal) = self.special.refusal_for(name) {
                        self.refuse_all(word, refusal);
                    }
                }
                word.iter().for_each(|word| self.glued(word, around));
            }
            E::RemoveSmallestSuffixPattern { parameter, pattern, .. }
            | E::RemoveLargestSuffixPattern { parameter, pattern, .. }
            | E::RemoveSmallestPrefixPattern { parameter, pattern, .. }
            | E::RemoveLargestPrefixPattern { parameter, pattern, .. }
            | E::UppercaseFirstChar { parameter, pattern, .. }
            | E::UppercasePattern { parameter, pattern, .. }
            | E::LowercaseFirstChar { parameter, pattern, .. }
            | E::LowercasePattern { parameter, pattern, .. } => {
                self.index(parameter);
                pattern.iter().for_each(|pattern| self.pattern(pattern, around));
            }
            E::ReplaceSubstring { parameter, pattern, replacement, .. } => {
                self.index(parameter);
                self.pattern(pattern, around);
                replacement.iter().for_each(|text| self.refuse_all(text, Refusal::Replacement));
            }
            E::Substring { parameter, offset, length, .. } => {
                self.index(parameter);
                self.arithmetic(&offset.value);
                length.iter().for_each(|length| self.arithmetic(&length.value));
            }
            E::Transform { op: ParameterTransformOp::PromptExpand, .. } => self.refuse_all(written, Refusal::CodePlace),
            E::Parameter { parameter, indirect: true } => {
                self.refuse_all(written, Refusal::NamePlace);
                self.index(parameter);
            }
            E::Parameter { parameter, .. } | E::ParameterLength { parameter, .. } | E::Transform { parameter, .. } => self.index(parameter),
            E::VariableNames { .. } | E::MemberKeys { .. } => self.refuse_all(written, Refusal::NamePlace),
        }
    }

    fn index(&mut self, parameter: &Parameter) {
        if let Parameter::NamedWithIndex { index, .. } = parameter {
            self.arithmetic(index);
        }
    }

    /// A pattern has quotes of its own, also inside quotes: a value in it is always taken as it is.
    fn pattern(&mut self, pattern: &str, around: Around) {
        match around {
            Around::HereDoc => self.refuse_all(pattern, Refusal::Unclear),
            Around::Nothing | Around::Quotes => self.glued(pattern, Around::Nothing),
        }
    }
}

fn place(around: Around) -> Place {
    match around {
        Around::Nothing => Place::Word,
        Around::Quotes => Place::Quoted,
        Around::HereDoc => Place::HereDoc,
    }
}

/// `~`, `~user` and `x=~` right before a value.
fn after_tilde(before: &str) -> bool {
    before.rfind('~').is_some_and(|at| {
        let begins = at == 0 || before[..at].ends_with([':', '=']);
        begins && before[at + 1..].chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
    })
}

//! `[ … ]`, `test` and `[[ … ]]`.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate};

use super::super::refusal::Refusal;
use super::names::slots_in;
use super::options::literal;
use super::walk::Walker;

/// In `[ ]` a value may turn into an operator, and `-v` runs what it is given. Only the forms pass whose operators
/// are written out: one value, one operator before it, one between two.
pub(super) fn simple(walker: &mut Walker<'_>, words: &[String]) {
    let mut rest = &words[1..];
    if words[0] == "[" {
        rest = rest.strip_suffix(&["]".to_owned()]).unwrap_or(rest);
    }
    if rest.len() > 1 && rest[0] == "!" {
        rest = &rest[1..];
    }
    // Without quotes a variable may turn into several words, operators among them.
    for word in rest {
        walker.refuse_split(word, Refusal::TestOperator);
    }
    match rest {
        [_] => {}
        [operator, value] => match literal(operator).as_deref() {
            Some("-v" | "-R") => walker.refuse_all(value, Refusal::NamePlace),
            Some(operator) if operator.len() == 2 && operator.starts_with('-') => {}
            _ => refuse(walker, rest),
        },
        [left, operator, right] => match literal(operator).as_deref() {
            Some("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") => {
                for number in slots_in(left).into_iter().chain(slots_in(right)) {
                    if !walker.is_number(number) {
                        walker.refuse(number, Refusal::Arithmetic);
                    }
                }
            }
            Some("=" | "==" | "!=" | "<" | ">" | "-nt" | "-ot" | "-ef") => {}
            _ => refuse(walker, rest),
        },
        other => refuse(walker, other),
    }
}

fn refuse(walker: &mut Walker<'_>, words: &[String]) {
    words.iter().for_each(|word| walker.refuse_all(word, Refusal::TestOperator));
}

/// In `[[ ]]` operators are read before values are put in.
pub(super) fn extended(walker: &mut Walker<'_>, test: &ExtendedTestExpr) {
    match test {
        ExtendedTestExpr::And(a, b) | ExtendedTestExpr::Or(a, b) => {
            extended(walker, a);
            extended(walker, b);
        }
        ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => extended(walker, inner),
        ExtendedTestExpr::UnaryTest(predicate, word) => {
            if matches!(predicate, UnaryPredicate::ShellVariableIsSetAndAssigned | UnaryPredicate::ShellVariableIsSetAndNameRef) {
                walker.refuse_all(&word.value, Refusal::NamePlace);
            }
            walker.word(&word.value, false);
        }
        ExtendedTestExpr::BinaryTest(predicate, left, right) => {
            use BinaryPredicate as P;
            match predicate {
                P::StringMatchesRegex | P::StringContainsSubstring => walker.refuse_all(&right.value, Refusal::Regex),
                P::ArithmeticEqualTo
                | P::ArithmeticNotEqualTo
                | P::ArithmeticLessThan
                | P::ArithmeticLessThanOrEqualTo
                | P::ArithmeticGreaterThan
                | P::ArithmeticGreaterThanOrEqualTo => {
                    let held = [left, right].map(|side| [slots_in(&side.value), walker.flow.reached_in_arithmetic(&side.value)].concat()).concat();
                    for number in held {
                        if !walker.is_number(number) {
                            walker.refuse(number, Refusal::Arithmetic);
                        }
                    }
                }
                _ => {}
            }
            walker.word(&left.value, false);
            walker.word(&right.value, false);
        }
    }
}

//! What a shell makes of each slot of a command. This room knows brush-parser; lint's room of the shell reads the tree
//! that is made here, so that a command is parsed once.
//!
//! A slot stands in the script as `${rb_N}` while it is looked at, which is what it will be when it runs, so the
//! parser sees what the shell will see. A slot that is found nowhere, or in two ways, is refused: what can't be told
//! is never let through.

mod arguments;
mod commands;
mod feeding;
mod flow;
mod foreign;
mod names;
mod options;
mod syntax;
mod tests_of_values;
mod walk;
mod words;

use brush_parser::ast::Program;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::value::Type;

pub(crate) use options::{before_command, is_shell};
pub(super) use syntax::SyntaxError;
pub(crate) use syntax::{options as parser_options, parse as parse_shell};

/// Where a slot stands, and so how its variable is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// A word of its own where several may stand: a list becomes several.
    Words,
    /// In a word, or where the shell takes one word.
    Word,
    /// Inside double quotes.
    Quoted,
    /// In a here-document that expands.
    HereDoc,
    /// A number among numbers.
    Arithmetic,
}

/// What was found out about one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) place: Result<Place, Refusal>,
    /// A program may read the value as an option.
    pub(super) may_be_option: bool,
    /// It is part of a program for sed, which knows commands that run others.
    pub(super) in_sed: bool,
}

/// Values that are passed on from variable to variable more often than this are not followed further.
const MOST_ROUNDS: usize = 8;

pub(super) fn variable(number: usize) -> String {
    format!("${{rb_{number}}}")
}

/// The place of each slot, by its number from 1, and the script's tree. `types[n - 1]` is what is known of slot n.
pub(super) fn places(script: &str, types: &[Option<Type>]) -> Result<(Vec<Finding>, Option<Program>), SyntaxError> {
    // Without a value in it only the shell must be able to read it.
    if types.is_empty() {
        return syntax::parse(script).map(|program| (Vec::new(), Some(program)));
    }
    let mut walker = walk::Walker::new(script, types);
    syntax::refuse_by_neighbours(script, &mut walker);
    let program = match syntax::parse(script) {
        Ok(program) => {
            // Once around finds out which variable is given what, and each round may find another to pass it on to.
            for _ in 0..MOST_ROUNDS {
                let before = walker.flow.clone();
                walker.program(&program);
                if walker.flow == before {
                    break;
                }
            }
            program
        }
        Err(error) => {
            syntax::refuse_by_grammar(script, &mut walker);
            if !walker.refused_any() {
                return Err(error);
            }
            // The slots that break it are named; of the others nothing can be said yet.
            return Ok((walker.refused_only(), None));
        }
    };
    if let Some(error) = walker.broken.take() {
        return Err(error);
    }
    Ok((walker.findings(script), Some(program)))
}

//! A script with its values: what is sent, and what a person is shown.

use super::{BoundSlot, Part, Script};
use crate::plan::template::error::EvalError;
use crate::plan::template::expression::Scope;
use crate::plan::template::shell::Place;
use crate::value::{Type, Value};

/// A command that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Refers to its values as `${rb_1}`, `${rb_2_1}`.
    pub script: String,
    /// Set beside the script as unexported variables, in this order. No NUL.
    pub values: Vec<(String, String)>,
    /// With the values quoted as a person would type them.
    pub shown: String,
}

impl Script {
    /// # Errors
    /// When a value is undefined, is none, or can't stand where it would: a list in text, text in arithmetic, a NUL.
    pub fn bind(&self, scope: &dyn Scope) -> Result<Bound, EvalError> {
        let mut bound = Bound { script: String::new(), values: Vec::new(), shown: String::new() };
        let mut number = 0;
        for part in &self.0.parts {
            match part {
                Part::Plain(text) => {
                    bound.script.push_str(text);
                    bound.shown.push_str(text);
                }
                Part::Value(slot) => {
                    number += 1;
                    slot.bind(number, scope, &mut bound)?;
                }
            }
        }
        Ok(bound)
    }
}

impl BoundSlot {
    fn bind(&self, number: usize, scope: &dyn Scope, bound: &mut Bound) -> Result<(), EvalError> {
        let value = self.expression.eval(scope)?;
        let refuse = |why: String| EvalError {
            sentence: format!("`{}` can't stand in this command: {why}", self.expression.source_text().text),
            span: self.expression.span(),
        };
        let words = value.to_shell_words().map_err(|error| refuse(error.to_string()))?;
        if self.no_dash && words.iter().any(|word| word.starts_with('-')) {
            return Err(refuse("it begins with `-`".to_owned()));
        }
        match (self.place, &value) {
            (Place::Words, Value::List(_)) => {
                let name = |i: usize| format!("rb_{number}_{}", i + 1);
                let references: Vec<String> = (0..words.len()).map(|i| format!("\"${{{}}}\"", name(i))).collect();
                bound.script.push_str(&references.join(" "));
                bound.shown.push_str(&shell_words::join(&words));
                bound.values.extend(words.into_iter().enumerate().map(|(i, word)| (name(i), word)));
                return Ok(());
            }
            (_, Value::List(_)) => return Err(refuse("it is a list, and one word stands here".to_owned())),
            (Place::Arithmetic, value) if !value.kind().is_some_and(|kind| Type::is_number_in_a_command(&kind)) => {
                return Err(refuse(format!("it is {}, and only a number can stand in arithmetic", value.type_name())));
            }
            _ => {}
        }
        let word = words.into_iter().next().unwrap_or_default();
        let name = format!("rb_{number}");
        let (reference, shown) = match self.place {
            Place::Words | Place::Word => (format!("\"${{{name}}}\""), shown_word(&word)),
            Place::Quoted => (format!("${{{name}}}"), escaped(&word, &['\\', '"', '$', '`'])),
            Place::HereDoc => (format!("${{{name}}}"), escaped(&word, &['\\', '$', '`'])),
            Place::Arithmetic => (format!("${{{name}}}"), word.clone()),
        };
        bound.script.push_str(&reference);
        bound.shown.push_str(&shown);
        bound.values.push((name, word));
        Ok(())
    }
}

/// Plain where it can be; a leading `-` is quoted, so that nobody, and no `[[`, takes it for an option. In double quotes rather than single ones, because they mean the same inside a pattern.
fn shown_word(word: &str) -> String {
    let plain = !word.is_empty() && !word.starts_with('-') && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c));
    if plain {
        word.to_owned()
    } else if word.contains(['\\', '"', '$', '`', '!']) && !word.contains('\'') {
        format!("'{word}'")
    } else {
        format!("\"{}\"", escaped(word, &['\\', '"', '$', '`']))
    }
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(&c) {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

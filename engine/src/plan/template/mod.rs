//! Text with `{{ }}` in it: prose, expressions, and commands whose values are bound, never pasted.
use serde::{Serialize,Deserialize};
#[derive(Debug, Clone, Serialize, Deserialize)] pub struct Expression;
#[derive(Debug, Clone, Serialize, Deserialize)] pub struct Prose;
#[derive(Debug, Clone, Serialize, Deserialize)] pub struct Script;
impl Script { #[cfg(test)] pub fn compile(_:&grammar::source::Text,_:&dyn Fn(&str)->Option<crate::value::Type>)->Result<Self,()>{Ok(Self)} }

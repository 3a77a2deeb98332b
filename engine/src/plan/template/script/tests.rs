use grammar::source::SourceId;

use super::*;
use crate::plan::template::{Refusal, TemplateError};
use crate::value::{Type, Value};

mod in_shells;
mod table;

/// `v` is text, `n` a number, `l` a list, `h` a host, `p` a path, `t` a duration, `u` of unknown type, `s` a secret.
fn types(name: &str) -> Option<Type> {
    Some(match name {
        "v" | "w" => Type::String,
        "n" => Type::Int,
        "t" => Type::Duration,
        "l" => Type::List(Box::new(Type::String)),
        "h" => Type::Host,
        "p" => Type::Path,
        "s" => Type::Secret,
        "j" => Type::Json,
        _ => return None,
    })
}

fn text(source: &str) -> Text {
    Text::verbatim(source, Span::new(SourceId(0), 50, 50 + source.len()))
}

fn compile(source: &str) -> Result<Script, Vec<TemplateError>> {
    Script::compile(&text(source), &types, &RawValues::Unknown)
}

struct Names(Vec<(String, Value)>);

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

fn values(value: &str) -> Names {
    let text = |name: &str| (name.to_owned(), Value::String(value.to_owned()));
    let list = Value::List(vec![Value::String(value.to_owned()), Value::String("second item".to_owned())]);
    Names(vec![
        text("v"),
        text("w"),
        text("u"),
        ("l".to_owned(), list),
        ("n".to_owned(), Value::Int(7)),
        ("t".to_owned(), Value::Duration(90)),
        ("p".to_owned(), Value::String("/a b".into())),
        ("h".to_owned(), Value::String("db1".into())),
    ])
}

fn refusals(source: &str) -> Vec<Refusal> {
    match compile(source) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .into_iter()
            .map(|error| match error {
                TemplateError::Refused { refusal, .. } => refusal,
                other => panic!("{source}: {other:?}"),
            })
            .collect(),
    }
}

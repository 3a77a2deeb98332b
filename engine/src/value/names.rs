//! Types by their names, and in a person's words.

use std::fmt;

use grammar::ast::TypeName;

use super::{Type, Value};

const NAMES: [(&str, Type); 15] = [
    ("string", Type::String),
    ("int", Type::Int),
    ("float", Type::Float),
    ("bool", Type::Bool),
    ("duration", Type::Duration),
    ("size", Type::Size),
    ("percent", Type::Percent),
    ("path", Type::Path),
    ("url", Type::Url),
    ("host", Type::Host),
    ("version", Type::Version),
    ("date", Type::Date),
    ("datetime", Type::DateTime),
    ("json", Type::Json),
    ("secret", Type::Secret),
];

impl Type {
    /// `parse("list", Some("host"), false)` is `list(host)`. `None`: there is no such type.
    #[must_use]
    pub fn parse(name: &str, of: Option<&str>, optional: bool) -> Option<Self> {
        let simple = |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone());
        let kind = match of {
            None => simple(name)?,
            Some(of) if name == "list" => Self::List(Box::new(simple(of)?)),
            Some(_) => return None,
        };
        Some(if optional { Self::Optional(Box::new(kind)) } else { kind })
    }

    /// A type as the syntax tree holds it.
    #[must_use]
    pub fn written(name: &TypeName) -> Option<Self> {
        Self::parse(&name.name, name.of.as_ref().map(|of| of.value.as_str()), name.optional)
    }

    /// The names that `parse` knows, for "did you mean".
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name).chain(["list"])
    }

    /// The type as it is written: `list(host)`, `version?`.
    #[must_use]
    pub fn written_as(&self) -> String {
        match self {
            Self::List(of) => format!("list({})", of.written_as()),
            Self::Optional(of) => format!("{}?", of.written_as()),
            simple => NAMES.iter().find(|(_, kind)| kind == simple).map_or("", |(name, _)| name).to_owned(),
        }
    }

    /// The type without `?`.
    #[must_use]
    pub fn present(&self) -> &Self {
        match self {
            Self::Optional(of) => of.present(),
            other => other,
        }
    }

    /// Numbers to a shell, so that arithmetic finds nothing in them to run.
    #[must_use]
    pub fn is_number_in_a_command(&self) -> bool {
        matches!(self.present(), Self::Int | Self::Duration | Self::Size | Self::Percent)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "text",
            Self::Int => "a whole number such as 3",
            Self::Float => "a number such as 0.5",
            Self::Bool => "`true` or `false`",
            Self::Duration => "a duration such as 30s",
            Self::Size => "a size such as 100MB",
            Self::Percent => "a percentage such as 20%",
            Self::Path => "a path such as /etc/hosts",
            Self::Url => "a URL such as https://example.org/",
            Self::Host => "a host such as db1.example.org",
            Self::Version => "a version such as 1.4.0",
            Self::Date => "a date such as 2021-09-13",
            Self::DateTime => "a date and time such as 2021-09-13T08:00:00Z",
            Self::Json => "a JSON value",
            Self::Secret => "a secret",
            Self::List(of) => return write!(f, "a list, each item {of}"),
            Self::Optional(of) => return write!(f, "{of}, or none"),
        })
    }
}

impl Value {
    /// What this value is, for sentences: "a duration".
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::String(_) => "text",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Duration(_) => "a duration",
            Self::Size(_) => "a size",
            Self::Percent(_) => "a percentage",
            Self::Version(_) => "a version",
            Self::Date(_) => "a date",
            Self::DateTime(_) => "a date and time",
            Self::Json(_) => "a JSON value",
            Self::List(_) => "a list",
            Self::PerHost(_) => "one value a host",
            Self::Secret(_) => "a secret",
        }
    }

    /// The type that the value itself shows; a path, a host and a URL look like text. `None` for `none`.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        Some(match self {
            Self::None => return None,
            Self::String(_) => Type::String,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Bool(_) => Type::Bool,
            Self::Duration(_) => Type::Duration,
            Self::Size(_) => Type::Size,
            Self::Percent(_) => Type::Percent,
            Self::Version(_) => Type::Version,
            Self::Date(_) => Type::Date,
            Self::DateTime(_) => Type::DateTime,
            Self::Json(_) => Type::Json,
            Self::Secret(_) => Type::Secret,
            Self::List(items) => Type::List(Box::new(items.first()?.kind()?)),
            Self::PerHost(hosts) => Type::List(Box::new(hosts.values().next()?.kind()?)),
        })
    }
}

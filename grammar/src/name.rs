//! Names and types as they are written.

use crate::ast::TypeName;
use crate::source::{Span, Spanned};

/// Letters, digits, `_` and `-`, in parts between points: `matomo.maintenance`, `db-1`.
pub(crate) fn is_name(text: &str) -> bool {
    text.split('.').all(is_part)
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// `string`, `list(host)`, `version?`. `span` covers the text.
pub(crate) fn type_name(text: &str, span: Span) -> Option<TypeName> {
    let (bare, optional) = match text.strip_suffix('?') {
        Some(bare) => (bare, true),
        None => (text, false),
    };
    let at = |start: usize, end: usize| Span::new(span.source, span.start + start, span.start + end);
    let named = |start: usize, end: usize| Spanned::new(bare[start..end].to_owned(), at(start, end));
    match bare.find('(') {
        None => is_part(bare).then(|| TypeName { name: named(0, bare.len()), of: None, optional }),
        Some(open) => {
            let inner = bare[open + 1..].strip_suffix(')')?;
            let parts = is_part(&bare[..open]) && is_part(inner);
            parts.then(|| TypeName { name: named(0, open), of: Some(named(open + 1, bare.len() - 1)), optional })
        }
    }
}

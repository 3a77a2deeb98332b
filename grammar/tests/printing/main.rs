//! The printers of both spellings: what they print is what they were given, with every comment.

mod comments;
mod identity;
mod trees;

use grammar::Spelling;
use grammar::source::{Source, SourceId};

const BOTH: [Spelling; 2] = [Spelling::Native, Spelling::Yaml];

fn source(text: &str) -> Source {
    Source { id: SourceId(0), path: "test".to_owned(), text: text.to_owned() }
}

fn other(spelling: Spelling) -> Spelling {
    match spelling {
        Spelling::Native => Spelling::Yaml,
        Spelling::Yaml => Spelling::Native,
    }
}

//! The two spellings say the same: equal trees, node for node.

use grammar::source::{Source, SourceId};
use grammar::{Parsed, parse};

fn read(path: &str, text: &str) -> Parsed {
    parse(&Source { id: SourceId(0), path: path.to_owned(), text: text.to_owned() })
}

#[test]
fn the_example_of_the_language_page_is_read_without_a_complaint() {
    let parsed = read("a.runbook", include_str!("data/matomo-restart.runbook"));
    assert_eq!(parsed.diagnostics, []);
    let runbook = &parsed.file.runbooks[0];
    assert_eq!(runbook.name.value, "wikitech.matomo-restart");
    assert_eq!(runbook.body.pieces.len(), 3);
    println!("{:#?}", runbook.body.pieces[0]);
}

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
}

#[test]
fn the_example_says_the_same_in_both_spellings() {
    let native = read("a.runbook", include_str!("data/matomo-restart.runbook"));
    let yaml = read("a.runbook.yaml", include_str!("data/matomo-restart.runbook.yaml"));
    assert_eq!(yaml.diagnostics, []);
    assert_eq!(native.file, yaml.file);
}

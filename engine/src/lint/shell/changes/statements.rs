//! Statements for databases.

use super::super::facts::Simple;
use super::super::written::literal;

/// Whether a client is given a statement that changes something.
pub(super) fn change(simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    let code: Vec<&str> = match simple.name.as_str() {
        "mysql" | "mariadb" => given(words, 'e', "--execute"),
        "psql" => given(words, 'c', "--command"),
        "sqlite3" => words.iter().filter(|word| !word.starts_with('-')).skip(1).map(String::as_str).collect(),
        _ => return None,
    };
    code.iter().any(|code| statements(code).any(|statement| changes(&statement))).then_some("changes a database")
}

/// What stands behind an option, in the same word or in the next.
fn given<'w>(words: &'w [String], letter: char, long: &str) -> Vec<&'w str> {
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let next = || words.get(i + 1).map(String::as_str);
        if let Some(rest) = word.strip_prefix(long) {
            found.extend(rest.strip_prefix('=').or_else(next));
        } else if let Some(cluster) = word.strip_prefix('-').filter(|cluster| !cluster.starts_with('-')) {
            let before = cluster.split(letter).next().unwrap_or_default();
            if before.len() < cluster.len() && before.chars().all(|c| "NsBrAtXvwfqnGLHUEx1".contains(c)) {
                let rest = &cluster[before.len() + 1..];
                found.extend(if rest.is_empty() { next() } else { Some(rest) });
            }
        }
    }
    found
}

fn statements(code: &str) -> impl Iterator<Item = String> {
    let text = literal(code).map_or_else(|| code.trim_matches(['"', '\'']).to_owned(), std::borrow::Cow::into_owned);
    text.split(';').map(|statement| statement.trim().to_lowercase()).collect::<Vec<_>>().into_iter()
}

fn changes(statement: &str) -> bool {
    let mut words = statement.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match first {
        "insert" | "update" | "delete" | "drop" | "create" | "alter" | "truncate" | "replace" | "grant" | "revoke" | "flush" | "kill" | "rename" | "load"
        | "purge" | "install" | "uninstall" | "shutdown" | "change" | "vacuum" | "reindex" | "optimize" | "repair" => true,
        "set" => second.starts_with("global") || second.starts_with("@@global") || second.starts_with("persist") || second == "password",
        "stop" | "start" | "reset" => matches!(second, "slave" | "replica" | "all" | "group_replication" | "master" | "query"),
        "select" => ["pg_promote", "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_switch_wal", "pg_drop_", "pg_create_"]
            .iter()
            .any(|call| statement.contains(call)),
        _ => false,
    }
}

//! `vars[host].x`: what is missing where it comes to nothing, with the host and the inventory's file.

use grammar::source::Text;

use super::expression::{Expression, Scope};
use super::tokens::{Kind, Token, tokens};
use crate::inventory::{Var, found};

/// How many of a host's vars are named.
const SHOWN: usize = 8;

/// Why an expression with `vars` in it is undefined; `None` where the vars are all there.
pub(super) fn missing(text: &Text, scope: &dyn Scope) -> Option<String> {
    let tokens = tokens(text).ok()?;
    let starts =
        (0..tokens.len()).filter(|i| tokens[*i].kind == Kind::Name && tokens[*i].text == "vars" && !i.checked_sub(1).is_some_and(|b| tokens[b].is(".")));
    starts.filter_map(|start| missing_at(text, &tokens, start, scope)).next()
}

fn missing_at(text: &Text, tokens: &[Token<'_>], start: usize, scope: &dyn Scope) -> Option<String> {
    let Some(vars) = scope.vars().filter(|vars| vars.are_there()) else { return Some("there is no inventory: pass one with `--inventory FILE`".to_owned()) };
    let file = scope.inventory().unwrap_or("the inventory");
    let (host, next) = key(text, tokens, start + 1, scope)?;
    let Some(of_host) = vars.of(&host) else { return Some(format!("{file} knows no host `{host}`")) };
    let (var, _) = key(text, tokens, next, scope)?;
    match found(of_host, &var) {
        Some(Var::Withheld(why)) => return Some(format!("{why} ({file})")),
        Some(Var::Known(_)) => return None,
        None => {}
    }
    let known: Vec<String> = of_host.keys().filter(|name| !name.is_empty()).take(SHOWN).map(|known| format!("`{known}`")).collect();
    let has = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    let more = if of_host.len() > SHOWN { ", …" } else { "" };
    Some(format!("the host `{host}` has no `{var}` in {file}; it has {has}{more}"))
}

/// `.name` or `[expression]`, and where it ends.
fn key(text: &Text, tokens: &[Token<'_>], at: usize, scope: &dyn Scope) -> Option<(String, usize)> {
    let first = tokens.get(at)?;
    if first.is(".") {
        return Some((tokens.get(at + 1)?.text.to_owned(), at + 2));
    }
    if !first.is("[") {
        return None;
    }
    let mut depth = 0_usize;
    let close = (at..tokens.len()).find(|i| {
        depth = if tokens[*i].opens() { depth + 1 } else { depth - usize::from(tokens[*i].closes()) };
        depth == 0
    })?;
    let (from, to) = (first.end(), tokens[close].start);
    let inside = Text::verbatim(text.text.get(from..to)?, text.span_of(from, to));
    Some((Expression::compile(&inside).ok()?.eval(scope).ok()?.display(), close + 1))
}

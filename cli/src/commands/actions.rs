//! `runbook actions [NAME]`

use engine::check::reference::{Deed, Entry, Family, WayBack, reference, similar};
use engine::report::tone::{Line, Tone};
use serde_json::json;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, Status};
use crate::out::{Out, wrap};

/// Show the actions of the standard library
///
/// Without a name, one line each. With one, what the action says of itself: its
/// arguments, what it asks before and afterwards, what undoes it, and a step
/// that uses it. With the name of a family, all of that family.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook actions\n  runbook actions mysql\n  runbook actions mysql.dumped\n  runbook actions --format json | jq -r '.actions[].signature'"
)]
pub(crate) struct ActionsArgs {
    /// An action, such as `service.stopped`, or a family, such as `service`
    name: Option<String>,
    /// For people, or one JSON object on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn actions(args: &ActionsArgs, out: &Out) -> Result<Status, Complaint> {
    let all = reference();
    let wanted = match &args.name {
        None => all,
        Some(name) => chosen(all, name)?,
    };
    match (args.format, &args.name) {
        (Format::Json, _) => out.json(&json!({ "actions": wanted.iter().flat_map(|family| &family.actions).map(data).collect::<Vec<_>>() })),
        (Format::Text, None) => list(&wanted, out),
        (Format::Text, Some(_)) => pages(&wanted, out),
    }
    Ok(DONE)
}

/// A family, or one action of one; what is said of the whole family stands above that, too.
fn chosen(mut all: Vec<Family>, name: &str) -> Result<Vec<Family>, Complaint> {
    for family in all.iter_mut().filter(|family| family.name != name) {
        family.actions.retain(|action| action.name == name);
    }
    all.retain(|family| !family.actions.is_empty());
    if all.is_empty() {
        let help = similar(name).map_or_else(|| "runbook actions lists them all".to_owned(), |meant| format!("runbook actions {meant}"));
        return Err(Complaint::usage(format!("the standard library has no `{name}`")).help(help));
    }
    Ok(all)
}

fn list(families: &[Family], out: &Out) {
    let longest = families.iter().flat_map(|family| &family.actions).map(|action| action.name.len()).max().unwrap_or_default();
    let mut page = Vec::new();
    for family in families {
        if !page.is_empty() {
            page.push(Line::new());
        }
        page.extend(
            family.actions.iter().map(|action| Line::new().with(Tone::Strong, format!("{:<longest$}", action.name)).plain(format!("  {}", action.title))),
        );
    }
    out.page(&page);
    out.say("runbook actions NAME shows one, or a family: its arguments, what it asks, what undoes it");
}

fn pages(families: &[Family], out: &Out) {
    let mut page = Vec::new();
    for family in families {
        page.extend(paragraph(&family.about, "", out));
        for action in &family.actions {
            if !page.is_empty() {
                page.push(Line::new());
            }
            page.extend(about(action, out));
        }
    }
    out.page(&page);
}

fn about(action: &Entry, out: &Out) -> Vec<Line> {
    let mut page = vec![Line::new().with(Tone::Strong, &action.signature), Line::new().plain(format!("  {}", action.title))];
    if !action.about.is_empty() {
        page.push(Line::new());
        page.extend(paragraph(&action.about, "  ", out));
    }
    page.push(Line::new());
    for (name, text) in facts(action) {
        for (at, line) in wrap(&text, out.width().saturating_sub(13)).into_iter().enumerate() {
            let head = if at == 0 { name } else { "" };
            page.push(Line::new().with(Tone::Dim, format!("  {head:<9}")).plain(line));
        }
    }
    // In one line, to be copied.
    page.push(Line::new().with(Tone::Dim, format!("  {:<9}", "example")).plain(format!("step … on … {{ {} }}", action.example)));
    page
}

/// What it asks, does and undoes, each in a sentence.
fn facts(action: &Entry) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&str, String)> = action.requires.iter().map(|why| ("requires", why.clone())).collect();
    facts.push(match action.deed {
        Deed::Looks => ("does", "it only looks".to_owned()),
        Deed::OnlyBack => ("does", "nothing now".to_owned()),
        Deed::Acts if action.checks => ("check", "where all is as wanted already, nothing is sent".to_owned()),
        Deed::Acts => ("check", "none: it is done each time".to_owned()),
    });
    match action.verify.as_deref() {
        Some("") => facts.push(("verify", "asked once, afterwards".to_owned())),
        Some(polled) => facts.push(("verify", format!("asked {polled}, until it holds"))),
        None if action.deed == Deed::Acts => facts.push(("verify", "its exit status".to_owned())),
        None => {}
    }
    match &action.undo {
        WayBack::Command => facts.push(("undo", "by a command".to_owned())),
        WayBack::None(why) => facts.push(("undo", format!("none: {why}"))),
        WayBack::NotNeeded => {}
    }
    facts
}

fn paragraph(text: &str, indent: &str, out: &Out) -> Vec<Line> {
    wrap(text, out.width() - indent.len()).into_iter().map(|line| Line::new().plain(format!("{indent}{line}"))).collect()
}

fn data(action: &Entry) -> serde_json::Value {
    let deed = match action.deed {
        Deed::Acts => "acts",
        Deed::Looks => "looks",
        Deed::OnlyBack => "on the way back",
    };
    let undo = match &action.undo {
        WayBack::NotNeeded => json!(null),
        WayBack::Command => json!("command"),
        WayBack::None(why) => json!({ "none": why }),
    };
    json!({
        "name": action.name, "title": action.title, "about": action.about, "signature": action.signature, "requires": action.requires,
        "does": deed, "check": action.checks, "verify": action.verify, "undo": undo, "example": action.example,
    })
}

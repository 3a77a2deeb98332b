//! Which kind of inventory a file is, found out from the file itself, and the reading of all of them into one.

use grammar::data::{Content, Datum};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Span};

use super::ansible::{self, Form};
use super::{Beside, Inventory, InventoryError};

/// A file of an inventory.
#[derive(Debug, Clone)]
pub struct Given {
    pub source: Source,
    /// It is what a program printed for `--list`.
    pub by_program: bool,
}

enum Kind {
    Ours,
    Ansible(Form),
}

/// Reads an inventory. `path` is what a person calls it. A relative path in ours is meant from the folder where it lies,
/// in Ansible's from where a person stands.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &str, folder: &str, here: &str, files: &[Given], beside: &mut dyn Beside) -> Result<Inventory, Vec<Diagnostic>> {
    let mut said = Vec::new();
    let mut forms = Vec::new();
    for file in files {
        match kind(file, &mut said) {
            Some(Kind::Ours) if files.len() == 1 => return super::read::read_from(&file.source, folder),
            Some(Kind::Ours) => {
                let why = format!("{} is no inventory of Ansible's, and a folder holds nothing else", file.source.path);
                said.push(
                    InventoryError::UnknownKind { at: Span::new(file.source.id, 0, 0), why, help: "name this file alone, or take it out".to_owned() }.into(),
                );
            }
            Some(Kind::Ansible(form)) => forms.push((&file.source, form)),
            None => {}
        }
    }
    let failed = |said: &[Diagnostic]| said.iter().any(|d| d.severity == Severity::Error);
    let inventory = if failed(&said) { Inventory::default() } else { ansible::read(path, here, &forms, beside, &mut said) };
    if failed(&said) {
        said.sort_by_key(|d| (d.span.source, d.span.start, d.span.end));
        return Err(said);
    }
    Ok(inventory)
}

/// `None`: it can't be told, and that was said.
fn kind(file: &Given, said: &mut Vec<Diagnostic>) -> Option<Kind> {
    let Given { source, by_program } = file;
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let mut unknown = |why: String, help: &str| {
        said.push(InventoryError::UnknownKind { at: Span::new(source.id, 0, 0), why, help: help.to_owned() }.into());
        None
    };
    let path = &source.path;
    if *by_program {
        return Some(Kind::Ansible(Form::Listing { by_program: true }));
    }
    if text.starts_with("$ANSIBLE_VAULT;") {
        return unknown(format!("{path} is encrypted by ansible-vault"), "a vault is not opened here: `ansible-vault decrypt`, or name a plain file");
    }
    let end = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
    if end.as_deref() == Some("toml") {
        return unknown(format!("{path} is TOML"), "INI, YAML and JSON are read: `ansible-inventory -i FILE --list --export > hosts.json` writes the last");
    }
    if text.starts_with('{') && ansible::is_listing(&source.text) {
        return Some(Kind::Ansible(Form::Listing { by_program: false }));
    }
    let is_yaml = match end.as_deref() {
        Some("yml" | "yaml" | "json") => true,
        Some("ini" | "cfg") => false,
        _ => text.starts_with('{') || looks_like_yaml(text),
    };
    if !is_yaml {
        return Some(if first_line(text).is_none() { Kind::Ours } else { Kind::Ansible(Form::Ini) });
    }
    let mut problems = Vec::new();
    let document = ansible::document(source, &mut problems);
    match document.as_ref().map(shape) {
        // Its own reader says what is wrong with it.
        None | Some(Shape::Ours) => Some(Kind::Ours),
        Some(Shape::Plugin(name)) => unknown(
            format!("{path} configures the inventory plugin `{name}`"),
            "plugins are Ansible's own: `ansible-inventory -i FILE --list --export > hosts.json` writes what it finds, and that is read",
        ),
        Some(Shape::Ansible) => {
            said.extend(problems);
            document.map(|document| Kind::Ansible(Form::Yaml(document)))
        }
        Some(Shape::Unknown) if problems.iter().any(|d| d.severity == Severity::Error) => {
            said.extend(problems);
            None
        }
        Some(Shape::Unknown) => unknown(
            format!("{path} is no inventory that is known here"),
            "ours has `groups:` and `hosts:` at its top; Ansible's has groups there, with `hosts:`, `children:` or `vars:` in each; INI has `[web]`",
        ),
    }
}

enum Shape {
    Ours,
    Ansible,
    Plugin(String),
    Unknown,
}

fn shape(document: &Datum) -> Shape {
    let Content::Map(fields) = &document.value else {
        return if document.value == Content::Nothing { Shape::Ours } else { Shape::Unknown };
    };
    let has_part = |datum: &Datum| match &datum.value {
        Content::Map(parts) => parts.iter().any(|part| matches!(part.key.as_str(), "hosts" | "children" | "vars")),
        _ => false,
    };
    if let Some(plugin) = fields.iter().find(|field| field.key == "plugin" && matches!(field.value.value, Content::Scalar { .. })) {
        let Content::Scalar { text, .. } = &plugin.value.value else { return Shape::Unknown };
        return Shape::Plugin(text.clone());
    }
    if fields.iter().any(|field| matches!(field.key.as_str(), "groups" | "hosts")) {
        return Shape::Ours;
    }
    if fields.iter().any(|field| field.key == "all" || has_part(&field.value)) { Shape::Ansible } else { Shape::Unknown }
}

/// The first line that says something.
fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// `web:` or `web: …`, or what only YAML begins with.
fn looks_like_yaml(text: &str) -> bool {
    let Some(line) = first_line(text) else { return false };
    if line == "---" || line.starts_with("--- ") || line.starts_with("%YAML") || line.starts_with("- ") {
        return true;
    }
    let key = line.split([' ', '\t']).next().unwrap_or_default();
    !line.starts_with('[') && key.len() > 1 && key.ends_with(':')
}

//! `runbook schema`

use engine::value::Type;

use crate::complaint::{Complaint, DONE, Status};
use crate::out::Out;

/// Print the JSON Schema of the YAML form, for editors
///
/// A YAML runbook names it in its first line, and editors with a YAML language
/// server then complete keys, show what each is for, and mark mistakes:
///
///   # yaml-language-server: $schema=runbook.schema.json
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook schema > runbook.schema.json")]
pub(crate) struct SchemaArgs {}

pub(crate) fn schema(_: &SchemaArgs, out: &Out) -> Result<Status, Complaint> {
    let schema = grammar::schema(Type::names());
    out.data(&serde_json::to_string_pretty(&schema).unwrap_or_default());
    Ok(DONE)
}

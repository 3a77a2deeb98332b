//! Small runbooks and the plans that come of them.

use std::collections::BTreeMap;

use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, SourceId};

use super::model::*;
use super::{Given, Inputs, plan};
use crate::check::{NoFiles, ParsedFile, check};

mod calls;
pub(crate) mod driven;
pub(crate) mod example;
mod expected;
mod facts;
mod inputs;
mod library;
mod lowering;
mod random;

pub(crate) fn parsed(path: &str, text: &str) -> ParsedFile {
    let source = Source { id: SourceId(0), path: path.to_owned(), text: text.to_owned() };
    let parsed = grammar::parse(&source);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    ParsedFile { source, file: parsed.file }
}

pub(crate) fn given(params: &[(&str, &str)], targets: &[(&str, &[&str])]) -> Inputs {
    Inputs {
        params: params.iter().map(|(name, text)| ((*name).to_owned(), Given::Text((*text).to_owned()))).collect(),
        targets: targets.iter().map(|(name, hosts)| ((*name).to_owned(), hosts.iter().map(|h| (*h).to_owned()).collect())).collect::<BTreeMap<_, _>>(),
        facts: BTreeMap::new(),
        vars: crate::inventory::Vars::default(),
        ways: crate::inventory::Ways::default(),
        inventory: None,
        files: None,
    }
}

pub(crate) fn try_plan(text: &str, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    plan(&check(parsed("t.runbook", text), &mut NoFiles)?, inputs)
}

pub(crate) fn planned(text: &str, inputs: &Inputs) -> Plan {
    try_plan(text, inputs).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

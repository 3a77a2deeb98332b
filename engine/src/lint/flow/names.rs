//! What the names of a runbook may stand for, as far as their declarations tell.

use std::collections::BTreeMap;

use grammar::ast::{Block, Call, Capture, Fact, Fields, Name, Operand, Piece, Runbook, TypeName};

use crate::check::Program;
use crate::check::merged::Merged;
use crate::lint::walk;
use crate::plan::template::{Expression, Scope};
use crate::value::{Type, Value};

/// One name's possible values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// `None`: nothing can be said.
    pub(crate) kind: Option<Type>,
    /// All there are, where the declaration lists them.
    pub(crate) among: Option<Vec<Value>>,
    pub(crate) least: Option<i64>,
    pub(crate) most: Option<i64>,
    /// There are ways through the runbook on which it has no value.
    pub(crate) may_be_unset: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, Known>);

/// No name has a value.
pub(crate) struct Nothing;

pub(crate) const NOTHING: Nothing = Nothing;

impl Scope for Nothing {
    fn lookup(&self, _: &str) -> Option<Value> {
        None
    }
}

impl Names {
    pub(crate) fn of(runbook: &Runbook, program: &Program) -> Self {
        let mut names = Self::default();
        for name in ["host", "local"] {
            names.0.insert(name.to_owned(), Known { kind: Some(Type::Host), ..Known::default() });
        }
        for name in ["operator", "run_id"] {
            names.0.insert(name.to_owned(), Known { kind: Some(Type::String), ..Known::default() });
        }
        for param in &runbook.params {
            let kind = Type::written(&param.kind);
            let of = kind.as_ref().map(|k| Type::List(Box::new(k.present().clone())));
            let among = param.one_of.as_ref().and_then(|one_of| constant(one_of, &of?)).and_then(items);
            let bound = |operand: Option<&Operand>| operand.and_then(|o| constant(o, kind.as_ref()?.present())).and_then(|v| whole(&v));
            names.add(&param.name, Known { among, least: bound(param.min.as_ref()), most: bound(param.max.as_ref()), kind, may_be_unset: false });
        }
        for target in &runbook.targets {
            let kind = if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) };
            names.add(&target.name, Known { kind: Some(kind), ..Known::default() });
        }
        for fact in &runbook.facts {
            names.fact(fact, false);
        }
        names.block(&runbook.body, program);
        names
    }

    /// Of a runbook that is called: its params are what the call says, or their defaults. A series passes what nobody knows.
    pub(crate) fn called(runbook: &Runbook, call: Option<&Call>, program: &Program) -> Self {
        let mut names = Self::of(runbook, program);
        let Some(call) = call else { return names };
        for param in &runbook.params {
            let given = call.with.iter().find(|(name, _)| name.value == param.name.value).map(|(_, operand)| operand).or(param.default.as_ref());
            let value = given.and_then(|operand| constant(operand, &Type::written(&param.kind)?));
            if let (Some(known), Some(value)) = (names.0.get_mut(&param.name.value), value) {
                known.among = Some(vec![value]);
            }
        }
        names
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Known> {
        self.0.get(name)
    }

    /// Two pieces may use one name, each for its own: then nothing is said of it.
    fn add(&mut self, name: &Name, known: Known) {
        self.0.entry(name.value.clone()).and_modify(|other| *other = Known { may_be_unset: true, ..Known::default() }).or_insert(known);
    }

    fn block(&mut self, block: &Block, program: &Program) {
        walk::blocks(block, &mut |piece| match piece {
            Piece::Step(step) | Piece::Manual(step) => self.fields(&step.fields, program),
            Piece::Gate(gate) => {
                if let Some(choices) = &gate.choices {
                    let among = constant(choices, &Type::List(Box::new(Type::String))).and_then(items);
                    let name = Name { value: gate.id.replace('-', "_"), span: gate.id.span };
                    self.add(&name, Known { kind: Some(Type::String), among, may_be_unset: true, ..Known::default() });
                }
            }
            Piece::Fact(fact) => self.fact(fact, true),
            Piece::For(each) => {
                let among = Expression::compile(&each.over).ok().and_then(|e| e.eval(&NOTHING).ok()).and_then(items);
                let kind = among.as_ref().and_then(|all| all.first()).and_then(Value::kind);
                self.add(&each.var, Known { kind, among, ..Known::default() });
            }
            Piece::Boundary(_) | Piece::During(_) | Piece::Parallel(_) | Piece::Call(_) | Piece::Series(_) | Piece::Require(_) => {}
        });
    }

    fn fields(&mut self, fields: &Fields, program: &Program) {
        for fact in &fields.facts {
            self.fact(fact, true);
        }
        for Capture { name, kind } in Merged::of_step(fields, program.actions()).captures() {
            self.read(name, kind, true);
        }
        for evidence in &fields.evidence {
            self.read(&evidence.name, &evidence.kind, true);
        }
    }

    fn fact(&mut self, fact: &Fact, may_be_unset: bool) {
        self.read(&fact.name, &fact.kind, may_be_unset);
    }

    fn read(&mut self, name: &Name, kind: &TypeName, may_be_unset: bool) {
        self.add(name, Known { kind: Type::written(kind), may_be_unset, ..Known::default() });
    }
}

/// What an expression always comes to; `None` where it needs a name, or can't be worked out.
pub(crate) fn always(text: &grammar::source::Text) -> Option<Value> {
    Expression::compile(text).ok()?.eval(&NOTHING).ok()
}

/// The value of an operand that needs no name.
pub(crate) fn constant(operand: &Operand, kind: &Type) -> Option<Value> {
    let value = match operand {
        Operand::Literal(text) if text.text.contains("{{") => return None,
        Operand::Literal(text) => return kind.present().read(&text.text).ok(),
        Operand::Computed(text) => always(text)?,
        Operand::List(list) => {
            let Type::List(of) = kind.present() else { return None };
            Value::List(list.value.iter().map(|item| constant(item, of)).collect::<Option<_>>()?)
        }
    };
    crate::plan::typed(value, kind).ok()
}

fn items(value: Value) -> Option<Vec<Value>> {
    if let Value::List(items) = value { Some(items) } else { None }
}

pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(*n),
        Value::Duration(n) | Value::Size(n) => i64::try_from(*n).ok(),
        _ => None,
    }
}

//! Pieces into nodes: top to bottom, side by side, item by item. A child's nodes come after all of those of the child
//! before it; where many meet many a join stands between, and the joins that are not needed are taken out at the end.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Block, Boundary, Condition, During, Fact, For, Gate, Name, Operand, Piece, Require, Runbook, Settings};
use grammar::diagnostic::Diagnostic;
use grammar::source::Text;

use super::error::PlanError;
use super::inputs::ROOT;
use super::model::*;
use super::settings::Around;
use super::template::{Expression, Prose, Script};
use crate::check::Program;
use crate::check::order;
use crate::value::{Type, Value};

pub(super) struct Lowering<'p> {
    pub(super) program: &'p Program,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) vars: serde_json::Value,
    pub(super) hosts: Vec<HostPlan>,
    /// Where each of them stands in the list.
    pub(super) met: BTreeMap<HostName, usize>,
    pub(super) frames: Vec<Frame>,
    pub(super) slots: Vec<Slot>,
    pub(super) facts: Vec<FactSpec>,
    pub(super) requires: Vec<RequireSpec>,
    pub(super) blocks: Vec<BlockSpec>,
    pub(super) nodes: Vec<Node>,
    pub(super) paths: BTreeSet<String>,
    pub(super) scripts: BTreeMap<grammar::source::Span, Script>,
    /// What names were declared as: a path's value alone looks like any text.
    pub(super) types: BTreeMap<(FrameId, String), Type>,
}

/// Where a piece stands: what is inherited from the blocks around it.
#[derive(Debug, Clone)]
pub(super) struct Context<'p> {
    pub(super) frame: FrameId,
    pub(super) block: BlockId,
    pub(super) on: Hosts,
    pub(super) around: Around<'p>,
    pub(super) when: Vec<Expression>,
    /// `[item]` of every loop around it.
    pub(super) items: String,
}

/// The hosts after an `on`.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts {
    pub(super) names: Vec<HostName>,
    /// A set was named, or several: what is read there has one value a host.
    pub(super) spread: bool,
}

/// A node of which the path is made and the rest is the same everywhere.
pub(super) struct Draft<'a> {
    pub(super) id: &'a str,
    pub(super) title: Option<String>,
    pub(super) host: Option<HostName>,
    pub(super) frame: FrameId,
    pub(super) kind: NodeKind,
}

type Exits = Vec<NodeId>;

impl<'p> Lowering<'p> {
    pub(super) fn new(program: &'p Program, vars: serde_json::Value) -> Self {
        Self {
            program,
            errors: Vec::new(),
            vars,
            hosts: Vec::new(),
            met: BTreeMap::new(),
            frames: vec![Frame::default()],
            slots: Vec::new(),
            facts: Vec::new(),
            requires: Vec::new(),
            blocks: vec![BlockSpec { parent: None, kind: BlockKind::Sequence }],
            nodes: Vec::new(),
            paths: BTreeSet::new(),
            scripts: BTreeMap::new(),
            types: BTreeMap::new(),
        }
    }

    pub(super) fn error(&mut self, error: PlanError) {
        self.errors.push(error.into());
    }

    pub(super) fn runbook(&mut self, runbook: &'p Runbook) {
        let context = Context { frame: ROOT, block: BlockId(0), on: Hosts::default(), around: Around::default(), when: Vec::new(), items: String::new() };
        // The runbook is the outermost block. Its environment may hold facts, so those are read without it.
        let (on, mut around) = self.place(&runbook.body.settings, &context);
        around.env.clear();
        let top = Context { on, around, ..context.clone() };
        for fact in &runbook.facts {
            let (hosts, around) = self.place(&fact.settings, &top);
            let spec = self.fact(fact, &hosts.names, hosts.spread, ROOT, ROOT, &around);
            self.facts.extend(spec);
        }
        for require in &runbook.requires {
            // A requirement on nothing but values is asked nowhere.
            let anywhere = require.on.is_empty() && matches!(require.that, Condition::Holds(_));
            let hosts = if anywhere { Hosts::default() } else { self.hosts(&require.on, &top) };
            let spec = self.require(require, hosts.names, ROOT, &top.around);
            self.requires.extend(spec);
        }
        self.block(&runbook.body, &context, Vec::new());
    }

    // ------------------------------------------------------------ places

    /// The hosts that these names stand for.
    pub(super) fn hosts(&mut self, on: &[Name], context: &Context<'_>) -> Hosts {
        if on.is_empty() {
            return context.on.clone();
        }
        let mut hosts = Hosts { names: Vec::new(), spread: on.len() > 1 };
        for name in on {
            let found = self.early(context.frame, None, |early| super::template::Scope::lookup(early, &name.value));
            let (values, several) = match found {
                Some(Value::List(items)) => (items, true),
                Some(Value::Json(serde_json::Value::Array(items))) => (items.into_iter().map(Value::Json).collect(), true),
                Some(value) => (vec![value], false),
                None => {
                    self.error(PlanError::KnownTooLate { at: name.span, what: "where a step runs".to_owned(), name: name.value.clone() });
                    continue;
                }
            };
            hosts.spread |= several;
            for host in values.iter().map(Value::display) {
                if Type::Host.read(&host).is_err() {
                    self.error(PlanError::BadHost { at: name.span, host });
                } else if !hosts.names.contains(&host) {
                    hosts.names.push(host);
                }
            }
        }
        hosts
    }

    pub(super) fn place(&mut self, settings: &'p Settings, context: &Context<'p>) -> (Hosts, Around<'p>) {
        (self.hosts(&settings.on, context), context.around.with(settings, context.frame))
    }

    /// The host of a node is met in preflight.
    pub(super) fn touch(&mut self, host: &str) -> &mut HostPlan {
        let next = self.hosts.len();
        let at = *self.met.entry(host.to_owned()).or_insert(next);
        if at == next {
            self.hosts.push(HostPlan { name: host.to_owned(), users: Vec::new(), bash: false });
        }
        &mut self.hosts[at]
    }

    pub(super) fn frame(&mut self, parent: FrameId, sealed: bool) -> FrameId {
        self.frames.push(Frame { parent: Some(parent), sealed, names: BTreeMap::new() });
        FrameId(count(self.frames.len()))
    }

    pub(super) fn slot(&mut self, name: &str, kind: Type, hosts: Vec<HostName>, spread: bool) -> SlotId {
        self.slots.push(Slot { name: name.to_owned(), kind, hosts, spread });
        SlotId(count(self.slots.len()))
    }

    fn new_block(&mut self, parent: BlockId, kind: BlockKind) -> BlockId {
        self.blocks.push(BlockSpec { parent: Some(parent), kind });
        BlockId(count(self.blocks.len()))
    }

    pub(super) fn add(&mut self, draft: Draft<'_>, context: &Context<'_>, after: Exits) -> NodeId {
        let place = draft.host.as_ref().map_or_else(String::new, |host| format!("@{host}"));
        let mut path = format!("{}{}{place}", draft.id, context.items);
        let mut again = 1;
        while !self.paths.insert(path.clone()) {
            again += 1;
            path = format!("{}-{again}{}{place}", draft.id, context.items);
        }
        if let Some(host) = &draft.host {
            self.touch(host);
        }
        let node = Node { path, step: draft.id.to_owned(), title: draft.title, host: draft.host, block: context.block, frame: draft.frame, after, when: context.when.clone(), kind: draft.kind };
        self.nodes.push(node);
        node_id(self.nodes.len() - 1)
    }

    /// One node where there are many, so that not each of the next has to wait for each of these.
    fn join(&mut self, exits: Exits, context: &Context<'_>) -> Exits {
        if exits.len() < 2 {
            return exits;
        }
        let path = format!("join {}", self.nodes.len());
        self.nodes.push(Node { path, step: "join".to_owned(), title: None, host: None, block: context.block, frame: context.frame, after: exits, when: Vec::new(), kind: NodeKind::Join });
        vec![node_id(self.nodes.len() - 1)]
    }

    // ------------------------------------------------------------ blocks

    fn when(&mut self, when: Option<&Text>, context: &mut Context<'_>) {
        if let Some(when) = when
            && let Some(when) = self.expression(when)
        {
            context.when.push(when);
        }
    }

    fn block(&mut self, block: &'p Block, context: &Context<'p>, before: Exits) -> Exits {
        let (on, around) = self.place(&block.settings, context);
        let mut inner = Context { on, around, ..context.clone() };
        self.when(block.when.as_ref(), &mut inner);
        self.pieces(&block.pieces, &inner, before)
    }

    fn pieces(&mut self, pieces: &'p [Piece], context: &Context<'p>, before: Exits) -> Exits {
        let mut exits = before;
        for (position, piece) in pieces.iter().enumerate() {
            exits = self.join(exits, context);
            if let Piece::During(during) = piece
                && during.block.is_none()
            {
                return self.during(during, &pieces[position + 1..], context, exits);
            }
            exits = self.piece(piece, context, exits);
        }
        exits
    }

    fn piece(&mut self, piece: &'p Piece, context: &Context<'p>, before: Exits) -> Exits {
        match piece {
            Piece::Step(step) => self.step(step, context, before, false),
            Piece::Manual(step) => self.step(step, context, before, true),
            Piece::Gate(gate) => vec![self.gate(gate, context, before)],
            Piece::Boundary(boundary) => self.boundary(boundary, context, before),
            Piece::During(during) => self.during(during, &[], context, before),
            Piece::Parallel(block) => self.parallel(block, context, before),
            Piece::For(each) => self.each(each, context, before),
            Piece::Fact(fact) => self.fact_nodes(fact, context, before),
            Piece::Require(require) => self.require_nodes(require, context, before),
            // Refused by the check.
            Piece::Call(_) | Piece::Series(_) => before,
        }
    }

    fn boundary(&mut self, boundary: &'p Boundary, context: &Context<'p>, before: Exits) -> Exits {
        let budget = self.seconds_of(boundary.budget.as_ref(), "`budget`", context.frame, None);
        let title = boundary.title.as_ref().map(|t| self.shown(t, context.frame, None));
        let on_failure = match boundary.on_failure.as_ref().map(|w| w.value.as_str()) {
            Some("park") => OnFailure::Park,
            _ => OnFailure::Rollback,
        };
        let id = format!("{}{}", boundary.id.value, context.items);
        let block = self.new_block(context.block, BlockKind::Boundary { id, title, on_failure, budget });
        self.block(&boundary.block, &Context { block, ..context.clone() }, before)
    }

    /// Enters, what is held over, leaves in reverse.
    fn during(&mut self, during: &'p During, rest: &'p [Piece], context: &Context<'p>, before: Exits) -> Exits {
        let (on, around) = self.place(&during.settings, context);
        let header = Context { on, around, ..context.clone() };
        let enters = self.enter(during, &header, &before);
        let block = self.new_block(context.block, BlockKind::Held { by: enters.clone() });
        let inside = Context { block, ..context.clone() };
        let exits = if enters.is_empty() { before } else { enters.clone() };
        let exits = self.join(exits, context);
        let exits = match &during.block {
            Some(body) => self.block(body, &inside, exits),
            None => self.pieces(rest, &inside, exits),
        };
        if enters.is_empty() {
            return exits;
        }
        let exits = self.join(exits, context);
        let name = format!("leave-{}", during.action.name.value);
        enters
            .into_iter()
            .map(|enter| {
                let host = self.nodes[enter.index()].host.clone();
                let draft = Draft { id: &name, title: None, host, frame: context.frame, kind: NodeKind::Leave { enter } };
                self.add(draft, &Context { when: Vec::new(), ..context.clone() }, exits.clone())
            })
            .collect()
    }

    fn parallel(&mut self, block: &'p Block, context: &Context<'p>, before: Exits) -> Exits {
        let (on, around) = self.place(&block.settings, context);
        let mut inner = Context { on, around, ..context.clone() };
        self.when(block.when.as_ref(), &mut inner);
        inner.block = self.new_block(context.block, BlockKind::Parallel);
        let Ok(order) = order::siblings(&block.pieces) else { return before };
        let mut ends: BTreeMap<usize, Exits> = BTreeMap::new();
        let mut followed = BTreeSet::new();
        for (at, _) in order {
            let piece = &block.pieces[at];
            let named: Vec<usize> = order::after(piece)
                .iter()
                .flat_map(|name| block.pieces.iter().enumerate().filter(|(_, p)| order::id(p).is_some_and(|id| id.value == name.value)).map(|(at, _)| at))
                .collect();
            let mut first: Exits = named.iter().filter_map(|other| ends.get(other)).flatten().copied().collect();
            first.sort_unstable();
            first.dedup();
            followed.extend(named.iter().copied());
            let first = if named.is_empty() { before.clone() } else { first };
            let first = self.join(first, &inner);
            let own = Context { block: self.new_block(inner.block, BlockKind::Sequence), ..inner.clone() };
            let exits = self.piece(piece, &own, first);
            ends.insert(at, exits);
        }
        let mut exits: Exits = ends.iter().filter(|(at, _)| !followed.contains(at)).flat_map(|(_, exits)| exits.iter().copied()).collect();
        exits.sort_unstable();
        exits.dedup();
        if block.pieces.is_empty() { before } else { exits }
    }

    // ------------------------------------------------------------ loops

    fn each(&mut self, each: &'p For, context: &Context<'p>, before: Exits) -> Exits {
        let Some(items) = self.items(each, context) else { return before };
        let kind = self.expression(&each.over).and_then(|e| e.static_type(&|name| self.type_of(context.frame, None, name)));
        let kind = if let Some(Type::List(of)) = kind { Some(*of) } else { None };
        let mut iterations: Vec<Context<'p>> = Vec::new();
        for item in items {
            let frame = self.frame(context.frame, false);
            self.bind(frame, &each.var.value, Bound::Value(item.clone()), kind.clone());
            iterations.push(Context { frame, items: format!("{}[{}]", context.items, item.display()), ..context.clone() });
        }
        let filtered = self.filter(each, &mut iterations);
        let size = self.batch(each, iterations.len(), context).unwrap_or(1);
        let pause = self.seconds_of(each.pause.as_ref(), "`pause`", context.frame, None);
        let count = iterations.len().div_ceil(size.max(1));
        let mut exits = before;
        for (position, batch) in iterations.chunks(size.max(1)).enumerate() {
            exits = self.join(exits, context);
            let side_by_side = self.new_block(context.block, BlockKind::Batch);
            let mut ends = Vec::new();
            for iteration in batch {
                let block = self.new_block(side_by_side, BlockKind::Sequence);
                let inner = Context { block, ..iteration.clone() };
                let end = if filtered {
                    let (on, around) = self.place(&each.block.settings, &inner);
                    self.pieces(&each.block.pieces, &Context { on, around, ..inner }, exits.clone())
                } else {
                    self.block(&each.block, &inner, exits.clone())
                };
                ends.extend(end);
            }
            ends.sort_unstable();
            ends.dedup();
            exits = ends;
            if let Some(seconds) = pause
                && seconds > 0
                && position + 1 < count
            {
                exits = self.join(exits, context);
                let step = StepSpec::that(Does::Sleep(seconds));
                let draft = Draft { id: "pause", title: None, host: Some(LOCAL.to_owned()), frame: context.frame, kind: NodeKind::Step(Box::new(step)) };
                exits = vec![self.add(draft, context, exits)];
            }
        }
        exits
    }

    fn items(&mut self, each: &For, context: &Context<'_>) -> Option<Vec<Value>> {
        match self.early_value(&each.over, "what a `for` goes over", context.frame, None)? {
            Value::List(items) => Some(items),
            Value::Json(serde_json::Value::Array(items)) => Some(
                items
                    .into_iter()
                    .map(|item| match item {
                        serde_json::Value::String(text) => Value::String(text),
                        other => Value::Json(other),
                    })
                    .collect(),
            ),
            other => {
                self.error(PlanError::OutOfRange { at: each.over.span, what: "what a `for` goes over".to_owned(), found: other.type_name().to_owned(), help: "give it a list" });
                None
            }
        }
    }

    /// A `when` at the head of the block takes items out before they are put into batches, where it is known already.
    fn filter(&mut self, each: &For, iterations: &mut Vec<Context<'p>>) -> bool {
        let Some(when) = &each.block.when else { return false };
        let Some(condition) = self.expression(when) else { return false };
        let known = iterations.iter().all(|i| self.early(i.frame, None, |early| early.unknown(condition.names()).is_none()));
        if !known {
            if each.batch.is_some() {
                self.error(PlanError::NotBuiltYet { at: when.span, what: "a `batch` whose items are chosen by what is read during the run", help: "use params and targets in this `when`, or put it on the steps" });
            }
            return false;
        }
        let mut kept = Vec::new();
        for iteration in iterations.drain(..) {
            match self.early(iteration.frame, None, |early| condition.eval_bool(early)) {
                Ok(true) => kept.push(iteration),
                Ok(false) => {}
                Err(error) => self.error(PlanError::NotComputed { at: error.span, what: "`when`".to_owned(), why: error.sentence }),
            }
        }
        *iterations = kept;
        true
    }

    fn batch(&mut self, each: &For, count: usize, context: &Context<'_>) -> Option<usize> {
        let batch = each.batch.as_ref()?;
        let value = match Type::Percent.read(batch.text.trim()) {
            Ok(value) => value,
            Err(_) => self.early_value(batch, "`batch`", context.frame, None)?,
        };
        let size = match value {
            // Rounded down, to one at least.
            Value::Percent(share) => Some(((count as f64 * share / 100.0).floor() as usize).max(1)),
            Value::Int(n) => usize::try_from(n).ok().filter(|n| *n > 0),
            _ => None,
        };
        if size.is_none() {
            self.error(PlanError::OutOfRange { at: batch.span, what: "`batch`".to_owned(), found: value.display(), help: "write a number from 1, or a share such as 15%" });
        }
        size
    }

    // ------------------------------------------------------------ facts, requirements, gates

    fn fact_nodes(&mut self, fact: &'p Fact, context: &Context<'p>, before: Exits) -> Exits {
        let (hosts, around) = self.place(&fact.settings, context);
        let Some(spec) = self.fact(fact, &hosts.names, hosts.spread, context.frame, context.frame, &around) else { return before };
        let id = format!("fact-{}", fact.name.value);
        let nodes: Exits = hosts
            .names
            .into_iter()
            .map(|host| {
                let spec = FactSpec { hosts: vec![host.clone()], ..spec.clone() };
                self.add(Draft { id: &id, title: None, host: Some(host), frame: context.frame, kind: NodeKind::Fact(Box::new(spec)) }, context, before.clone())
            })
            .collect();
        if nodes.is_empty() { before } else { nodes }
    }

    fn require_nodes(&mut self, require: &'p Require, context: &Context<'p>, before: Exits) -> Exits {
        let hosts = self.hosts(&require.on, context).names;
        let places: Vec<Option<HostName>> = if hosts.is_empty() { vec![None] } else { hosts.into_iter().map(Some).collect() };
        let mut nodes = Vec::new();
        for host in places {
            let Some(spec) = self.require(require, host.iter().cloned().collect(), context.frame, &context.around) else { continue };
            nodes.push(self.add(Draft { id: "require", title: None, host, frame: context.frame, kind: NodeKind::Require(Box::new(spec)) }, context, before.clone()));
        }
        if nodes.is_empty() { before } else { nodes }
    }

    /// A fact's slot is bound in `owner`; its command sees `frame`.
    pub(super) fn fact(&mut self, fact: &'p Fact, hosts: &[HostName], spread: bool, owner: FrameId, frame: FrameId, around: &Around<'p>) -> Option<FactSpec> {
        let kind = Type::written(&fact.kind)?;
        let host = if let [host] = hosts { Some(host.as_str()) } else { None };
        let timeout = fact.settings.timeout.as_ref().map(|t| (t, frame));
        let command = self.command(&fact.cmd, frame, host, around, timeout, fact.stdin.as_ref().map(|s| (s, frame)), super::settings::GUARD_SECONDS)?;
        for host in hosts {
            self.meet(host, &command);
        }
        let slot = self.slot(&fact.name.value, kind, hosts.to_vec(), spread);
        self.frames[owner.index()].names.insert(fact.name.value.clone(), Bound::Slot(slot));
        Some(FactSpec { slot, command, hosts: hosts.to_vec() })
    }

    pub(super) fn require(&mut self, require: &'p Require, hosts: Vec<HostName>, frame: FrameId, around: &Around<'p>) -> Option<RequireSpec> {
        let why = self.prose(&require.why)?;
        let that = match &require.that {
            Condition::Holds(expression) => super::model::Condition::Holds(self.expression(expression)?),
            Condition::Succeeds(command) => {
                let host = if let [host] = hosts.as_slice() { Some(host.as_str()) } else { None };
                let command = self.command(command, frame, host, around, None, None, super::settings::GUARD_SECONDS)?;
                for host in &hosts {
                    self.meet(host, &command);
                }
                super::model::Condition::Succeeds(command)
            }
        };
        Some(RequireSpec { why, frame, that, hosts })
    }

    fn gate(&mut self, gate: &'p Gate, context: &Context<'p>, before: Exits) -> NodeId {
        let (on, around) = self.place(&gate.settings, context);
        let mut here = Context { on, around, ..context.clone() };
        self.when(gate.when.as_ref(), &mut here);
        let mut show = Vec::new();
        for shown in &gate.show {
            for host in self.hosts(&shown.on, &here).names {
                let command = self.command(&shown.cmd, here.frame, Some(&host), &here.around, None, None, super::settings::GUARD_SECONDS);
                if let Some(command) = command {
                    self.meet(&host, &command);
                    show.push(ShowSpec { command, host });
                }
            }
        }
        let choices = match &gate.choices {
            Some(choices) => match self.early_operand(choices, &Type::List(Box::new(Type::String)), "`choices`", here.frame, None) {
                Some(Value::List(items)) => items.iter().map(Value::display).collect(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let slot = gate.choices.as_ref().map(|_: &Operand| {
            let name = gate.id.replace('-', "_");
            let slot = self.slot(&name, Type::String, vec![String::new()], false);
            self.frames[here.frame.index()].names.insert(name, Bound::Slot(slot));
            slot
        });
        let timeout = gate.timeout.as_ref().map(|t| &t.after);
        let timeout = self.seconds_of(timeout, "`timeout`", here.frame, None).unwrap_or(0);
        let then = match gate.timeout.as_ref().and_then(|t| t.then.as_ref()).map(|t| t.value.as_str()) {
            Some("rollback") => GateThen::Rollback,
            Some("end") => GateThen::End,
            _ => GateThen::Park,
        };
        let question = gate.question.as_ref().and_then(|q| self.prose(q));
        let confirm = gate.confirm.as_ref().and_then(|c| self.prose(c));
        let title = gate.question.as_ref().map(|q| self.shown(q, here.frame, None));
        let spec = GateSpec { question, show, confirm, choices, slot, timeout, then, guards_irreversible: false };
        self.add(Draft { id: &gate.id.value, title, host: None, frame: here.frame, kind: NodeKind::Gate(Box::new(spec)) }, &here, before)
    }

    // ------------------------------------------------------------ templates

    pub(super) fn expression(&mut self, text: &Text) -> Option<Expression> {
        match Expression::compile(text) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.errors.push(error.into());
                None
            }
        }
    }

    pub(super) fn prose(&mut self, text: &Text) -> Option<Prose> {
        match Prose::compile(text) {
            Ok(prose) => Some(prose),
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(Into::into));
                None
            }
        }
    }
}

/// The index of the last of so many.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length.saturating_sub(1)).unwrap_or(u32::MAX)
}

impl StepSpec {
    /// A step that is nothing but this.
    pub(super) fn that(does: Does) -> Self {
        Self {
            facts: Vec::new(),
            requires: Vec::new(),
            check: None,
            does: Some(does),
            verify: Vec::new(),
            undo: UndoSpec::Unsaid,
            irreversible: None,
            captures: Vec::new(),
            retry: None,
            reboots: None,
            private: false,
            expect: None,
        }
    }
}

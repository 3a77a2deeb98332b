//! Pieces into nodes: top to bottom, side by side, item by item. A child's nodes come after all of those of the child
//! before it; where many meet many a join stands between, and the joins that are not needed are taken out at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use grammar::ast::{Block, Boundary, Condition, During, Name, Operand, Piece, Runbook, Settings};
use grammar::diagnostic::Diagnostic;
use grammar::source::{Span, Text};

use super::error::PlanError;
use super::inputs::{Inputs, ROOT};
use super::model::*;
use super::outline::Later;
use super::settings::Around;
use super::template::{Expression, Prose, Script};
use super::transfer::ProjectFiles;
use crate::check::Program;
use crate::check::order;
use crate::inventory::{Vars, Ways};
use crate::signers::Signers;
use crate::value::{Type, Value};

/// Nodes, and places for names, that a plan may have.
const MOST: usize = 200_000;

pub(super) struct Lowering<'p> {
    pub(super) program: &'p Program,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) vars: Vars,
    pub(super) ways: Ways,
    pub(super) inventory: Option<String>,
    pub(super) hosts: Vec<HostPlan>,
    /// Where each of them stands in the list.
    pub(super) met: BTreeMap<HostName, usize>,
    pub(super) frames: Vec<Frame>,
    pub(super) slots: Vec<Slot>,
    pub(super) secrets: Vec<SecretSpec>,
    pub(super) facts: Vec<FactSpec>,
    pub(super) requires: Vec<RequireSpec>,
    pub(super) hooks: Vec<HookSpec>,
    pub(super) blocks: Vec<BlockSpec>,
    pub(super) tolerances: Vec<Tolerance>,
    pub(super) nodes: Vec<Node>,
    pub(super) paths: BTreeSet<String>,
    pub(super) windows: Vec<String>,
    pub(super) signers: Option<Signers>,
    /// Facts of the top that were read already.
    pub(super) known: BTreeMap<SlotId, BTreeMap<HostName, Value>>,
    /// What can't be drawn before facts are read.
    pub(super) later: Vec<Later>,
    told_full: bool,
    pub(super) locks: BTreeSet<String>,
    /// What was read at each place of the source: all nodes of a step share it.
    pub(super) scripts: BTreeMap<Span, Script>,
    expressions: BTreeMap<Span, Expression>,
    proses: BTreeMap<Span, Prose>,
    /// What names were declared as: a path's value alone looks like any text.
    pub(super) types: BTreeMap<(FrameId, String), Type>,
    /// What an action or a called runbook was given by its caller, as it was written.
    pub(super) given: BTreeMap<(FrameId, String), (Operand, FrameId)>,
    pub(super) files: Option<Rc<dyn ProjectFiles>>,
}

/// Where a piece stands: what is inherited from the blocks around it.
#[derive(Debug, Clone)]
pub(super) struct Context<'p> {
    pub(super) frame: FrameId,
    pub(super) block: BlockId,
    pub(super) on: Hosts,
    pub(super) around: Around<'p>,
    pub(super) when: Vec<When>,
    /// `id/` of every call around it.
    pub(super) calls: String,
    /// `[item]` of every loop around it, inside the last call.
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

pub(super) type Exits = Vec<NodeId>;

impl<'p> Lowering<'p> {
    pub(super) fn new(program: &'p Program, inputs: &Inputs) -> Self {
        Self {
            program,
            errors: Vec::new(),
            vars: inputs.vars.clone(),
            ways: inputs.ways.clone(),
            inventory: inputs.inventory.clone(),
            hosts: Vec::new(),
            met: BTreeMap::new(),
            frames: vec![Frame::default()],
            slots: Vec::new(),
            secrets: Vec::new(),
            facts: Vec::new(),
            requires: Vec::new(),
            hooks: Vec::new(),
            blocks: vec![BlockSpec { parent: None, kind: BlockKind::Sequence }],
            tolerances: Vec::new(),
            nodes: Vec::new(),
            paths: BTreeSet::new(),
            windows: Vec::new(),
            signers: None,
            known: BTreeMap::new(),
            later: Vec::new(),
            told_full: false,
            locks: BTreeSet::new(),
            scripts: BTreeMap::new(),
            expressions: BTreeMap::new(),
            proses: BTreeMap::new(),
            types: BTreeMap::new(),
            given: BTreeMap::new(),
            files: inputs.files.clone(),
        }
    }

    pub(super) fn error(&mut self, error: PlanError) {
        self.errors.push(error.into());
    }

    pub(super) fn runbook(&mut self, runbook: &'p Runbook, inputs: &Inputs) {
        let context = Context {
            frame: ROOT,
            block: BlockId(0),
            on: Hosts::default(),
            around: Around::default(),
            when: Vec::new(),
            calls: String::new(),
            items: String::new(),
        };
        self.window(runbook);
        self.lock(runbook, ROOT);
        // The runbook is the outermost block. Its environment may hold facts, so those are read without it.
        let (on, mut around) = self.place(&runbook.body.settings, &context);
        around.env.clear();
        let top = Context { on, around, ..context.clone() };
        for fact in &runbook.facts {
            let (hosts, around) = self.place(&fact.settings, &top);
            if let Some(spec) = self.fact(fact, &hosts.names, hosts.spread, ROOT, ROOT, &around) {
                let spec = self.given_fact(fact, spec, inputs);
                self.facts.push(spec);
            }
        }
        for require in &runbook.requires {
            // A requirement on nothing but values is asked nowhere.
            let anywhere = require.on.is_empty() && matches!(require.that, Condition::Holds(_));
            let hosts = if anywhere { Hosts::default() } else { self.hosts(&require.on, &top) };
            let spec = self.require(require, hosts.names, ROOT, &top.around);
            self.requires.extend(spec);
        }
        for notify in &runbook.notify {
            let hook = self.notify(notify);
            self.hooks.extend(hook);
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
            self.hosts.push(HostPlan { name: host.to_owned(), users: Vec::new(), bash: false, sums: false, way: self.ways.of(host) });
        }
        &mut self.hosts[at]
    }

    pub(super) fn frame(&mut self, parent: FrameId, sealed: bool) -> FrameId {
        self.frames.push(Frame { parent: Some(parent), sealed, ..Frame::default() });
        FrameId(count(self.frames.len()))
    }

    pub(super) fn slot(&mut self, name: &str, kind: Type, hosts: Vec<HostName>, spread: bool) -> SlotId {
        self.slots.push(Slot { name: name.to_owned(), kind, hosts, spread });
        SlotId(count(self.slots.len()))
    }

    pub(super) fn new_block(&mut self, parent: BlockId, kind: BlockKind) -> BlockId {
        self.blocks.push(BlockSpec { parent: Some(parent), kind });
        BlockId(count(self.blocks.len()))
    }

    pub(super) fn add(&mut self, draft: Draft<'_>, context: &Context<'_>, after: Exits) -> NodeId {
        let place = draft.host.as_ref().map_or_else(String::new, |host| format!("@{host}"));
        let (calls, id, items) = (&context.calls, draft.id, &context.items);
        let mut path = format!("{calls}{id}{items}{place}");
        let mut again = 1;
        while !self.paths.insert(path.clone()) {
            again += 1;
            path = format!("{calls}{id}-{again}{items}{place}");
        }
        if let Some(host) = &draft.host {
            self.touch(host);
        }
        let node = Node {
            path,
            step: draft.id.to_owned(),
            title: draft.title,
            host: draft.host,
            block: context.block,
            frame: draft.frame,
            after,
            when: context.when.clone(),
            tolerance: None,
            unreachable: context.around.unreachable,
            kind: draft.kind,
        };
        self.nodes.push(node);
        node_id(self.nodes.len() - 1)
    }

    /// One node where there are many, so that not each of the next has to wait for each of these.
    pub(super) fn join(&mut self, exits: Exits, context: &Context<'_>) -> Exits {
        if exits.len() < 2 {
            return exits;
        }
        let path = format!("join {}", self.nodes.len());
        self.nodes.push(Node {
            path,
            step: "join".to_owned(),
            title: None,
            host: None,
            block: context.block,
            frame: context.frame,
            after: exits,
            when: Vec::new(),
            tolerance: None,
            unreachable: OnUnreachable::default(),
            kind: NodeKind::Join,
        });
        vec![node_id(self.nodes.len() - 1)]
    }

    // ------------------------------------------------------------ blocks

    pub(super) fn when(&mut self, when: Option<&Text>, context: &mut Context<'_>) {
        if let Some(when) = when
            && let Some(that) = self.expression(when)
        {
            context.when.push(When { that, frame: context.frame });
        }
    }

    pub(super) fn block(&mut self, block: &'p Block, context: &Context<'p>, before: Exits) -> Exits {
        let (on, around) = self.place(&block.settings, context);
        let mut inner = Context { on, around, ..context.clone() };
        self.when(block.when.as_ref(), &mut inner);
        self.pieces(&block.pieces, &inner, before)
    }

    pub(super) fn pieces(&mut self, pieces: &'p [Piece], context: &Context<'p>, before: Exits) -> Exits {
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

    pub(super) fn piece(&mut self, piece: &'p Piece, context: &Context<'p>, before: Exits) -> Exits {
        if self.is_full() {
            return before;
        }
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
            Piece::Call(call) => self.call(call, context, before),
            Piece::Series(series) => self.series(series, context, before),
        }
    }

    /// Whether the plan has grown beyond all that anyone could mean, which is told once.
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.nodes.len() > MOST || self.frames.len() > MOST || self.blocks.len() > MOST;
        if full && !self.told_full {
            self.told_full = true;
            let at = self.program.runbook().map_or_else(Span::default, |runbook| runbook.name.span);
            self.error(PlanError::TooLarge { at, limit: MOST });
        }
        full
    }

    pub(super) fn boundary(&mut self, boundary: &'p Boundary, context: &Context<'p>, before: Exits) -> Exits {
        let budget = self.seconds_of(boundary.budget.as_ref(), "`budget`", context.frame, None);
        let title = boundary.title.as_ref().map(|t| self.shown(t, context.frame, None));
        let policy = |word: Option<&Name>| word.map(|word| if word.value == "park" { OnFailure::Park } else { OnFailure::Rollback });
        let on_failure = policy(boundary.on_failure.as_ref()).unwrap_or_default();
        let ask = boundary.ask.as_ref().and_then(|ask| {
            let seconds = self.seconds_of(Some(&ask.after), "`ask`", context.frame, None)?;
            Some(AskSpec { seconds, then: policy(ask.then.as_ref()).unwrap_or(on_failure) })
        });
        let id = format!("{}{}{}", context.calls, boundary.id.value, context.items);
        let block = self.new_block(context.block, BlockKind::Boundary { id, title, on_failure, ask, budget });
        self.block(&boundary.block, &Context { block, ..context.clone() }, before)
    }

    /// Enters, what is held over, leaves in reverse.
    pub(super) fn during(&mut self, during: &'p During, rest: &'p [Piece], context: &Context<'p>, before: Exits) -> Exits {
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
                self.add(draft, &Context { when: Vec::new(), around: header.around.clone(), ..context.clone() }, exits.clone())
            })
            .collect()
    }

    pub(super) fn parallel(&mut self, block: &'p Block, context: &Context<'p>, before: Exits) -> Exits {
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

    /// Text of the engine's own making has the place that it was made for, so the place alone does not tell.
    pub(super) fn expression(&mut self, text: &Text) -> Option<Expression> {
        if let Some(known) = self.expressions.get(&text.span).filter(|known| known.source_text() == text) {
            return Some(known.clone());
        }
        match Expression::compile(text) {
            Ok(expression) => {
                self.expressions.insert(text.span, expression.clone());
                Some(expression)
            }
            Err(error) => {
                self.errors.push(error.into());
                None
            }
        }
    }

    pub(super) fn prose(&mut self, text: &Text) -> Option<Prose> {
        if let Some(known) = self.proses.get(&text.span).filter(|known| known.source_text() == text) {
            return Some(known.clone());
        }
        match Prose::compile(text) {
            Ok(prose) => {
                self.proses.insert(text.span, prose.clone());
                Some(prose)
            }
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
            output_limit: None,
            expect: None,
        }
    }
}

//! The plan as far as it can be drawn. A `for` or a `series` may go over facts of the top: those are read first, then
//! the plan is drawn whole. Nothing has changed until then, and nothing is run from an outline that has gaps.

use std::collections::{BTreeMap, BTreeSet};

use grammar::diagnostic::Diagnostic;
use grammar::source::Span;

use super::error::PlanError;
use super::found::Found;
use super::inputs::{Inputs, ROOT};
use super::lower::{Context, Lowering};
use super::model::{Bound, Command, FrameId, HostName, NodeKind, PLAN_FORMAT, PLAN_FORMAT_WITHOUT_SIGNERS, PLAN_FORMAT_WITHOUT_WAYS, Plan, SlotId};
use super::{finish, frames, hash, template};
use crate::check::Program;
use crate::value::{Type, Value};

/// A plan, and what is missing in it.
#[derive(Debug, Clone)]
pub struct Outline {
    pub plan: Plan,
    /// Empty: the plan is whole.
    pub later: Vec<Later>,
    /// What facts of the top were found to be, by their names and hosts. It is shown, and no part of the plan.
    pub read: BTreeMap<String, BTreeMap<HostName, Value>>,
    /// What guards say now, where they were asked; no part of the plan either.
    pub now: Found,
    /// The runbook's targets, by their names.
    pub targets: Vec<String>,
}

/// A piece that can't be drawn before facts are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// `for r in replicas`.
    pub piece: String,
    /// The node that stands before it in the plan's order.
    pub after: Option<String>,
    /// The facts of the top that it waits for, by their positions.
    pub facts: Vec<u32>,
    at: Span,
}

impl Later {
    /// The facts' names.
    #[must_use]
    pub fn names(&self, plan: &Plan) -> Vec<String> {
        self.facts.iter().filter_map(|fact| plan.facts.get(*fact as usize)).map(|fact| plan.slots[fact.slot.index()].name.clone()).collect()
    }

    pub(super) fn as_error(&self, plan: &Plan) -> Diagnostic {
        PlanError::WaitsForFacts { at: self.at, piece: self.piece.clone(), facts: self.names(plan) }.into()
    }
}

impl From<Plan> for Outline {
    fn from(plan: Plan) -> Self {
        Self { plan, later: Vec::new(), read: BTreeMap::new(), now: Found::default(), targets: Vec::new() }
    }
}

impl Outline {
    /// Whether these facts, or those before them, are given a secret.
    #[must_use]
    pub fn wants_secrets(&self, facts: &BTreeSet<u32>) -> bool {
        let count = facts.last().map_or(0, |last| *last as usize + 1);
        self.plan.facts.iter().take(count).any(|fact| fact.drawn.is_empty() && reads_secrets(&self.plan, &fact.command))
    }

    /// Every fact of the top, by its position.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<u32> {
        (0u32..).zip(&self.plan.facts).map(|(position, _)| position).collect()
    }

    /// The facts of the top that must be read before the plan is whole, by their positions.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<u32> {
        self.later.iter().flat_map(|later| later.facts.iter().copied()).collect()
    }
}

/// Draws the plan as far as it can be drawn with the facts that are known.
///
/// # Errors
/// Everything that is missing, unknown or wrong in the inputs, and everything that can't be known before the run but
/// must be.
pub fn outline(program: &Program, inputs: &Inputs) -> Result<Outline, Vec<Diagnostic>> {
    let Some(runbook) = program.runbook() else { return Err(vec![PlanError::NothingToRun.into()]) };
    let mut lowering = Lowering::new(program, inputs);
    lowering.take_inputs(runbook, inputs);
    lowering.signers(runbook);
    // With a value missing, nearly every step would complain as well.
    if lowering.errors.is_empty() {
        lowering.runbook(runbook, inputs);
        lowering.lock_somewhere();
    }
    lowering.hosts_have_ways(runbook.name.span);
    if !lowering.errors.is_empty() {
        let mut errors = Vec::new();
        for error in lowering.errors {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        return Err(errors);
    }
    let mut blocks = lowering.blocks;
    let mut frames = lowering.frames;
    let mut nodes = finish::compact(lowering.nodes, &mut blocks, &mut frames);
    finish::mark_gates(&mut nodes);
    let mut plan = Plan {
        // An older engine would not see the signers or the ways, and take others.
        format: if lowering.signers.is_some() {
            PLAN_FORMAT
        } else if lowering.hosts.iter().any(|host| host.way.is_some()) || inputs.vars.withhold() {
            PLAN_FORMAT_WITHOUT_SIGNERS
        } else {
            PLAN_FORMAT_WITHOUT_WAYS
        },
        runbook: runbook.name.value.clone(),
        title: runbook.title.as_ref().map(|t| t.text.clone()),
        hash: String::new(),
        windows: lowering.windows,
        locks: lowering.locks.into_iter().collect(),
        signers: lowering.signers,
        vars: inputs.vars.clone(),
        inventory: inputs.inventory.clone(),
        hosts: lowering.hosts,
        frames,
        slots: lowering.slots,
        secrets: lowering.secrets,
        facts: lowering.facts,
        requires: lowering.requires,
        hooks: lowering.hooks,
        blocks,
        tolerances: lowering.tolerances,
        nodes,
    };
    let overwritten = super::transfer::overwritten(&plan);
    if !overwritten.is_empty() {
        return Err(overwritten.into_iter().map(Into::into).collect());
    }
    plan.hash = hash::hash(&plan)
        .map_err(|error| vec![PlanError::NotComputed { at: runbook.name.span, what: "the plan".to_owned(), why: error.to_string() }.into()])?;
    let targets = runbook.targets.iter().map(|target| target.name.value.clone()).collect();
    Ok(Outline { plan, later: lowering.later, read: BTreeMap::new(), now: Found::default(), targets })
}

/// Whether a command is given a secret: in its environment, or to read.
fn reads_secrets(plan: &Plan, command: &Command) -> bool {
    let is_secret = |bound: &Bound| is_secret(plan, bound);
    let names = command.stdin.iter().flat_map(|stdin| stdin.names());
    let found = names.filter_map(|(name, _)| frames::find(&plan.frames, command.frame, &name));
    command.env.iter().map(|(_, bound)| bound).chain(found).any(is_secret)
}

fn is_secret(plan: &Plan, bound: &Bound) -> bool {
    let behind = |names: Vec<(String, Span)>, frame| names.iter().filter_map(|(name, _)| frames::find(&plan.frames, frame, name)).any(|b| is_secret(plan, b));
    match bound {
        Bound::Slot(slot) => *plan.slots[slot.index()].kind.present() == Type::Secret,
        Bound::Computed { expression, frame, .. } => behind(expression.names(), *frame),
        Bound::Written { prose, frame, .. } => behind(prose.names(), *frame),
        Bound::Value(_) => false,
    }
}

/// What names wait for.
enum Waits {
    For(BTreeSet<u32>),
    /// Read during the run; `true`: a fact of a called runbook.
    TooLate(String, Span, bool),
}

impl Lowering<'_> {
    /// Whether a piece can't be drawn yet, for facts that are not read. It is noted then. What comes too late for any plan
    /// is left to those who need it.
    pub(super) fn waits_for_facts(&mut self, piece: &str, needs: Vec<(String, Span)>, context: &Context<'_>) -> bool {
        let Some(at) = needs.first().map(|(_, at)| *at) else { return false };
        let facts = match self.waits(needs, context.frame) {
            Waits::For(facts) => facts,
            Waits::TooLate(name, at, true) => {
                self.error(PlanError::FactOfCall { at, name });
                return true;
            }
            Waits::TooLate(..) => return false,
        };
        if facts.is_empty() {
            return false;
        }
        let after = self.nodes.iter().rev().find(|node| !matches!(node.kind, NodeKind::Join)).map(|node| node.path.clone());
        let place = if context.items.is_empty() { String::new() } else { format!(", in {}", context.items) };
        let piece = format!("{}{piece}{place}", context.calls);
        self.later.push(Later { piece, after, facts: facts.into_iter().collect(), at });
        true
    }

    /// Every host that is touched can be reached as the inventory wants it. Those of one kind are told together.
    fn hosts_have_ways(&mut self, at: Span) {
        let mut refused: BTreeMap<String, Vec<HostName>> = BTreeMap::new();
        for host in &self.hosts {
            if let Some(why) = self.ways.refusal(&host.name) {
                refused.entry(why.to_owned()).or_default().push(host.name.clone());
            }
        }
        let inventory = self.inventory.clone().unwrap_or_default();
        for (why, hosts) in refused {
            self.error(PlanError::NoWay { at, hosts, why, inventory: inventory.clone() });
        }
    }

    fn waits(&self, names: Vec<(String, Span)>, frame: FrameId) -> Waits {
        let mut facts = BTreeSet::new();
        for (name, at) in names {
            if self.early(frame, None, |early| template::Scope::lookup(early, &name).is_some()) {
                continue;
            }
            let behind = match frames::find(&self.frames, frame, &name) {
                Some(Bound::Slot(slot)) => match self.fact_of(*slot) {
                    Some(fact) => Waits::For(BTreeSet::from([fact])),
                    None => Waits::TooLate(name, at, self.is_fact_of_a_call(*slot)),
                },
                Some(Bound::Computed { expression, frame, .. }) => self.waits(expression.names(), *frame),
                Some(Bound::Written { prose, frame, .. }) => self.waits(prose.names(), *frame),
                Some(Bound::Value(_)) | None => Waits::TooLate(name, at, false),
            };
            match behind {
                Waits::For(more) => facts.extend(more),
                // Where the name stands is the place to mend, not where its argument was written.
                Waits::TooLate(name, _, called) => return Waits::TooLate(name, at, called),
            }
        }
        Waits::For(facts)
    }

    /// The fact of the top that a slot holds. A secret gives no plan its shape: the plan is shown, and kept.
    fn fact_of(&self, slot: SlotId) -> Option<u32> {
        if *self.slots[slot.index()].kind.present() == Type::Secret {
            return None;
        }
        (0u32..).zip(&self.facts).find(|(_, fact)| fact.slot == slot).map(|(index, _)| index)
    }

    fn is_fact_of_a_call(&self, slot: SlotId) -> bool {
        let holds = |kind: &NodeKind| matches!(kind, NodeKind::Fact(fact) if fact.slot == slot);
        self.nodes.iter().any(|node| node.frame != ROOT && holds(&node.kind))
    }
}

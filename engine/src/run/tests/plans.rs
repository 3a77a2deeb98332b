//! Small plans, by hand and at random.

use std::collections::BTreeMap;

use crate::outcome::Shell;
use crate::plan::model::{
    BlockId, BlockKind, BlockSpec, Command, Condition, Does, EvidenceSpec, FactSpec, Frame, FrameId, GateSpec, GateThen, HostPlan, Node, NodeId, NodeKind,
    OnFailure, OnUnreachable, PLAN_FORMAT, Plan, Release, RequireSpec, RetrySpec, ShowSpec, Slot, SlotId, StepSpec, Tolerance, ToleranceId, UndoSpec,
    VerifySpec, node_id,
};
use crate::plan::template::{Prose, RawValues, Script};
use crate::value::Type;
use grammar::source::{Span, Text};

pub(super) fn command() -> Command {
    command_of("true")
}

pub(super) fn command_of(text: &str) -> Command {
    let script = Script::compile(&Text::verbatim(text, Span::default()), &|_| None, &RawValues::Unknown).expect("it is a script");
    Command { script, frame: FrameId(0), user: None, env: Vec::new(), cwd: None, shell: Shell::Bash, stdin: None, timeout: 60 }
}

pub(super) fn step() -> StepSpec {
    StepSpec {
        facts: Vec::new(),
        requires: Vec::new(),
        check: None,
        does: Some(Does::Run(command())),
        verify: Vec::new(),
        undo: UndoSpec::Command(command()),
        irreversible: None,
        captures: Vec::new(),
        retry: None,
        reboots: None,
        private: false,
        output_limit: None,
        expect: None,
    }
}

/// What fills one branch of a `parallel`.
type Branch<'a> = Box<dyn FnOnce(&mut Builder) + 'a>;

/// Builds a plan block by block; every piece comes after all that stands before it in its block.
pub(super) struct Builder {
    plan: Plan,
    /// What the next piece comes after, for each open block.
    exits: Vec<Vec<NodeId>>,
    open: Vec<BlockId>,
    /// What holds for the nodes that are added now.
    pub(super) unreachable: OnUnreachable,
}

impl Builder {
    pub(super) fn new(hosts: &[&str]) -> Self {
        let plan = Plan {
            format: PLAN_FORMAT,
            runbook: "test".to_owned(),
            title: None,
            hash: String::new(),
            signers: None,
            windows: Vec::new(),
            inventory: None,
            locks: Vec::new(),
            vars: crate::inventory::Vars::default(),
            hosts: hosts.iter().map(|h| HostPlan { name: (*h).to_owned(), users: Vec::new(), bash: true, sums: false, way: None }).collect(),
            frames: vec![Frame::default()],
            secrets: Vec::new(),
            slots: Vec::new(),
            facts: Vec::new(),
            requires: Vec::new(),
            blocks: vec![BlockSpec { parent: None, kind: BlockKind::Sequence }],
            hooks: Vec::new(),
            tolerances: Vec::new(),
            nodes: Vec::new(),
        };
        Self { plan, exits: vec![Vec::new()], open: vec![BlockId(0)], unreachable: OnUnreachable::Fail }
    }

    fn block(&self) -> BlockId {
        *self.open.last().expect("the root is never closed")
    }

    fn push(&mut self, name: &str, host: Option<&str>, kind: NodeKind) -> NodeId {
        let after = self.exits.last().cloned().unwrap_or_default();
        let id = node_id(self.plan.nodes.len());
        let path = host.map_or_else(|| name.to_owned(), |h| format!("{name}@{h}"));
        self.plan.nodes.push(Node {
            path,
            step: name.to_owned(),
            title: None,
            host: host.map(str::to_owned),
            block: self.block(),
            frame: FrameId(0),
            after,
            when: Vec::new(),
            tolerance: None,
            unreachable: self.unreachable,
            kind,
        });
        id
    }

    fn follow(&mut self, exits: Vec<NodeId>) {
        *self.exits.last_mut().expect("the root is never closed") = exits;
    }

    pub(super) fn step(&mut self, name: &str, hosts: &[&str], spec: &StepSpec) -> &mut Self {
        let nodes: Vec<NodeId> = hosts.iter().map(|h| self.push(name, Some(h), NodeKind::Step(Box::new(spec.clone())))).collect();
        self.follow(nodes);
        self
    }

    fn tolerance(&mut self, of: &str, parts: usize, most: u32) -> ToleranceId {
        self.plan.tolerances.push(Tolerance { of: of.to_owned(), noun: "host".to_owned(), parts: u32::try_from(parts).expect("few parts"), most });
        ToleranceId(u32::try_from(self.plan.tolerances.len() - 1).expect("few tolerances"))
    }

    /// A step that tolerates so many failed hosts.
    pub(super) fn tolerant(&mut self, name: &str, hosts: &[&str], spec: &StepSpec, most: u32) -> &mut Self {
        let tolerance = self.tolerance(name, hosts.len(), most);
        let first = self.plan.nodes.len();
        self.step(name, hosts, spec);
        self.plan.nodes[first..].iter_mut().for_each(|node| node.tolerance = Some(tolerance));
        self
    }

    /// A `for` over these items, so many at a time.
    pub(super) fn each(&mut self, items: &[&str], batch: usize, most: Option<u32>, mut fill: impl FnMut(&mut Self, &str)) -> &mut Self {
        let tolerance = most.map(|most| self.tolerance("for x", items.len(), most));
        for batch in items.chunks(batch.max(1)) {
            let before = self.exits.last().cloned().unwrap_or_default();
            self.inside(BlockKind::Batch, |this| {
                let mut ends = Vec::new();
                for item in batch {
                    this.follow(before.clone());
                    this.inside(BlockKind::Iteration { item: (*item).to_owned(), tolerance }, |this| fill(this, item));
                    ends.extend(this.exits.last().cloned().unwrap_or_default());
                }
                ends.sort_unstable();
                ends.dedup();
                this.follow(ends);
            });
        }
        self
    }

    pub(super) fn gate(&mut self, name: &str, then: GateThen) -> &mut Self {
        self.gate_with(name, then, |_| {})
    }

    pub(super) fn gate_with(&mut self, name: &str, then: GateThen, change: impl FnOnce(&mut GateSpec)) -> &mut Self {
        let mut gate = GateSpec {
            question: None,
            show: Vec::new(),
            confirm: None,
            choices: Vec::new(),
            approvers: Vec::new(),
            signed: false,
            second_person: false,
            valid_for: None,
            slot: None,
            timeout: 60,
            then,
            guards_irreversible: false,
        };
        change(&mut gate);
        let id = self.push(name, None, NodeKind::Gate(Box::new(gate)));
        self.follow(vec![id]);
        self
    }

    /// Something of the top that is read on these hosts.
    fn fact(&mut self, name: &str, hosts: &[&str]) {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let slot = SlotId(u32::try_from(self.plan.slots.len()).expect("few slots"));
        self.plan.slots.push(Slot { name: name.to_owned(), kind: Type::Bool, hosts: hosts.clone(), spread: true });
        self.plan.facts.push(FactSpec { slot, command: command(), hosts, drawn: BTreeMap::new(), unreachable: OnUnreachable::Skip });
    }

    /// A person does it, and enters a number.
    pub(super) fn manual(&mut self, name: &str, host: &str, undo: UndoSpec) -> &mut Self {
        let prose = |text: &str| Prose::compile(&Text::verbatim(text, Span::default())).expect("it is prose");
        let slot = SlotId(u32::try_from(self.plan.slots.len()).expect("few slots"));
        self.plan.slots.push(Slot { name: format!("{name}_n"), kind: Type::Int, hosts: vec![host.to_owned()], spread: false });
        let evidence = vec![EvidenceSpec { slot, kind: Type::Int, ask: prose("How many?") }];
        let spec = StepSpec { does: None, undo, ..step() };
        let id = self.push(name, Some(host), NodeKind::Manual { instructions: prose("Do it."), evidence, step: Box::new(spec) });
        self.follow(vec![id]);
        self
    }

    fn inside(&mut self, kind: BlockKind, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let id = BlockId(u32::try_from(self.plan.blocks.len()).expect("few blocks"));
        self.plan.blocks.push(BlockSpec { parent: Some(self.block()), kind });
        self.open.push(id);
        fill(self);
        self.open.pop();
        self
    }

    pub(super) fn boundary(&mut self, name: &str, on_failure: OnFailure, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.inside(BlockKind::Boundary { id: name.to_owned(), title: None, on_failure, ask: None, budget: None }, fill)
    }

    /// Branches side by side.
    pub(super) fn parallel(&mut self, branches: Vec<Branch<'_>>) -> &mut Self {
        let before = self.exits.last().cloned().unwrap_or_default();
        self.inside(BlockKind::Parallel, |this| {
            let mut ends = Vec::new();
            for branch in branches {
                this.follow(before.clone());
                this.inside(BlockKind::Sequence, branch);
                ends.extend(this.exits.last().cloned().unwrap_or_default());
            }
            ends.sort_unstable();
            ends.dedup();
            this.follow(ends);
        })
    }

    pub(super) fn scope(&mut self, name: &str, host: &str, release: Release, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let enter = self.push(name, Some(host), NodeKind::Enter { step: Box::new(step()), release });
        self.follow(vec![enter]);
        self.inside(BlockKind::Held { by: vec![enter] }, fill);
        let leave = self.push(&format!("{name}-leave"), Some(host), NodeKind::Leave { enter });
        self.follow(vec![leave]);
        self
    }

    pub(super) fn lock(&mut self, name: &str) -> &mut Self {
        self.plan.locks.push(name.to_owned());
        self
    }

    pub(super) fn build(&mut self) -> Plan {
        self.plan.clone()
    }
}

/// A source of choices that a seed decides.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        // xorshift64*: plenty for choices, and the same on every machine.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or(0) % n.max(1)
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

const HOSTS: [&str; 3] = ["a", "b", "local"];

pub(super) fn random_plan(dice: &mut Dice) -> Plan {
    let mut builder = Builder::new(&HOSTS);
    let mut names = 0;
    if dice.one_in(2) {
        builder.plan.locks = ["matomo".to_owned(), "web".to_owned()][..1 + dice.below(2)].to_vec();
    }
    if dice.one_in(2) {
        let why = Prose::compile(&Text::verbatim("all is well", Span::default())).expect("it is prose");
        let that = Condition::Succeeds(command());
        builder.plan.requires =
            vec![RequireSpec { why, frame: FrameId(0), that, hosts: vec!["a".to_owned(), "b".to_owned()], unreachable: OnUnreachable::Fail }];
    }
    if dice.one_in(2) {
        builder.fact("f", &["a", "b"]);
    }
    let pieces = 1 + dice.below(3);
    for _ in 0..pieces {
        random_piece(&mut builder, dice, &mut names, 0, false);
    }
    builder.build()
}

fn random_piece(builder: &mut Builder, dice: &mut Dice, names: &mut usize, depth: usize, in_parallel: bool) {
    let around = builder.unreachable;
    if dice.one_in(4) {
        builder.unreachable = [OnUnreachable::Skip, OnUnreachable::Skip, OnUnreachable::Park, OnUnreachable::Fail][dice.below(4)];
    }
    random_piece_here(builder, dice, names, depth, in_parallel);
    builder.unreachable = around;
}

fn random_piece_here(builder: &mut Builder, dice: &mut Dice, names: &mut usize, depth: usize, in_parallel: bool) {
    *names += 1;
    let name = format!("n{names}");
    let many = 1 + dice.below(3);
    match if depth > 3 { 0 } else { dice.below(12) } {
        5 => {
            let policy = if dice.one_in(4) { OnFailure::Park } else { OnFailure::Rollback };
            builder.boundary(&name, policy, |b| (0..many).for_each(|_| random_piece(b, dice, names, depth + 1, in_parallel)));
        }
        6 => {
            let release = [Release::Always, Release::OnSuccess, Release::Ask][dice.below(3)];
            let host = HOSTS[dice.below(3)];
            builder.scope(&name, host, release, |b| (0..many).for_each(|_| random_piece(b, dice, names, depth + 1, in_parallel)));
        }
        7 => {
            // A branch draws its own dice, because the branches are built one after another.
            let branches = (0..many).map(|i| {
                let mut own = Dice::new(dice.below(usize::MAX >> 1) as u64 + i as u64);
                let mut own_names = *names * 10 + i * 1000;
                *names += 1;
                Box::new(move |b: &mut Builder| random_piece(b, &mut own, &mut own_names, depth + 1, true)) as Box<dyn FnOnce(&mut Builder)>
            });
            let branches: Vec<_> = branches.collect();
            builder.parallel(branches);
        }
        10 | 11 => {
            let items: &[&str] = if dice.one_in(3) { &["x", "y", "z"] } else { &HOSTS };
            let (batch, most) = (1 + dice.below(3), [None, Some(0), Some(1), Some(2)][dice.below(4)]);
            let many = 1 + dice.below(2);
            builder.each(&items[dice.below(2)..], batch, most, |b, item| {
                // What runs on the item itself, and now and then something else.
                let own = HOSTS.iter().find(|h| **h == item).unwrap_or(&HOSTS[dice.below(3)]);
                for _ in 0..many {
                    if dice.one_in(3) {
                        random_piece(b, dice, names, depth + 1, in_parallel || batch > 1);
                    } else {
                        *names += 1;
                        b.step(&format!("n{names}"), &[own], &random_step(dice, in_parallel || batch > 1));
                    }
                }
            });
        }
        8 => {
            let then = [GateThen::Park, GateThen::End, GateThen::Rollback][dice.below(3)];
            let (approvers, second_person, host) = (dice.one_in(4), dice.one_in(4), HOSTS[dice.below(3)]);
            let valid_for = dice.one_in(3).then_some(1);
            builder.gate_with(&name, then, |gate| {
                gate.approvers = if approvers { vec!["ada".to_owned(), "op".to_owned()] } else { Vec::new() };
                (gate.second_person, gate.valid_for) = (second_person, valid_for);
                gate.show = vec![ShowSpec { command: command(), host: host.to_owned() }];
            });
        }
        9 => {
            let undo = if dice.one_in(2) { UndoSpec::Command(command()) } else { UndoSpec::None("looking".to_owned()) };
            builder.manual(&name, HOSTS[dice.below(3)], undo);
        }
        _ => {
            let hosts = &HOSTS[dice.below(2)..][..1 + dice.below(2)];
            let spec = random_step(dice, in_parallel);
            match dice.below(8) {
                0 => builder.tolerant(&name, hosts, &spec, u32::try_from(dice.below(3)).unwrap_or(0)),
                _ => builder.step(&name, hosts, &spec),
            };
        }
    }
}

fn random_step(dice: &mut Dice, in_parallel: bool) -> StepSpec {
    let mut spec = step();
    if dice.one_in(3) {
        spec.check = Some(command());
    }
    for _ in 0..dice.below(3) {
        spec.verify.push(VerifySpec { command: command(), every: 1, within: 0 });
    }
    spec.undo = match dice.below(8) {
        0 => UndoSpec::None("it needs none".to_owned()),
        1 => UndoSpec::Unsaid,
        _ => UndoSpec::Command(command()),
    };
    if dice.one_in(4) {
        spec.retry = Some(RetrySpec { times: 1 + u32::try_from(dice.below(2)).unwrap_or(0), every: 1, backoff: 1.0, on: Vec::new() });
    }
    if dice.one_in(10) {
        spec.does = None;
    } else if dice.one_in(12) && !in_parallel {
        spec.irreversible = Some("it can't be taken back".to_owned());
        spec.undo = UndoSpec::Unsaid;
    }
    spec
}

//! Events of the whole run: preflight, and how it ends.

use super::super::tone::Tone;
use super::super::words::{self, by, count};
use super::{About, Telling, Weight};
use crate::plan::model::{BlockId, BlockKind, NodeId};
use crate::run::event::{EventKind, InterruptAnswer, Purpose};
use crate::run::facts;
use crate::run::hook::Occasion;
use crate::value::Value;

impl About<'_> {
    pub(super) fn run(&self, kind: &EventKind) -> Option<Telling> {
        use Tone::{Ask, Bad, Dim, Good, Plain, Strong, Warn};
        use Weight::{Detail, Must, Normal};
        Some(match kind {
            EventKind::RunCreated { runbook, operator, engine, .. } => {
                Telling::new(Detail, Dim, "created", format!("{runbook}, by {operator}, with runbook {engine}"))
            }
            EventKind::DriverStarted { purpose, operator, pid, signed, .. } => {
                let signed = signed.as_ref().map_or_else(String::new, |signed| format!(", signed by {}", signed.principal));
                let (verb, weight) = match purpose {
                    Purpose::Run => ("start", Detail),
                    Purpose::Resume => ("resume", Normal),
                    Purpose::Rollback { .. } => ("roll back", Normal),
                    Purpose::End => ("end", Normal),
                    Purpose::Release { .. } => ("release", Normal),
                };
                Telling::new(weight, Strong, verb, format!("{}by {operator} (process {pid}){signed}", self.back_to(purpose)))
            }
            EventKind::HostGreeted { host, .. } => Telling::new(Detail, Dim, "reached", host.clone()),
            EventKind::HostRefused { host, why, .. } | EventKind::HostLost { host, why } | EventKind::StrangerAnswered { host, why } => {
                Telling::new(Must, Bad, "no host", format!("{host}: {}", first(why))).below(rest(why))
            }
            EventKind::MemoryAccepted { host, by: who, why } => {
                Telling::new(Must, Warn, "met anew", format!("{host} has forgotten this run, {}: {why}", by(who)))
            }
            EventKind::HostGivenUp { host, by: who, why } => Telling::new(Must, Warn, "given up", format!("{host}, {}: {why}", by(who))),
            EventKind::ScopeDecided { scope, release, by: who } => {
                let what = if *release { "is released" } else { "is kept" };
                Telling::new(Normal, Plain, "scope", format!("{} {what}, {}", self.plan.node(*scope).path, by(who)))
            }
            EventKind::LockTaken { host, lock, over: Some(over), reason, .. } => {
                let why = reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
                Telling::new(Must, Warn, "took over", format!("the lock `{lock}` on {host}{why}")).below(&format!("it was held by {over}"))
            }
            EventKind::LockTaken { host, lock, number, over: None, .. } => Telling::new(Detail, Dim, "locked", format!("{lock} on {host}, number {number}")),
            EventKind::LockRefused { host, lock, why } => Telling::new(Must, Bad, "locked", format!("{lock} on {host} {}", first(why))).below(rest(why)),
            EventKind::LockReleased { host, lock } => Telling::new(Detail, Dim, "unlocked", format!("{lock} on {host}")),
            EventKind::LockLeft { host, lock, why } => {
                Telling::new(Must, Warn, "still locked", format!("{lock} on {host}: it could not be given back: {}", first(why))).below(LEFT)
            }
            EventKind::LockLost { host, lock, why } => Telling::new(Must, Bad, "overtaken", format!("the lock {lock} on {host} is held by {why}")),
            EventKind::HookBegan { hook, occasion, .. } => Telling::new(Detail, Dim, "tell", self.hook(*hook, *occasion)),
            EventKind::HookEnded { hook, occasion, why: None } => Telling::new(Detail, Dim, "told", self.hook(*hook, *occasion)),
            EventKind::HookEnded { hook, occasion, why: Some(why) } => Telling::new(Must, Warn, "not told", self.hook(*hook, *occasion)).below(why),
            EventKind::FactRead { fact, host, value } => {
                Telling::new(Normal, Plain, "fact", format!("{} = {}  on {host}", self.fact_name(*fact), value.display()))
            }
            EventKind::FactFailed { fact, host, why } => {
                Telling::new(Must, Bad, "no fact", format!("{} on {host}: {}", self.fact_name(*fact), first(why))).below(rest(why))
            }
            EventKind::FactSeen { fact, changed: false, host, .. } => Telling::new(Detail, Dim, "as read", format!("{} on {host}", self.fact_name(*fact))),
            EventKind::FactSeen { fact, host, now, why, .. } => {
                let was = self.fact(*fact, host).map(Value::display).unwrap_or_default();
                let now = now.as_ref().map_or("can't be read now".to_owned(), |now| format!("is {} now", now.display()));
                let name = self.fact_name(*fact);
                let is_measured = self.plan.facts.get(*fact as usize).is_some_and(|f| facts::is_measured(&self.plan.slots[f.slot.index()].kind));
                let (weight, tone) = if is_measured && why.is_none() { (Detail, Dim) } else { (Must, Warn) };
                Telling::new(weight, tone, "fact", format!("{name} {now}, and the run goes by {was}  on {host}")).below(why.as_deref().unwrap_or_default())
            }
            EventKind::FactsKept { by: who } => Telling::new(Normal, Plain, "answer", format!("the run goes on with the facts that it has read, {}", by(who))),
            EventKind::RequireHeld { host, .. } => {
                Telling::new(Detail, Dim, "holds", host.clone().map_or("a requirement".to_owned(), |h| format!("a requirement on {h}")))
            }
            EventKind::RequireFailed { why, .. } => Telling::new(Must, Bad, "refused", first(why)).below(rest(why)),
            EventKind::StartRefused { why } => Telling::new(Must, Bad, "refused", first(why)).below(rest(why)),
            EventKind::PreflightPassed => Telling::new(Normal, Good, "ready", self.preflight()),
            EventKind::RunRefused { why } => Telling::new(Must, Bad, "refused", "nothing has changed anywhere").below(why),
            EventKind::PreflightFailed { why } => Telling::new(Must, Bad, "refused", "the run stands as it stood before").below(why),
            EventKind::EditBegan { by: who } => Telling::new(Must, Plain, "edit", format!("the runbook is edited, {}", by(who))),
            EventKind::RunbookEdited { by: who, note, changed, new, gone, .. } => {
                let said = [(changed, "changed"), (new, "new"), (gone, "gone")].into_iter().filter(|(paths, _)| !paths.is_empty());
                let said: Vec<String> = said.map(|(paths, what)| format!("{what}: {}", paths.join(", "))).collect();
                Telling::new(Must, Warn, "edited", format!("the runbook, {}{}", by(who), super::people::noted(note.as_deref()))).below(&said.join("\n"))
            }
            EventKind::StepModeBegan { by: who } => Telling::new(Normal, Plain, "step", format!("it stops before every step, {}", by(who))),
            EventKind::Interrupted => Telling::new(Must, Warn, "interrupt", "nothing new begins; what is under way goes on to its end"),
            EventKind::InterruptAnswered { answer, by: who } => {
                let what = match answer {
                    InterruptAnswer::GoOn => "the run goes on",
                    InterruptAnswer::RollBack => "the run is rolled back",
                    InterruptAnswer::Park => "the run parks",
                };
                Telling::new(Must, Plain, "answer", format!("{what}, {}", by(who)))
            }
            EventKind::BudgetWarned { block, spent } => Telling::new(
                Must,
                Warn,
                "budget",
                format!("{} of the {} of `{}` are spent", words::seconds(*spent), self.budget(*block), self.block_name(*block)),
            ),
            EventKind::BudgetSpent { block } => {
                Telling::new(Must, Ask, "budget", format!("the {} of `{}` are all spent", self.budget(*block), self.block_name(*block)))
            }
            EventKind::BoundaryUndone { block } => Telling::new(Normal, Warn, "undone", format!("boundary {}", self.block_name(*block))),
            EventKind::DriverLeft { why } => Telling::new(Detail, Dim, "left", why.clone()),
            EventKind::RunParked { why } | EventKind::HostsAwaited { why } => Telling::new(Must, Warn, "parked", first(why)).below(rest(why)),
            EventKind::RunStuck { why } => Telling::new(Must, Bad, "stuck", first(why)).below(rest(why)),
            EventKind::RunRolledBack => Telling::new(Must, Warn, "rolled back", "nothing of this run stands"),
            EventKind::RunFailed { why } => Telling::new(Must, Bad, "failed", first(why)).below(rest(why)),
            EventKind::RunEnded { by: who } => Telling::new(Must, Warn, "ended", by(who)),
            EventKind::ReleaseEnded => Telling::new(Detail, Dim, "released", "the run stands as it stood before"),
            EventKind::RunDone => Telling::new(Must, Good, "done", self.plan.runbook.clone()),
            _ => return None,
        })
    }

    fn back_to(&self, purpose: &Purpose) -> String {
        match purpose {
            Purpose::Rollback { to: Some(node) } => format!("to just after {}, ", self.plan.node(*node).path),
            Purpose::Release { scope } => format!("{}, ", self.plan.node(*scope).path),
            Purpose::Run | Purpose::Resume | Purpose::Rollback { to: None } | Purpose::End => String::new(),
        }
    }

    /// Which hook, and what it is told.
    fn hook(&self, hook: u32, occasion: Occasion) -> String {
        let action = self.plan.hooks.get(hook as usize).map_or("a hook", |h| h.action.as_str());
        let path = |node: NodeId| self.plan.node(node).path.as_str();
        match occasion {
            Occasion::Started => format!("{action}: started"),
            Occasion::Gate { node, .. } => format!("{action}: the gate `{}` waits", path(node)),
            Occasion::Failed { node, .. } => format!("{action}: `{}` failed", path(node)),
            Occasion::RolledBack { .. } => format!("{action}: rolled back"),
            Occasion::Done => format!("{action}: done"),
        }
    }

    fn fact_name(&self, fact: u32) -> &str {
        let slot = self.plan.facts.get(fact as usize).and_then(|f| self.plan.slots.get(f.slot.index()));
        slot.map_or("a fact", |s| s.name.as_str())
    }

    fn fact(&self, fact: u32, host: &str) -> Option<&Value> {
        self.state.slots.get(&self.plan.facts.get(fact as usize)?.slot)?.get(host)
    }

    fn budget(&self, block: BlockId) -> String {
        match self.plan.blocks.get(block.index()).map(|b| &b.kind) {
            Some(BlockKind::Boundary { budget: Some(budget), .. }) => words::seconds(*budget),
            _ => "budget".to_owned(),
        }
    }

    fn block_name(&self, block: BlockId) -> String {
        match self.plan.blocks.get(block.index()).map(|b| &b.kind) {
            Some(BlockKind::Boundary { id, .. }) => id.clone(),
            _ => self.plan.runbook.clone(),
        }
    }

    /// `3 hosts answer, 2 facts read, 1 requirement holds`.
    fn preflight(&self) -> String {
        let missing = self.plan.hosts.iter().filter(|h| self.state.away(&h.name).is_some()).count();
        let met = self.plan.hosts.len() - missing;
        let mut said = vec![format!("{} {}", count(met, "host"), if met == 1 { "answers" } else { "answer" })];
        if missing > 0 {
            said.push(format!("{missing} can't be reached"));
        }
        if !self.plan.locks.is_empty() {
            said.push(format!("{} held", count(self.plan.locks.len(), "lock")));
        }
        if !self.plan.facts.is_empty() {
            said.push(format!("{} read", count(self.plan.facts.len(), "fact")));
        }
        match self.plan.requires.len() {
            0 => {}
            1 => said.push("1 requirement holds".to_owned()),
            more => said.push(format!("{more} requirements hold")),
        }
        said.join(", ")
    }
}

const LEFT: &str = "the next run that wants it takes it over with --take-lock REASON";

fn first(why: &str) -> String {
    why.lines().next().unwrap_or_default().to_owned()
}

fn rest(why: &str) -> &str {
    why.split_once('\n').map_or("", |(_, rest)| rest)
}

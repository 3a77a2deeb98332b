//! A step on its hosts: its own fields over those of the action that it uses, each command in the frame that it was
//! written for.

use grammar::ast::{self, During, Fields, Settings, Step, Undo, Verify};
use grammar::source::Text;

use super::lower::{Context, Draft, Lowering};
use super::model::*;
use super::settings::{Around, GUARD_SECONDS, STEP_SECONDS};
use super::transfer::Crossing;
use crate::check::merged::{Layer, Merged};
use crate::value::{Type, Value};

/// One host's copy of a step.
struct Copy<'a, 'p> {
    merged: &'a Merged<'p>,
    /// A word that no other copy of the plan has.
    mark: String,
    /// One a layer.
    frames: Vec<FrameId>,
    host: &'a str,
    around: Around<'p>,
    /// The step or its action said so itself.
    timeout: Option<(&'p Text, FrameId)>,
}

impl<'p> Copy<'_, 'p> {
    fn crossing(&self, layer: usize) -> Crossing<'_, 'p> {
        Crossing { frame: self.frames[layer], host: self.host, around: &self.around, timeout: self.timeout, mark: &self.mark }
    }
}

/// What the step says of hosts that can't be reached, or else its action.
fn unreachable_there<'p>(around: &Around<'p>, settings: &Settings, merged: &Merged<'p>) -> Around<'p> {
    let said = |settings: &Settings| settings.unreachable.as_ref().map(|word| OnUnreachable::written(&word.value));
    let here = said(settings).or_else(|| merged.layers.iter().find_map(|layer| layer.settings.and_then(said)));
    Around { unreachable: here.unwrap_or(around.unreachable), ..around.clone() }
}

impl<'p> Lowering<'p> {
    pub(super) fn step(&mut self, step: &'p Step, context: &Context<'p>, before: Vec<NodeId>, manual: bool) -> Vec<NodeId> {
        let hosts = self.hosts(&step.settings.on, context);
        let mut here = context.clone();
        self.when(step.when.as_ref(), &mut here);
        let merged = Merged::of_step(&step.fields, self.program.actions());
        let slots = self.capture_slots(&merged, &hosts.names, hosts.spread, context.frame);
        let evidence = if manual { self.evidence(&step.fields, &hosts.names, hosts.spread, context.frame) } else { Vec::new() };
        let mut nodes = Vec::new();
        let mut tolerance = None;
        here.around = unreachable_there(&here.around, &step.settings, &merged);
        for host in &hosts.names {
            let frame = if step.fields.facts.is_empty() { context.frame } else { self.frame(context.frame, false) };
            let Some((spec, frames)) = self.spec(&merged, frame, host, &step.settings, context, &slots) else { continue };
            let title = self.title(step.title.as_ref(), &merged, &frames, host);
            let kind = match (&step.fields.instructions, manual) {
                (Some(text), true) => match self.prose(text) {
                    Some(instructions) => NodeKind::Manual { instructions, evidence: evidence.clone(), step: Box::new(spec) },
                    None => continue,
                },
                _ => NodeKind::Step(Box::new(spec)),
            };
            if let (None, Some((layer, text))) = (tolerance, merged.first(|f| f.tolerate.as_ref())) {
                let of = format!("{}{}", step.id.value, context.items);
                tolerance = self.tolerance(text, of, "host", hosts.names.len(), frames[layer], Some(host));
            }
            let node = self.add(Draft { id: &step.id.value, title, host: Some(host.clone()), frame, kind }, &here, before.clone());
            self.nodes[node.index()].tolerance = tolerance;
            nodes.push(node);
        }
        if self.program.asks_about(&step.id.value) {
            self.answer_for(&step.id.value, &nodes, context.frame);
        }
        if nodes.is_empty() { before } else { nodes }
    }

    /// `succeeded` finds a step in its own iteration first; seen from outside it is all of it. Ids are those of one
    /// runbook.
    fn answer_for(&mut self, step: &str, nodes: &[NodeId], frame: FrameId) {
        let mut at = Some(frame);
        while let Some(id) = at {
            let frame = &mut self.frames[id.index()];
            frame.steps.entry(step.to_owned()).or_default().extend(nodes);
            at = if frame.sealed { None } else { frame.parent };
        }
    }

    /// The nodes that take a scope, one a host.
    pub(super) fn enter(&mut self, during: &'p During, context: &Context<'p>, before: &[NodeId]) -> Vec<NodeId> {
        let Some(action) = self.program.actions().get(&during.action.name.value) else { return Vec::new() };
        let mut merged = Merged::of_action(action, self.program.actions());
        merged.layers[0].call = Some(&during.action);
        let release = match during.release.as_ref().map(|r| r.value.as_str()) {
            Some("always") => Release::Always,
            Some("on_success") => Release::OnSuccess,
            _ => Release::Ask,
        };
        let mut nodes = Vec::new();
        let here = Context { around: unreachable_there(&context.around, &during.settings, &merged), ..context.clone() };
        for host in context.on.names.clone() {
            let Some((spec, frames)) = self.spec(&merged, context.frame, &host, &during.settings, context, &[]) else { continue };
            let title = self.title(None, &merged, &frames, &host);
            let kind = NodeKind::Enter { step: Box::new(spec), release };
            nodes.push(self.add(Draft { id: &action.name.value, title, host: Some(host), frame: context.frame, kind }, &here, before.to_vec()));
        }
        nodes
    }

    fn title(&mut self, own: Option<&Text>, merged: &Merged<'p>, frames: &[FrameId], host: &str) -> Option<String> {
        if let Some(title) = own {
            return Some(self.shown(title, frames[0], Some(host)));
        }
        let (title, frame) = merged.layers.iter().zip(frames).find_map(|(layer, frame)| layer.action.and_then(|a| a.title.as_ref()).map(|t| (t, *frame)))?;
        Some(self.shown(title, frame, Some(host)))
    }

    /// Where captures go: one slot for all hosts of the step, seen by what comes after.
    fn capture_slots(&mut self, merged: &Merged<'p>, hosts: &[HostName], spread: bool, frame: FrameId) -> Vec<(&'p str, CaptureSpec)> {
        let mut slots = Vec::new();
        for capture in merged.captures() {
            let Some(kind) = Type::written(&capture.kind) else { continue };
            let slot = self.slot(&capture.name.value, kind.clone(), hosts.to_vec(), spread);
            self.frames[frame.index()].names.insert(capture.name.value.clone(), Bound::Slot(slot));
            slots.push((capture.name.value.as_str(), CaptureSpec { slot, kind }));
        }
        slots
    }

    /// Where what a person enters goes; seen by the step's own `verify` and by what comes after.
    fn evidence(&mut self, fields: &'p Fields, hosts: &[HostName], spread: bool, frame: FrameId) -> Vec<EvidenceSpec> {
        let mut specs = Vec::new();
        for evidence in &fields.evidence {
            let (Some(kind), Some(ask)) = (Type::written(&evidence.kind), self.prose(&evidence.ask)) else { continue };
            let slot = self.slot(&evidence.name.value, kind.clone(), hosts.to_vec(), spread);
            self.frames[frame.index()].names.insert(evidence.name.value.clone(), Bound::Slot(slot));
            specs.push(EvidenceSpec { slot, kind, ask });
        }
        specs
    }

    pub(super) fn spec(
        &mut self,
        merged: &Merged<'p>,
        frame: FrameId,
        host: &str,
        settings: &'p Settings,
        context: &Context<'p>,
        captures: &[(&'p str, CaptureSpec)],
    ) -> Option<(StepSpec, Vec<FrameId>)> {
        let mut facts = Vec::new();
        let mut frames = Vec::new();
        // Inner actions first, so that the nearer setting wins; arguments are bound on the way in.
        for (position, layer) in merged.layers.iter().enumerate() {
            let caller = position.checked_sub(1).map_or(frame, |outer| frames[outer]);
            frames.push(self.layer_frame(layer, caller, host)?);
        }
        let mut around = context.around.clone();
        for (layer, frame) in merged.layers.iter().zip(&frames).rev() {
            if let Some(settings) = layer.settings {
                around = around.with(settings, *frame);
            }
        }
        around = around.with(settings, frame);
        let said = settings.timeout.as_ref().map(|t| (t, frame));
        let timeout = said.or_else(|| merged.layers.iter().zip(&frames).find_map(|(l, f)| l.settings.and_then(|s| s.timeout.as_ref()).map(|t| (t, *f))));
        for (layer, frame) in merged.layers.iter().zip(&frames) {
            for fact in &layer.fields.facts {
                let around = around.with(&fact.settings, *frame);
                let (hosts, spread) = if fact.settings.on.is_empty() {
                    (vec![host.to_owned()], false)
                } else {
                    let on = self.hosts(&fact.settings.on, &Context { frame: *frame, ..context.clone() });
                    (on.names, on.spread)
                };
                facts.push(self.fact(fact, &hosts, spread, *frame, *frame, &around)?);
            }
            if layer.action.is_some() {
                for (name, capture) in captures {
                    self.frames[frame.index()].names.entry((*name).to_owned()).or_insert(Bound::Slot(capture.slot));
                }
            }
        }
        let mark = format!("{}{}{}@{host}", context.calls, context.block.0, context.items);
        let copy = Copy { merged, mark, frames, host, around, timeout };
        let spec = StepSpec {
            facts,
            requires: self.step_requires(&copy, context)?,
            check: self.guard(&copy, merged.first(|f| f.check.as_ref()))?,
            does: self.does(&copy)?,
            verify: self.verifies(&copy)?,
            undo: self.undo(&copy)?,
            irreversible: merged.irreversible().map(|t| t.text.clone()),
            captures: captures.iter().map(|(_, c)| c.clone()).collect(),
            retry: self.retry(&copy)?,
            reboots: self.seconds(&copy, |f| f.reboots.as_ref(), "`reboots within`")?,
            private: merged.is_private(),
            output_limit: self.bytes(&copy, |f| f.output_limit.as_ref(), "`output_limit`")?,
            expect: self.seconds(&copy, |f| f.expect.as_ref(), "`expect`")?,
        };
        Some((spec, copy.frames))
    }

    /// An action's own names: its arguments as the caller gives them, its defaults for the rest.
    fn layer_frame(&mut self, layer: &Layer<'p>, caller: FrameId, host: &str) -> Option<FrameId> {
        let (Some(action), Some(call)) = (layer.action, layer.call) else { return Some(caller) };
        let frame = self.frame(caller, true);
        for param in &action.params {
            let kind = Type::written(&param.kind)?;
            let what = format!("`{}` of `{}`", param.name.value, action.name.value);
            let given = call.args.iter().find(|(name, _)| name.value == param.name.value);
            let bound = match (given, &param.default) {
                (Some((_, value)), _) => {
                    self.given.insert((frame, param.name.value.clone()), (value.clone(), caller));
                    self.operand(value, &kind, &what, caller, Some(host))?
                }
                (None, Some(default)) => {
                    self.given.insert((frame, param.name.value.clone()), (default.clone(), frame));
                    self.operand(default, &kind, &what, frame, Some(host))?
                }
                (None, None) => Bound::Value(Value::None),
            };
            // A default may use the params before it.
            self.bind(frame, &param.name.value, bound, Some(kind));
        }
        Some(frame)
    }

    fn step_requires(&mut self, copy: &Copy<'_, 'p>, context: &Context<'p>) -> Option<Vec<RequireSpec>> {
        let mut requires = Vec::new();
        for (layer, frame) in copy.merged.layers.iter().zip(&copy.frames) {
            for require in &layer.fields.requires {
                let hosts = if require.on.is_empty() {
                    vec![copy.host.to_owned()]
                } else {
                    self.hosts(&require.on, &Context { frame: *frame, ..context.clone() }).names
                };
                requires.push(self.require(require, hosts, *frame, &copy.around)?);
            }
        }
        Some(requires)
    }

    /// `Some(None)`: there is none.
    #[expect(clippy::option_option, reason = "an error was noted, there is no guard, there is one")]
    fn guard(&mut self, copy: &Copy<'_, 'p>, guard: Option<(usize, &'p Text)>) -> Option<Option<Command>> {
        let Some((layer, text)) = guard else { return Some(None) };
        let command = self.command(text, copy.frames[layer], Some(copy.host), &copy.around, copy.timeout, None, GUARD_SECONDS)?;
        self.meet(copy.host, &command);
        Some(Some(command))
    }

    fn work(&mut self, copy: &Copy<'_, 'p>, layer: usize, text: &'p Text, stdin: bool) -> Option<Command> {
        let stdin = if stdin { copy.merged.first(|f| f.stdin.as_ref()).map(|(at, text)| (text, copy.frames[at])) } else { None };
        let timeout = copy.timeout.or(copy.around.timeout);
        let command = self.command(text, copy.frames[layer], Some(copy.host), &copy.around, timeout, stdin, STEP_SECONDS)?;
        self.meet(copy.host, &command);
        Some(command)
    }

    #[expect(clippy::option_option, reason = "an error was noted, it does nothing, it does something")]
    fn does(&mut self, copy: &Copy<'_, 'p>) -> Option<Option<Does>> {
        match copy.merged.does() {
            Some((layer, ast::Does::Run(text))) => self.work(copy, layer, text, true).map(|c| Some(Does::Run(c))),
            Some((layer, ast::Does::Sleep(text))) => self.seconds_of(Some(text), "`sleep`", copy.frames[layer], Some(copy.host)).map(|s| Some(Does::Sleep(s))),
            Some((layer, ast::Does::Upload { src, to })) => {
                let at = copy.crossing(layer);
                self.upload(&at, src, to).map(|upload| Some(Does::Upload(Box::new(upload))))
            }
            Some((layer, ast::Does::Download { src, to })) => {
                let at = copy.crossing(layer);
                self.download(&at, src, to).map(|download| Some(Does::Download(download)))
            }
            Some((_, ast::Does::Use(_))) | None => Some(None),
        }
    }

    fn verifies(&mut self, copy: &Copy<'_, 'p>) -> Option<Vec<VerifySpec>> {
        let mut verifies = Vec::new();
        // What the action promises first, then what the step adds.
        let all: Vec<(usize, &'p Verify)> =
            copy.merged.layers.iter().enumerate().rev().flat_map(|(at, l)| l.fields.verify.iter().map(move |v| (at, v))).collect();
        for (layer, verify) in all {
            let Some(command) = self.guard(copy, Some((layer, &verify.cmd)))? else { continue };
            let frame = copy.frames[layer];
            let every = match &verify.every {
                Some(every) => self.seconds_of(Some(every), "`every`", frame, Some(copy.host))?,
                None => 1,
            };
            let within = match &verify.within {
                Some(within) => self.seconds_of(Some(within), "`within`", frame, Some(copy.host))?,
                None => 0,
            };
            verifies.push(VerifySpec { command, every: every.max(1), within });
        }
        Some(verifies)
    }

    fn undo(&mut self, copy: &Copy<'_, 'p>) -> Option<UndoSpec> {
        Some(match copy.merged.first(|f| f.undo.as_ref()) {
            None => UndoSpec::Unsaid,
            Some((layer, Undo::Command(text))) => UndoSpec::Command(self.work(copy, layer, text, false)?),
            Some((_, Undo::None(why))) => UndoSpec::None(why.text.clone()),
            Some((layer, Undo::Manual(text))) => UndoSpec::Manual(self.in_frame(copy, layer, text)?),
        })
    }

    /// Text that the node's own frame can fill in: an action's is filled in now.
    fn in_frame(&mut self, copy: &Copy<'_, 'p>, layer: usize, text: &'p Text) -> Option<super::template::Prose> {
        if copy.frames[layer] == copy.frames[0] {
            return self.prose(text);
        }
        let shown = self.shown(text, copy.frames[layer], Some(copy.host));
        Some(super::template::Prose::plain(shown, text.span))
    }

    #[expect(clippy::option_option, reason = "an error was noted, there is none, there is one")]
    fn retry(&mut self, copy: &Copy<'_, 'p>) -> Option<Option<RetrySpec>> {
        let Some((layer, retry)) = copy.merged.first(|f| f.retry.as_ref()) else { return Some(None) };
        let frame = copy.frames[layer];
        let times = match self.early_typed(&retry.times, &Type::Int, "`retry`", frame, Some(copy.host))? {
            Value::Int(n) => u32::try_from(n).unwrap_or(0),
            _ => 0,
        };
        let every = match &retry.every {
            Some(every) => self.seconds_of(Some(every), "`every`", frame, Some(copy.host))?,
            None => 1,
        };
        let backoff = match &retry.backoff {
            Some(backoff) => match self.early_typed(backoff, &Type::Float, "`backoff`", frame, Some(copy.host))? {
                Value::Float(n) => n,
                _ => 1.0,
            },
            None => 1.0,
        };
        let on = retry
            .on
            .iter()
            .filter_map(|word| match word.value.as_str() {
                "signal" => Some(RetryOn::Signal),
                "timeout" => Some(RetryOn::Timeout),
                code => code.parse().ok().map(RetryOn::Code),
            })
            .collect();
        Some(Some(RetrySpec { times, every, backoff, on }))
    }

    #[expect(clippy::option_option, reason = "an error was noted, nothing was said, so many seconds")]
    fn seconds(&mut self, copy: &Copy<'_, 'p>, field: impl Fn(&'p Fields) -> Option<&'p Text>, what: &str) -> Option<Option<u64>> {
        let Some((layer, text)) = copy.merged.first(field) else { return Some(None) };
        self.seconds_of(Some(text), what, copy.frames[layer], Some(copy.host)).map(Some)
    }

    fn bytes(&mut self, copy: &Copy<'_, 'p>, field: impl Fn(&'p Fields) -> Option<&'p Text>, what: &str) -> Option<Option<u64>> {
        let Some((layer, text)) = copy.merged.first(field) else { return Some(None) };
        match self.early_typed(text, &Type::Size, what, copy.frames[layer], Some(copy.host))? {
            Value::Size(bytes) => Some(Some(bytes)),
            _ => None,
        }
    }
}

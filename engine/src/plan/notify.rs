//! Hooks: an action's command, on the engine's machine, with what is told in the scope of its arguments.

use std::sync::LazyLock;

use grammar::ast::{Notify, Settings};

use super::inputs::ROOT;
use super::lower::{Context, Hosts, Lowering};
use super::model::{BlockId, Bound, Does, HookEvent, HookSpec, LOCAL, TOLD};
use super::settings::Around;
use crate::check::merged::Merged;

/// A hook that does not say how long it may take: the run waits for the last ones before its process ends.
const HOOK_SECONDS: u64 = 30;

static NO_SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

impl<'p> Lowering<'p> {
    pub(super) fn notify(&mut self, notify: &'p Notify) -> Option<HookSpec> {
        let action = self.program.actions().get(&notify.action.name.value)?;
        let frame = self.frame(ROOT, false);
        let told = TOLD.map(|(name, kind)| {
            let slot = self.slot(name, kind, vec![LOCAL.to_owned()], false);
            self.frames[frame.index()].names.insert(name.to_owned(), Bound::Slot(slot));
            slot
        });
        let mut merged = Merged::of_action(action, self.program.actions());
        merged.layers[0].call = Some(&notify.action);
        // It stands in the head: the settings of the runbook's block are not its own.
        let context = Context {
            frame,
            block: BlockId(0),
            on: Hosts { names: vec![LOCAL.to_owned()], spread: false },
            around: Around::default(),
            when: Vec::new(),
            calls: String::new(),
            items: String::new(),
        };
        let (spec, _) = self.spec(&merged, frame, LOCAL, &NO_SETTINGS, &context, &[])?;
        let Some(Does::Run(mut command)) = spec.does else { return None };
        if !merged.layers.iter().any(|layer| layer.settings.is_some_and(|settings| settings.timeout.is_some())) {
            command.timeout = HOOK_SECONDS;
        }
        let on = notify.on.iter().filter_map(|word| HookEvent::written(word)).collect();
        Some(HookSpec { action: action.name.value.clone(), on, command, private: spec.private, told })
    }
}

//! What must be true, worked out from the generator's tree and the effect log. It knows nothing of the engine's code: of
//! the engine it hears the exit statuses and what `show` says, and believes neither.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Does, Fails, Instance};
use super::effects::{Amnesia, Came, Deed, Effects, Files, Name, Way, of_path};

/// What `runbook show` says.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub state: String,
    /// By step and host; scopes among them.
    pub steps: BTreeMap<Name, String>,
    /// Full paths, for options that take one.
    pub paths: BTreeMap<Name, String>,
    /// What the run goes on without.
    pub tolerated: BTreeSet<Name>,
}

impl Shown {
    pub fn read(json: &str) -> Result<Self, String> {
        let said: serde_json::Value = serde_json::from_str(json).map_err(|e| format!("`show` prints no JSON: {e}: {json}"))?;
        let mut shown = Self { state: said["state"].as_str().unwrap_or_default().to_owned(), ..Self::default() };
        for step in ["steps", "scopes"].iter().filter_map(|key| said[*key].as_array()).flatten() {
            let id = step["id"].as_str().unwrap_or_default();
            let name = of_path(id).ok_or_else(|| format!("`show` names `{id}`"))?;
            shown.steps.insert(name.clone(), step["state"].as_str().unwrap_or_default().to_owned());
            shown.paths.insert(name, id.to_owned());
        }
        let tolerated = said["tolerated"].as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_str());
        shown.tolerated = tolerated.filter_map(of_path).collect();
        Ok(shown)
    }
}

/// What happened to a run that its author did not foresee.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub amnesia: Amnesia,
    /// A fault that may end a step otherwise than its author wrote it: no room, no connection for too long.
    pub trouble: bool,
    /// A host restarted: what ran there was told to end first, and says so.
    pub restarted: bool,
    /// How many processes drove the run: each tries once more what had failed.
    pub drivers: usize,
}

impl Past {
    /// Whether anything happened that a loop may have tolerated beside what its author wrote.
    fn is_odd(&self) -> bool {
        self.trouble || self.restarted || !self.amnesia.is_empty()
    }

    fn forgot(&self, way: Way, of: &Name) -> usize {
        self.amnesia.get(&(way, of.clone())).copied().unwrap_or(0)
    }
}

pub struct Oracle {
    instances: Vec<Instance>,
    fails_for_good: bool,
}

fn name(instance: &Instance) -> Name {
    (instance.step.id.clone(), instance.host.clone())
}

impl Oracle {
    pub fn new(book: &Book) -> Self {
        Self { instances: book.instances(), fails_for_good: book.fails_for_good() }
    }

    /// At any moment: no effect twice, none too early, none out of order.
    pub fn effects_hold(&self, effects: &Effects, past: &Past) -> Result<(), String> {
        for deed in &effects.deeds {
            if !self.instances.iter().any(|i| name(i) == deed.of) {
                return Err(format!("an effect of `{}@{}`, which the runbook does not have", deed.of.0, deed.of.1));
            }
        }
        for instance in &self.instances {
            once(instance, effects, past)?;
            self.is_given_what_was_printed(instance, effects)?;
            self.in_order(instance, effects, past)?;
            self.in_reverse(instance, effects)?;
        }
        Ok(())
    }

    /// While no process drives the run: what `show` believes is so.
    pub fn belief_holds(&self, shown: &Shown, effects: &Effects, files: &Files, past: &Past) -> Result<(), String> {
        for instance in &self.instances {
            let of = name(instance);
            if instance.step.does != Does::Run {
                file_holds(instance, shown, files, past)?;
                continue;
            }
            let Some(state) = shown.steps.get(&of) else { return Err(format!("`show` does not name {}", instance.name())) };
            let (run, undo) = (effects.last(&of, Way::Run), effects.last(&of, Way::Undo));
            let forgot = past.forgot(Way::Run, &of) > 0;
            let is = |deed: Option<&Deed>, came: Came| deed.is_some_and(|d| d.came == came);
            let torn = |deed: &&Deed| deed.came != Came::Failed && !(deed.came == Came::Open && forgot);
            let so = match state.as_str() {
                "succeeded" | "satisfied" | "marked_done" | "held" | "already_held" | "verifying" => is(run, Came::Ended),
                // A postcondition that could not be asked is none that holds.
                "failed" => is(run, Came::Failed) || instance.step.tells && past.trouble || past.restarted && forgot && is(run, Came::Open),
                "retry_due" => run.is_some() || past.trouble || forgot,
                "pending" | "checking" | "left_out" => !effects.of_instance(&of, Way::Run).iter().any(torn),
                // What could not be sent, or met something before it began.
                "refused" | "unreachable" => past.trouble,
                "unknown" => forgot,
                "unsettled" => true,
                "kept" => instance.on_success && run.is_some(),
                "undone" | "released" => !instance.step.undone || is(undo, Came::Ended),
                "undo_failed" | "release_failed" => is(undo, Came::Failed) || past.trouble || past.forgot(Way::Undo, &of) > 0,
                "running" | "entering" | "undoing" | "releasing" | "undo_owed" | "release_owed" => true,
                other => return Err(format!("`show` says `{other}` of {}, which nobody foresaw", instance.name())),
            };
            if !so {
                return Err(format!("`show` says `{state}` of {}, and its last deeds are {run:?} and {undo:?}", instance.name()));
            }
        }
        Ok(())
    }

    /// The run is over: nothing is lost.
    pub fn end_holds(&self, shown: &Shown, status: Option<i32>, effects: &Effects, files: &Files, past: &Past) -> Result<(), String> {
        let excused = self.fails_for_good || past.trouble || !past.amnesia.is_empty();
        let is_tolerated = self.instances.iter().any(Instance::is_tolerated);
        match (shown.state.as_str(), status) {
            // None: it was killed, and the run was over.
            ("done", None) if !self.fails_for_good => {}
            ("done", Some(0)) if !self.fails_for_good && !is_tolerated => {}
            ("done", Some(6)) if !self.fails_for_good && (is_tolerated || past.is_odd() && self.instances.iter().any(|i| i.item.is_some())) => {}
            ("rolled_back", None | Some(4)) if excused => {}
            (state, status) => return Err(format!("the run ends as `{state}` with status {status:?}: nothing that happened to it explains that")),
        }
        for instance in &self.instances {
            match shown.state.as_str() {
                "done" => self.is_done(instance, effects, files, past)?,
                "rolled_back" => {
                    let of = name(instance);
                    let began = effects.last(&of, Way::Run).is_some();
                    let stands = match instance.step.does {
                        Does::Run => began && !effects.has_ended(&of, Way::Undo),
                        Does::Upload | Does::Download => files.contains_key(&of),
                    };
                    // It was kept when its item failed, and nobody has released it since; the run says so.
                    let is_kept = instance.on_success && shown.steps.get(&of).is_some_and(|state| state == "kept");
                    if instance.step.undone && stands && !is_kept {
                        return Err(format!("rolled back, and {} stands", instance.name()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Of a run that is done: it has run and stands, unless the run went on without it.
    fn is_done(&self, instance: &Instance, effects: &Effects, files: &Files, past: &Past) -> Result<(), String> {
        let of = name(instance);
        let (ran, undone) = (effects.has_ended(&of, Way::Run), effects.has_ended(&of, Way::Undo));
        let undoes = effects.last(&of, Way::Undo).is_some();
        // Something that nobody wrote may have been tolerated, too.
        if instance.item.is_some() && past.is_odd() {
            return Ok(());
        }
        let failed = self.without(instance);
        match instance.step.does {
            Does::Run if !ran && failed.is_none() => return Err(format!("done, and the effect of {} is lost", instance.name())),
            Does::Upload | Does::Download if failed.is_none() && files.get(&of) != Some(&true) => {
                return Err(format!("done, and the file of {} is not there", instance.name()));
            }
            _ => {}
        }
        if let Some(failed) = failed {
            let began = if instance.step.does == Does::Run { effects.last(&of, Way::Run).is_some() } else { files.contains_key(&of) };
            if failed.is_before(instance) && began {
                return Err(format!("{} began, and {} had failed before it in its item", instance.name(), failed.name()));
            }
            if !instance.is_scope && instance.step.undone && began && instance.goes_with(failed) && !undone {
                return Err(format!("{} stands, and the boundary around {} was undone", instance.name(), failed.name()));
            }
            if !instance.is_scope && undoes && !instance.goes_with(failed) {
                return Err(format!("{} was undone, and no boundary around {} covers it", instance.name(), failed.name()));
            }
        } else if !instance.is_scope && undoes {
            return Err(format!("done, and {} was undone", instance.name()));
        }
        if instance.is_scope && effects.last(&of, Way::Run).is_some() {
            let stands = self
                .instances
                .iter()
                .find(|i| i.is_inside(instance) && (i.host == instance.host || instance.host == "local") && self.stands(i, effects, files));
            match stands.filter(|_| instance.on_success) {
                Some(_) if past.is_odd() => {}
                Some(what) if undoes => return Err(format!("the scope {} was left, and {} failed in it and stands", instance.name(), what.name())),
                None if !undone => return Err(format!("done, and the scope {} was never left", instance.name())),
                _ => {}
            }
        }
        Ok(())
    }

    /// The failure that its item ended with.
    fn without(&self, instance: &Instance) -> Option<&Instance> {
        let item = instance.item.as_ref()?;
        self.instances.iter().find(|i| i.is_tolerated() && i.item.as_ref() == Some(item))
    }

    /// Whether a change in an item that has ended was not taken back.
    fn stands(&self, instance: &Instance, effects: &Effects, files: &Files) -> bool {
        let Some(failed) = self.without(instance) else { return false };
        let of = name(instance);
        let began = effects.last(&of, Way::Run).is_some() || files.contains_key(&of);
        let is_let_be = instance.goes_with(failed) && !instance.step.undone;
        began && !is_let_be && !effects.has_ended(&of, Way::Undo)
    }

    /// What a step captured, and nothing else, is what later ones get.
    fn is_given_what_was_printed(&self, instance: &Instance, effects: &Effects) -> Result<(), String> {
        let of = name(instance);
        for deed in [Way::Run, Way::Undo].iter().flat_map(|way| effects.of_instance(&of, *way)) {
            if deed.early {
                return Err(format!("{} ran at line {}, and what it needs had not been brought", instance.name(), deed.began + 1));
            }
            let (Some(from), Some(got)) = (&instance.step.uses, &deed.got) else { continue };
            let from = (from.clone(), instance.host.clone());
            let printed = effects.of_instance(&from, Way::Run).into_iter().rev().find(|d| d.came == Came::Ended && d.began < deed.began);
            if printed.map(Deed::prints).as_ref() != Some(got) {
                return Err(format!(
                    "{} was given `{got}` at line {}, and {} had printed {:?}",
                    instance.name(),
                    deed.began + 1,
                    from.0,
                    printed.map(Deed::prints)
                ));
            }
        }
        Ok(())
    }

    /// What comes before has ended well.
    fn in_order(&self, instance: &Instance, effects: &Effects, past: &Past) -> Result<(), String> {
        let Some(first) = effects.of_instance(&name(instance), Way::Run).first().map(|d| d.began) else { return Ok(()) };
        for before in self.instances.iter().filter(|i| i.is_before(instance) && i.step.does == Does::Run) {
            // The run goes on without an item, but only behind it.
            let is_behind = before.item.is_some() && before.item != instance.item;
            if is_behind && (past.is_odd() || self.without(before).is_some()) {
                continue;
            }
            let ended = effects.of_instance(&name(before), Way::Run).iter().any(|d| d.came == Came::Ended && d.over.is_some_and(|over| over < first));
            if !ended {
                return Err(format!("{} began at line {}, and {} had not ended well before", instance.name(), first + 1, before.name()));
            }
        }
        Ok(())
    }

    /// What came later is undone first. A scope is left when its body is over, one way or the other.
    fn in_reverse(&self, instance: &Instance, effects: &Effects) -> Result<(), String> {
        let Some(first) = effects.of_instance(&name(instance), Way::Undo).first().map(|d| d.began) else { return Ok(()) };
        for later in self.instances.iter().filter(|i| instance.is_before(i)) {
            let of = name(later);
            let began = |way: Way| effects.of_instance(&of, way).iter().any(|d| d.began < first);
            let over = |way: Way| effects.of_instance(&of, way).iter().rev().any(|d| d.came == Came::Ended && d.over.is_some_and(|over| over < first));
            // One whose item has ended may stand behind its scope.
            let stays = later.item.is_some() && self.without(later).is_some();
            let left = instance.is_scope && !began(Way::Undo) && (over(Way::Run) || stays || later.item.is_some());
            if later.step.does != Does::Run && !instance.is_scope && effects.of_instance(&of, Way::Undo).first().is_some_and(|undo| undo.began > first) {
                return Err(format!("{} was undone at line {}, and {} after it", instance.name(), first + 1, later.name()));
            }
            // A scope that is kept for what failed in it stands until somebody releases it.
            let may_be_kept = later.on_success && later.item.is_some();
            if began(Way::Run) && later.step.undone && !over(Way::Undo) && !left && !may_be_kept {
                return Err(format!("{} was undone at line {}, and {} was not undone before", instance.name(), first + 1, later.name()));
            }
        }
        Ok(())
    }
}

/// What `show` says of a file that crosses is so.
fn file_holds(instance: &Instance, shown: &Shown, files: &Files, past: &Past) -> Result<(), String> {
    let of = name(instance);
    let Some(state) = shown.steps.get(&of) else { return Err(format!("`show` does not name {}", instance.name())) };
    let forgot = past.forgot(Way::Run, &of) > 0;
    let there = files.get(&of);
    let so = match state.as_str() {
        "succeeded" | "satisfied" | "verifying" => there == Some(&true),
        "pending" | "checking" | "left_out" => there.is_none() || forgot || past.is_odd(),
        "refused" | "failed" | "unreachable" | "retry_due" => past.trouble || past.restarted || forgot,
        "unknown" => forgot,
        "undone" => there.is_none() || !instance.step.undone,
        _ => true,
    };
    if so { Ok(()) } else { Err(format!("`show` says `{state}` of {}, and its file is {there:?}", instance.name())) }
}

/// A step runs again only when its last attempt failed by its own word, or nobody knows what became of it and it has
/// not ended; and never beside itself, nor after its undo.
fn once(instance: &Instance, effects: &Effects, past: &Past) -> Result<(), String> {
    let of = name(instance);
    let runs = effects.of_instance(&of, Way::Run);
    let undos = effects.of_instance(&of, Way::Undo);
    let what = instance.name();
    let mut forgotten = past.forgot(Way::Run, &of);
    for (before, again) in runs.iter().zip(runs.iter().skip(1)) {
        if before.over.is_some_and(|over| over > again.began) {
            return Err(format!("{what} began at line {} while it still ran", again.began + 1));
        }
        match before.came {
            Came::Failed => {}
            Came::Open if forgotten > 0 => forgotten -= 1,
            came => return Err(format!("{what} ran twice: at lines {} ({came:?}) and {}", before.began + 1, again.began + 1)),
        }
    }
    let failures = runs.iter().filter(|d| d.came == Came::Failed).count();
    let most = 1 + instance.step.retries + past.drivers;
    if failures > most {
        return Err(format!("{what} failed {failures} times, and {most} attempts are explained"));
    }
    let mut forgotten = past.forgot(Way::Undo, &of);
    for (before, again) in undos.iter().zip(undos.iter().skip(1)) {
        match before.came {
            Came::Failed => {}
            _ if forgotten > 0 => forgotten -= 1,
            came => return Err(format!("{what} was undone twice: at lines {} ({came:?}) and {}", before.began + 1, again.began + 1)),
        }
    }
    let Some(undo) = undos.first() else { return Ok(()) };
    if let Some(late) = runs.iter().find(|d| d.began > undo.began || d.over.is_some_and(|over| over > undo.began)) {
        return Err(format!("{what} was undone at line {} and acts after that, from line {} on", undo.began + 1, late.began + 1));
    }
    if instance.step.does != Does::Run {
        return Ok(());
    }
    let is_settled = runs.last().is_some_and(|d| d.came != Came::Open) || past.forgot(Way::Run, &of) > 0;
    if !is_settled {
        return Err(format!("{what} was undone at line {}, and nobody knows what became of it", undo.began + 1));
    }
    if instance.step.fails == Fails::Never && failures > 0 {
        return Err(format!("{what} failed, and it can't"));
    }
    Ok(())
}

//! How long it still takes, by what its steps usually take.

use super::Live;
use super::place::{Place, is_step};
use super::rows::At;
use crate::plan::model::NodeKind;
use crate::run::event::Millis;
use crate::run::state::Phase;

/// At least so long: of some steps nobody knows, or a person has to answer in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) long: Millis,
    pub(super) at_least: bool,
}

/// Along the longest way that is left, and no less than all that is left takes with so many at once. None: nothing is known, or the run does not go forward.
pub(super) fn left(live: &Live, at: &At<'_>) -> Option<Left> {
    if !matches!(at.state.phase, Phase::Running) || at.state.unwinding.is_some() || at.state.is_waiting() {
        return None;
    }
    let mut ends: Vec<Millis> = Vec::with_capacity(at.plan.nodes.len());
    let (mut at_least, mut is_known) = (false, false);
    let mut all: Millis = 0;
    for (id, node) in at.plan.iter() {
        let place = Place::of(at.plan, at.state, id);
        let own = if place.is_over() {
            0
        } else {
            let usual = live.usual.or_expected(at.plan, id);
            let works = is_step(at.plan, id) && node.spec().is_some_and(|s| s.does.is_some());
            let asks = matches!(node.kind, NodeKind::Gate(_) | NodeKind::Manual { .. });
            at_least |= asks || works && usual.is_none();
            is_known |= usual.is_some();
            let gone = if place == Place::Waiting { 0 } else { live.began.get(&id).map_or(0, |began| at.now - began) };
            (usual.unwrap_or(0) - gone).max(0)
        };
        let begins = node.after.iter().map(|before| ends[before.index()]).max().unwrap_or(0);
        ends.push(begins.saturating_add(own));
        all = all.saturating_add(own);
    }
    let longest = ends.into_iter().max().filter(|_| is_known)?;
    Some(Left { long: longest.max(all / Millis::from(at.state.jobs)), at_least })
}

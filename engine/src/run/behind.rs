//! What a yes at a gate lets loose: the hosts on which something changes behind it. Where they are many, a person types
//! how many, so that nobody lets a run loose on a fleet with the word that they always type.

use std::collections::BTreeSet;

use super::fleet;
use super::state::RunState;
use crate::plan::model::{LOCAL, NodeId, NodeKind, Plan};

/// Up to so many hosts a person can look over.
pub const FEW: usize = 10;

/// The hosts that a gate leads to, up to the gates behind it. The machine of the engine is not counted, and neither is what
/// the run goes on without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind<'a>(BTreeSet<&'a str>);

impl<'a> Behind<'a> {
    #[must_use]
    pub fn of(plan: &'a Plan, state: &RunState, gate: NodeId) -> Self {
        let mut hosts = BTreeSet::new();
        let mut behind = vec![false; plan.nodes.len()];
        behind[gate.index()] = true;
        for (id, node) in plan.iter() {
            let follows = |before: &NodeId| behind[before.index()] && (*before == gate || !matches!(plan.node(*before).kind, NodeKind::Gate(_)));
            if !node.after.iter().any(follows) {
                continue;
            }
            behind[id.index()] = true;
            let is_changed = node.changes() || matches!(node.kind, NodeKind::Enter { .. });
            if is_changed && !fleet::is_left_out(plan, state, id) {
                hosts.extend(node.host.as_deref().filter(|host| *host != LOCAL));
            }
        }
        Self(hosts)
    }

    /// How many, where they are to be typed.
    #[must_use]
    pub fn typed(&self) -> Option<usize> {
        (self.0.len() > FEW).then_some(self.0.len())
    }

    /// Whether a person who says yes to so many hosts means these.
    #[must_use]
    pub fn is_met_by(&self, said: Option<usize>) -> bool {
        said == Some(self.0.len()) || said.is_none() && self.typed().is_none()
    }

    /// `23 hosts: web1, web2, web3 and 20 more`.
    #[must_use]
    pub fn said(&self) -> String {
        let first: Vec<&str> = self.0.iter().take(3).copied().collect();
        match self.0.len() {
            0 => "no host".to_owned(),
            1 => format!("1 host: {}", first[0]),
            many @ 2..=3 => format!("{many} hosts: {}", first.join(", ")),
            many => format!("{many} hosts: {} and {} more", first.join(", "), many - 3),
        }
    }
}

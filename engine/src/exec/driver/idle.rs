//! Connections without work are let go, and opened again by whatever needs the host next.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::world::World;
use crate::exec::keeper::Keeper;

impl World {
    /// Lets go of every connection that has had no work for as long. Those stay that keep a lock: its holder is shown to
    /// others as alive by them.
    pub(super) async fn let_idle_go(self: Rc<Self>, after: Duration) {
        let look = (after / 4).clamp(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            tokio::time::sleep(look).await;
            let mut going = JoinSet::new();
            for keeper in self.idle(after) {
                going.spawn_local(async move { keeper.let_go().await });
            }
            going.join_all().await;
        }
    }

    fn idle(&self, after: Duration) -> Vec<Rc<Keeper>> {
        let keepers = self.keepers.borrow();
        let idle = keepers.iter().filter(|(_, keeper)| keeper.idle().is_some_and(|idle| idle >= after));
        idle.filter(|(host, _)| !self.is_here(host) && !self.locked.contains(host)).map(|(_, keeper)| Rc::clone(keeper)).collect()
    }
}

//! The critical path.

use super::*;
use crate::plan::expected::{expected, of_node};

fn path(body: &str) -> Option<(u64, String, String, usize)> {
    let plan = planned(&format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"w1\", \"w2\"]\n {body}\n}}"), &given(&[], &[]));
    let names = |ids: &[NodeId]| ids.iter().map(|id| plan.node(*id).path.as_str()).collect::<Vec<_>>().join(" ");
    expected(&plan, |id| of_node(&plan, id)).map(|e| (e.long, names(&e.path), names(&e.unsaid), e.gates.len()))
}

#[test]
fn the_critical_path_is_the_longest_way_by_what_steps_expect() {
    let body = "step a on h { run `true`\n expect 10s }\n parallel { step b on h { run `true`\n expect 5m }\n step c on t { run `true`\n expect 2m } }\n gate g \"?\" { timeout 1h then park }\n step d on h { run `true` }\n step e on h { sleep 30s }";
    assert_eq!(path(body), Some((340, "a@h1 b@h1 g d@h1 e@h1".to_owned(), "d@h1".to_owned(), 1)));
}

#[test]
fn items_of_a_batch_count_once_and_batches_one_after_the_other_with_their_pause() {
    let one = "step a on x { run `true`\n expect 1m }";
    assert_eq!(path(&format!("for x in t batch 2 {{ {one} }}")).map(|e| e.0), Some(60));
    assert_eq!(path(&format!("for x in t pause 15s {{ {one} }}")).map(|e| e.0), Some(135));
}

#[test]
fn where_nothing_is_said_nothing_is_reckoned() {
    assert_eq!(path("step a on h { run `true` }"), None);
    assert_eq!(path(""), None);
    assert_eq!(path("step a on h { run `true`\n expect 999999999d }\n step b on h { run `true`\n expect 999999999d }").map(|e| e.0), Some(172_799_999_827_200));
}

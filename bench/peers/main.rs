//! What a run costs beside the tools that people use today. `bench/run` installs those and calls this.
//!
//! Every program runs as a whole process, cold: no connection is open when it starts. Rounds are interleaved. The first row
//! of a table is its floor: what the same work costs without any tool.

mod fleet;
mod output;
mod plan;
#[path = "../rounds/mod.rs"]
mod rounds;
mod world;

use std::io::{Result, Write};
use std::process::Command;

use rounds::Row;
use world::World;

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |table: &str| wanted.is_empty() || wanted.iter().any(|word| word == table);
    let hosts: usize = std::env::var("RUNBOOK_BENCH_HOSTS").ok().and_then(|number| number.parse().ok()).unwrap_or(200);
    let most = if is_wanted("fanout") {
        hosts
    } else if is_wanted("fleet") {
        hosts.div_ceil(2)
    } else {
        1
    };
    let world = World::new(most)?;
    if is_wanted("local") {
        local(&world)?;
    }
    if is_wanted("steps") {
        fleet::steps(&world)?;
    }
    if is_wanted("fanout") {
        fleet::fanout(&world)?;
    }
    if is_wanted("fleet") {
        fleet::fleet(&world, hosts.div_ceil(2))?;
    }
    if is_wanted("output") {
        output::table(&world)?;
    }
    if is_wanted("plan") {
        plan::table(&world)?;
    }
    Ok(())
}

/// One step here that does nothing.
fn local(world: &World) -> Result<()> {
    let mut floor = Command::new("sh");
    floor.args(["-c", "true"]);
    let mut rows = vec![Row::new("sh -c true", 31, floor), Row::new("runbook run", 31, world.runbook("local", 1, &[], false))];
    rows.extend(world.pyinfra(&["@local".to_owned()], 1).map(|command| Row::new("pyinfra @local", 3, command)));
    rows.extend(world.ansible(&["localhost".to_owned()], 1, false).map(|command| Row::new("ansible-playbook", 3, command)));
    told("one local step that does nothing", &mut rows, 31)
}

pub(crate) fn told(what: &str, rows: &mut [Row], rounds: usize) -> Result<()> {
    rounds::run(rows, rounds);
    writeln!(std::io::stdout(), "\n{what}")?;
    rounds::table(rows, rounds)
}

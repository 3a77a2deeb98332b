//! Plans of up to 100,000 nodes, drawn, and run up to a gate at their beginning: whether time grows with them, and how much
//! memory the largest takes.

use std::io::{Result, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::rounds::median;
use crate::world::World;

pub(crate) fn table(world: &World) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nplans: a loop in batches of ten, nine steps an item, in boundaries")?;
    writeln!(out, "{:<24} {:>10} {:>10} {:>16} {:>10}", "", "nodes", "median ms", "µs for one node", "MiB")?;
    // A run that waits at a gate ends with 3.
    let rows: [(&str, &str, &[&str], i32); 3] =
        [("plan", "i", &["plan"], 0), ("plan --format json", "i", &["plan", "--format", "json"], 0), ("run, up to a gate", "local", &["run"], 3)];
    for (name, host, words, status) in rows {
        for nodes in [1_000, 10_000, 100_000] {
            let file = world.path("plan.runbook");
            std::fs::write(&file, runbook(nodes, host))?;
            let (mut took, mut most) = (Vec::new(), 0);
            for _ in 0..3 {
                let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
                command.args(words).arg(&file).env("HOME", world.path(""));
                let began = Instant::now();
                let (ended, kib) = measured(&mut command)?;
                took.push(began.elapsed().as_secs_f64() * 1000.0);
                most = most.max(kib);
                assert_eq!(ended, Some(status), "{name} of {nodes} nodes");
            }
            let took = median(took.into_iter());
            writeln!(out, "{name:<24} {nodes:>10} {took:>10.1} {:>16.2} {:>10}", took * 1000.0 / f64::from(nodes), most >> 10)?;
        }
    }
    Ok(())
}

fn runbook(nodes: u32, host: &str) -> String {
    let items: Vec<String> = (0..nodes / 10).map(|number| format!("\"h{number}\"")).collect();
    let steps: String = (1..10).map(|n| format!("      step s{n} on {host} {{ run `echo {{{{ i }}}} {n}`; undo `echo back` }}\n")).collect();
    format!(
        "runbook bench.plan {{\n  target web = [{}]\n  gate go \"Go?\" {{ timeout 1h then park }}\n  for i in web batch 10 {{\n    boundary one \"One item\" {{\n{steps}    }}\n  }}\n}}\n",
        items.join(", ")
    )
}

/// How it ended, and the most memory that it ever had, in KiB.
fn measured(command: &mut Command) -> Result<(Option<i32>, u64)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        most = most.max(text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            return Ok((status.code(), most));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

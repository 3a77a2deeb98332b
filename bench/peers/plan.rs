//! Plans of up to 100,000 nodes: whether time grows with them, and how much memory the largest takes.

use std::io::{Result, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::rounds::median;
use crate::world::World;

pub(crate) fn table(world: &World) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nplans: a loop over hosts, ten steps each, in boundaries\n{:>10} {:>10} {:>16} {:>10}", "nodes", "median ms", "µs for one node", "MiB")?;
    for nodes in [1_000, 10_000, 100_000] {
        let file = world.path("plan.runbook");
        let hosts: Vec<String> = (0..nodes / 10).map(|number| format!("\"h{number}\"")).collect();
        let steps: String = (1..10).map(|n| format!("      step s{n} on h {{ run `echo {{{{ h }}}} {n}`; undo `echo back` }}\n")).collect();
        let text = format!(
            "runbook bench.plan {{\n  target web = [{}]\n  for h in web batch 10 {{\n    boundary one \"One host\" {{\n{steps}    }}\n  }}\n}}\n",
            hosts.join(", ")
        );
        std::fs::write(&file, text)?;
        let (mut took, mut most) = (Vec::new(), 0);
        for _ in 0..3 {
            let mut plan = Command::new(env!("CARGO_BIN_EXE_runbook"));
            plan.arg("plan").arg(&file).env("HOME", world.path("")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let began = Instant::now();
            let mut plan = plan.spawn()?;
            let status = format!("/proc/{}/status", plan.id());
            let ended = loop {
                let text = std::fs::read_to_string(&status).unwrap_or_default();
                most = most.max(text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0));
                if let Some(status) = plan.try_wait()? {
                    break status;
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            took.push(began.elapsed().as_secs_f64() * 1000.0);
            assert!(ended.success(), "a plan of {nodes} nodes: {ended}");
        }
        let took = median(took.into_iter());
        writeln!(out, "{nodes:>10} {took:>10.1} {:>16.2} {:>10}", took * 1000.0 / f64::from(nodes), most >> 10)?;
    }
    Ok(())
}

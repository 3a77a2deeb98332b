//! A command that prints a gigabyte: its time beside that of plain ssh, and the engine's memory.

use std::io::{Result, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::rounds::Row;
use crate::told;
use crate::world::World;

pub(crate) fn table(world: &World) -> Result<()> {
    let host = &world.hosts[..1];
    let print = "head -c 1G /dev/zero | tr \"\\\\0\" x";
    let ours = |limit: &str| {
        let file = world.path(&format!("output{}.runbook", limit.len()));
        let step = format!("timeout 5m; shell \"sh\"; run `head -c 1G /dev/zero | tr '\\0' x`; {limit} undo none \"it only prints\"");
        std::fs::write(&file, format!("runbook bench.output {{\n  target web: host\n  step print on web {{ {step} }}\n}}\n")).expect("a file of the benchmark");
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.arg("run").arg(&file).arg("--ssh-config").arg(world.config(false)).args(["--target", &format!("web={}", host[0])]);
        command.env("RUNBOOK_STATE", world.path("state")).env("HOME", world.path(""));
        command
    };
    let plain = world.script(&format!("ssh -F \"$1\" \"$2\" '{print}' >{}", world.path("printed").display()), host, false);
    let whole = "output_limit 2GiB;";
    let mut rows = [
        Row::new("ssh HOST COMMAND >file", 5, plain),
        Row::new("runbook run, 64 MiB kept", 5, ours("")),
        Row::new("runbook run, all of it kept", 5, ours(whole)),
    ];
    told("a gigabyte of output", &mut rows, 5)?;

    let mut run = ours(whole).env("RUNBOOK_STATE", world.path("whole")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", run.id());
    let mut most = 0;
    while run.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        most = most.max(text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(10));
    }
    let kept = std::fs::read_dir(world.path("whole/output"))?.flatten().filter_map(|run| std::fs::read_dir(run.path()).ok()).flatten().flatten();
    let kept: u64 = kept.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    writeln!(std::io::stdout(), "the engine's memory at its most: {} MiB; {} MiB of the output are kept", most >> 10, kept >> 20)
}

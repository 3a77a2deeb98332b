//! Over ssh: many steps on one host, one command on many hosts, some steps on many hosts.

use std::io::{Result, Write};

use crate::rounds::{Row, median};
use crate::told;
use crate::world::World;

/// One connection, one shell, the next command when the last has ended: what no tool that looks at results can beat.
const LOCK_STEP: &str = "d=$(mktemp -d); mkfifo $d/in $d/out; ssh -F \"$1\" \"$2\" sh <$d/in >$d/out & exec 3>$d/in 4<$d/out; \
    for i in $(seq STEPS); do echo 'sh -c true; echo $?' >&3; read -r status <&4; [ $status = 0 ] || exit 1; done; exec 3>&-; wait; rm -r $d";

/// One connection, and a new session on it for each command.
const MUX: &str = "d=$(mktemp -d); ssh -F \"$config\" -M -S $d/s -f -N \"$1\"; for i in $(seq STEPS); do ssh -F \"$config\" -S $d/s \"$1\" true; done; \
    ssh -S $d/s -O exit \"$1\"; rm -r $d";

pub(crate) fn steps(world: &World) -> Result<()> {
    const STEPS: usize = 100;
    let host = &world.hosts[..1];
    let of = |script: &str| script.replace("STEPS", &STEPS.to_string());
    let mut rows = vec![
        Row::new("one ssh, one shell, lock-step", 11, world.script(&of(LOCK_STEP), host, false)),
        Row::new("runbook run", 11, world.runbook("steps", STEPS, host, false)),
        Row::new("runbook run, 1 step", 11, world.runbook("step", 1, host, false)),
        Row::new("one ssh master, ssh for each", 11, world.each(1, &of(MUX), host, false)),
    ];
    rows.extend(world.pyinfra(host, STEPS).map(|command| Row::new("pyinfra", 3, command)));
    rows.extend(world.ansible(host, STEPS, false).map(|command| Row::new("ansible-playbook", 3, command)));
    told(&format!("{STEPS} steps on one host"), &mut rows, 11)?;
    let [_, all, one, ..] = rows.as_slice() else { return Ok(()) };
    let more = median(all.took().zip(one.took()).map(|(all, one)| (all - one) / (STEPS - 1) as f64));
    writeln!(std::io::stdout(), "one more step {more:>25.2}")
}

const ONE: &str = "exec ssh -F \"$config\" \"$1\" true";

pub(crate) fn fanout(world: &World) -> Result<()> {
    let hosts = &world.hosts;
    let mut rows = vec![Row::new("xargs -P 8 ssh, curve25519", 5, world.each(8, ONE, hosts, true))];
    rows.push(Row::new("runbook run, curve25519", 5, world.runbook("cheap", 1, hosts, true)));
    rows.extend(world.pdsh(hosts).map(|command| Row::new("pdsh -f 64", 5, command)));
    rows.push(Row::new("runbook run", 5, world.runbook("fanout", 1, hosts, false)));
    rows.extend(world.pyinfra(hosts, 1).map(|command| Row::new("pyinfra, curve25519", 3, command)));
    rows.extend(world.ansible(hosts, 1, false).map(|command| Row::new("ansible-playbook -f 50", 1, command)));
    told(&format!("one command on {} hosts", hosts.len()), &mut rows, 5)
}

pub(crate) fn fleet(world: &World, hosts: usize) -> Result<()> {
    const STEPS: usize = 10;
    let hosts = &world.hosts[..hosts];
    let of = |script: &str| script.replace("STEPS", &STEPS.to_string());
    let all = of("for i in $(seq STEPS); do echo true; done | ssh -F \"$config\" \"$1\" sh -s");
    let mut rows = vec![
        Row::new("one ssh a host, all lines at once", 5, world.each(8, &all, hosts, true)),
        Row::new("runbook run, curve25519", 5, world.runbook("fleet", STEPS, hosts, true)),
        Row::new("one ssh master a host, ssh for each", 5, world.each(8, &of(MUX), hosts, true)),
    ];
    rows.extend(world.pyinfra(hosts, STEPS).map(|command| Row::new("pyinfra, curve25519", 3, command)));
    rows.extend(world.ansible(hosts, STEPS, true).map(|command| Row::new("ansible-playbook -f 50, curve25519", 1, command)));
    told(&format!("{STEPS} steps on {} hosts", hosts.len()), &mut rows, 5)
}

//! Steps that reboot a host, where it can't be faked: real hosts with boots of their own.

use std::process::Stdio;

use crate::harness::desk::{Desk, until};
use crate::harness::lab::Lab;

#[test]
fn a_host_that_rebooted_by_itself_has_not_done_the_reboot_of_a_step() {
    let lab = Lab::up();
    let desk = Desk::new();
    let (asked, go_on) = (desk.path("asked"), desk.path("go-on"));
    let runbook = desk.file(
        "reboot.runbook",
        format!(
            "runbook reboot \"Reboot a host\" {{\n  target h: host = \"alert1001\"\n  step wait on local {{ run `touch {}; until [ -e {} ]; do sleep 0.2; done` }}\n  \
             step reboot on h {{\n    run `touch /root/told`\n    reboots within 10s\n  }}\n}}\n",
            asked.display(),
            go_on.display()
        ),
    );
    let args = ["run".to_owned(), runbook.display().to_string(), "--ssh-config".to_owned(), lab.file("ssh/config")];
    let engine = lab.runbook_command(&desk, &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    until("the run waits", || asked.exists());
    let before = lab.ssh("alert1001", "cat /proc/sys/kernel/random/boot_id");
    lab.run(&["reboot", "alert1001"]);
    let in_another = format!("[ \"$(cat /proc/sys/kernel/random/boot_id)\" != {before} ]");
    until("the host is in another boot", || lab.tries(&["ssh", "alert1001", &in_another]));
    desk.file("go-on", "");
    let ran = engine.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    // Its command was sent, and reboots nothing. The boot that it found is not taken for the one that it should bring.
    assert_eq!(ran.status.code(), Some(3), "{said}");
    assert!(said.contains("it still answers with the boot it had"), "{said}");
    assert_eq!(desk.stage("reboot@alert1001"), "failed");
    assert_eq!(lab.ssh("alert1001", "ls /root/told"), "/root/told");
}

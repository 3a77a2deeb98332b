//! Actions of the standard library that want a host with its services: taken, and given back on every way out.

use std::io::Read;
use std::process::Stdio;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;

const SCOPES: &str = r#"
runbook actions.scopes "What is held and given back" {
  owner  "sre"
  source "made for a test"
  param timer: string = "lab.timer"
  param fails: bool   = false
  target web: host = "wiki-web2"
  target lb: host  = "wiki-lb"

  boundary all "All or nothing" {
    during timer.paused(name: timer, within: 30s) on web release always
    during cron.paused(name: "lab") on web release always
    during cron.user_paused(user: "ops") on web release always
    during balancer.depooled(server: "wiki-web2") on lb release always {
      step look on web {
        run ```
          { systemctl show -p ActiveState --value lab.timer lab.service | xargs
            [ "$(grep -c begun /var/tmp/lab)" = "$(grep -c ended /var/tmp/lab)" ] && echo "nothing was cut off"
            ls /etc/cron.d; crontab -u ops -l; } >/var/tmp/inside
          ```
        undo none "it only looks"
      }
      step pool on lb {
        run  `echo "show servers state wiki" | socat stdio /run/haproxy/admin.sock | awk '$4 == "wiki-web2" { print $7 }' >/var/tmp/inside`
        undo none "it only looks"
      }
    }
    step last on web { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// A timer whose work takes seconds, a file of cron's, a crontab, and a page for maintenance.
const THINGS: &str = "set -e
    printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c \"echo begun >>/var/tmp/lab; sleep 2; echo ended >>/var/tmp/lab\"\\n' >/etc/systemd/system/lab.service
    printf '[Timer]\\nOnActiveSec=0\\nOnUnitInactiveSec=100ms\\nAccuracySec=10ms\\n' >/etc/systemd/system/lab.timer
    systemctl daemon-reload; systemctl start lab.timer
    echo '* * * * * root true' >/etc/cron.d/lab
    printf 'MAILTO=ops\\n# the night\\n0 3 * * * true\\n' | crontab -u ops -
    printf 'ErrorDocument 503 \"We are back at ten\"\\nRedirect 503 /closed\\n' >/etc/apache2/conf-enabled/closed.conf
    systemctl reload apache2";

/// The pair of commands of a site, and the one that asks.
const POOL: &str = "cd /usr/local/bin
    printf '#!/bin/sh\\necho \"set server wiki/$1 state drain\" | socat stdio /run/haproxy/admin.sock' >depool
    printf '#!/bin/sh\\necho \"set server wiki/$1 state ready\" | socat stdio /run/haproxy/admin.sock' >pool
    printf '#!/bin/sh\\necho \"show servers state wiki\" | socat stdio /run/haproxy/admin.sock | server=$1 awk \\x27$4 == ENVIRON[\"server\"] { exit $7 != 0 }\\x27' >pooled
    chmod 755 depool pool pooled";

fn run(lab: &Lab, desk: &Desk, text: &str, more: &[&str]) -> Ran {
    let file = desk.file("a.runbook", text).display().to_string();
    let args = ["run", &file, "--ssh-config", &lab.file("ssh/config")].map(str::to_owned);
    lab.runbook(desk, &args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>())
}

#[test]
fn timers_cron_and_a_balancer_are_held_and_given_back_and_what_was_others_is_left() {
    let lab = Lab::of("wiki");
    let (web, desk) = ("wiki-web2", Desk::new());
    lab.ssh(web, THINGS);
    lab.ssh("wiki-lb", POOL);
    let pool = || lab.ssh("wiki-lb", "echo 'show servers state wiki' | socat stdio /run/haproxy/admin.sock | awk '/ wiki / { print $4, $7 }' | xargs");
    let look = || fingerprint(&lab, web, "") + &lab.ssh(web, "crontab -u ops -l; systemctl is-active lab.timer || :") + &pool();
    let was = look();
    let inside = |more: &[&str], status: i32| {
        lab.ssh(web, "until [ \"$(systemctl show -p ActiveState --value lab.service)\" = activating ]; do sleep 0.1; done");
        let ran = run(&lab, &desk, SCOPES, more);
        assert_eq!(ran.status, status, "{ran:?}");
        same(&was, &look(), "given back");
        lab.ssh(web, "cat /var/tmp/inside; rm /var/tmp/inside") + "\n" + &lab.ssh("wiki-lb", "cat /var/tmp/inside")
    };
    for (more, status) in [(&[] as &[&str], 0), (&["-p", "fails=true"], 4)] {
        let said = inside(more, status);
        assert!(said.starts_with("inactive inactive\nnothing was cut off\n"), "{said}");
        let run_id = desk.runbook(["show", "last", "--format", "json"]).out;
        let run_id = serde_json::from_str::<serde_json::Value>(&run_id).expect("JSON")["run"].as_str().expect("an id").to_owned();
        assert!(said.contains(&format!("lab.paused-{run_id}~\n")), "{said}");
        assert!(said.contains(&format!("#runbook-{run_id} MAILTO=ops\n#runbook-{run_id} # the night\n#runbook-{run_id} 0 3 * * * true\n")), "{said}");
        assert!(said.ends_with("\n8"), "it is drained: {said}");
    }

    // What somebody else holds is held on.
    lab.ssh(web, "systemctl stop lab.timer; until [ \"$(systemctl show -p ActiveState --value lab.service)\" = inactive ]; do sleep 0.1; done; mv /etc/cron.d/lab /etc/cron.d/lab.paused-theirs");
    lab.ssh("wiki-lb", "echo 'set server wiki/wiki-web2 state maint' | socat stdio /run/haproxy/admin.sock");
    let was = look();
    let ran = run(&lab, &desk, SCOPES, &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    same(&was, &look(), "left to whom it belongs");
    // A misspelt name is no timer at rest.
    let ran = run(&lab, &desk, SCOPES, &["-p", "timer=labb.timer"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert!(ran.err.contains("there is no timer of this name"), "{ran:?}");
}

const RELOADS: &str = r#"
runbook actions.reloads "What reads its files anew, and who is told" {
  owner  "sre"
  source "made for a test"
  target web: host = "wiki-web2"

  step tell on web { use notify.wall(text: "the wiki closes at ten") }
  step ssh on web { use service.reloaded(name: "ssh") }
  step php on web { use php.fpm_reloaded(unit: "php8.2-fpm") }
  step apache on web { use apache.reloaded }
  step closed on web { use http.in_maintenance(url: "http://localhost/closed", text: "back at ten", within: 3s) }
}
"#;

#[test]
fn what_is_reloaded_goes_on_with_its_new_files_and_only_if_they_are_sound_and_users_are_told() {
    let lab = Lab::of("wiki");
    let (web, desk) = ("wiki-web2", Desk::new());
    lab.ssh(web, &THINGS.replace("systemctl reload apache2", "true"));
    lab.ssh(web, "printf '[www]\\nphp_admin_value[memory_limit] = 77M\\n' >/etc/php/8.2/fpm/pool.d/zzz.conf; echo '<?php echo ini_get(\"memory_limit\");' >/var/www/html/limit.php");
    let pids = || lab.ssh(web, "systemctl show -p MainPID --value apache2 php8.2-fpm ssh | xargs");
    let was = pids();
    // Somebody sits at a terminal of that host.
    let mut user = lab.command().args(["ssh", web, "-tt", "echo here; exec sleep 600"]).stdout(Stdio::piped()).spawn().expect("a user");
    until("the user is there", || lab.ssh(web, "who | wc -l") == "1");

    let done = run(&lab, &desk, RELOADS, &[]);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(pids(), was, "nothing was restarted");
    assert_eq!(lab.ssh(web, "curl -s http://localhost/limit.php"), "77M");
    lab.ssh(web, "pkill -x sleep");
    let mut screen = String::new();
    user.stdout.take().expect("a screen").read_to_string(&mut screen).expect("what it shows");
    assert!(screen.contains("the wiki closes at ten"), "{screen}");
    let _ = user.wait();

    for (broken, step, step_id) in
        [("/etc/apache2/conf-enabled/bad.conf", "Nonsense on", "apache"), ("/etc/php/8.2/fpm/pool.d/bad.conf", "[www]\nnonsense = 1", "php")]
    {
        lab.ssh(web, &format!("printf '%s\\n' '{step}' >{broken}"));
        let refused = run(&lab, &desk, RELOADS, &[]);
        assert_eq!((refused.status, desk.stage(&format!("{step_id}@{web}")).as_str()), (3, "refused"), "{refused:?}");
        assert_eq!(desk.attempts(&format!("{step_id}@{web}")), 0, "nothing was sent: {refused:?}");
        assert_eq!(lab.ssh(web, &format!("rm {broken}; curl -s http://localhost/limit.php")), "77M", "it serves on");
    }
}

const GREEN: &str = r#"
runbook actions.green "Icinga and Puppet" {
  owner  "sre"
  source "made for a test"
  param icinga: bool  = false
  param enable: string = ""
  param run: bool     = false
  param fails: bool   = false
  param login: path
  target web: host = "matomo1002"
  target db: host  = "db1108"

  boundary all "All or nothing" {
    step green on local {
      when icinga
      use  icinga.green(hosts: [db], service: "matomo", within: 12s, api: "https://alert1001:5665", login: login)
    }
    step enable on web {
      when enable != ""
      use  puppet.enabled(reason: enable)
    }
    step ran on web {
      when run
      use  puppet.ran(within: 1m)
    }
    step last on web { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

#[test]
fn icinga_is_waited_for_until_green_and_puppet_is_enabled_by_who_disabled_it_alone() {
    let lab = Lab::up();
    let desk = Desk::new();
    let login = format!("login={}", lab.file("icinga/curl.conf"));
    let ask = |more: &[&str]| run(&lab, &desk, GREEN, &[&["-p", &login], more].concat());
    let instance = "mariadb@matomo";

    assert_eq!(ask(&["-p", "icinga=true"]).status, 0);
    lab.ssh("db1108", &format!("systemctl stop {instance}"));
    let red = ask(&["-p", "icinga=true"]);
    assert_eq!(red.status, 4, "{red:?}");
    assert!(red.err.contains("mariadb matomo: state 2"), "it says what is red: {red:?}");
    lab.ssh("db1108", &format!("systemctl start {instance}"));
    assert_eq!(ask(&["-p", "icinga=true"]).status, 0, "it is checked anew, and not believed what was");

    let lock = || lab.ssh("matomo1002", "cat $(puppet config print --section agent agent_disabled_lockfile) 2>/dev/null || echo enabled");
    lab.ssh("matomo1002", "puppet agent --disable 'a \"reason\" \\ of theirs'");
    let theirs = lock();
    let refused = ask(&["-p", "enable=a reason of ours"]);
    assert_eq!((refused.status, lock()), (4, theirs.clone()), "{refused:?}");
    assert!(refused.err.contains("somebody else has disabled Puppet"), "{refused:?}");
    let waits = ask(&["-p", "run=true"]);
    assert_eq!(waits.status, 4, "while it is disabled it is not waited for: {waits:?}");
    let back = ask(&["-p", "enable=a \"reason\" \\ of theirs", "-p", "fails=true"]);
    assert_eq!((back.status, lock()), (4, theirs), "disabled again on the way back: {back:?}");
    assert_eq!(ask(&["-p", "enable=a \"reason\" \\ of theirs"]).status, 0);
    assert_eq!(lock(), "enabled");

    let file = desk.file("a.runbook", GREEN).display().to_string();
    let args = ["run", &file, "--ssh-config", &lab.file("ssh/config"), "-p", &login, "-p", "run=true"].map(str::to_owned);
    let engine = lab.runbook_command(&desk, &args).spawn().expect("the binary runs");
    std::thread::sleep(std::time::Duration::from_secs(2));
    lab.ssh("matomo1002", "puppet agent -t || [ $? = 2 ]");
    let ran = engine.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
}

//! Values where no program's argument stands: folders, files, users, locks, hosts, and the texts that people read.

use super::values::{Canary, groups, params, short};
use super::world::{Shell, World};

const RUNBOOK: &str = r#"
runbook hostile.fields "A value as a folder and a file" {
  param groups: json
  param out: path
  target there: host = local
  shell "SHELL"
  for group in groups {
    step make "Make {{ group.v[0] }}" on there { run `mkdir -p -- {{ out }}/{{ group.name }}.in/{{ group.v[0] }}`; undo none "a folder" }
    step inside on there {
      cwd "{{ out }}/{{ group.name }}.in/{{ group.v[0] }}"
      run `pwd -P > {{ out }}/{{ group.name }}.pwd`
      undo none "a file"
    }
    step up on there { upload "sent.txt" to "{{ out }}/{{ group.name }}.in/{{ group.v[0] }}/up {{ group.name }}"; undo none "a file" }
    step down on there { download "{{ out }}/{{ group.name }}.in/{{ group.v[0] }}/up {{ group.name }}" to "down/{{ group.name }}"; undo none "a copy" }
  }
}
"#;

/// With every value, or with every second one and so on.
fn folders_and_files(world: &World, every: usize) {
    let canary = Canary::new(&world.desk);
    let groups = groups(short(&canary).into_iter().step_by(every).collect(), 1);
    world.desk.file("sent.txt", "sent");
    world.desk.file("down/.keep", "");
    let file = world.desk.file("fields.runbook", RUNBOOK.replace("SHELL", world.shell.word()));
    let ran = world.run(&file, &["--params", &params(&world.desk, &groups)]);
    canary.sings_not();
    assert_eq!(ran.status, 0, "{:?}: {:#?}", world.shell, ran.err.lines().rev().take(30).collect::<Vec<_>>());
    for hostile in groups.iter().flatten() {
        let name = &hostile.name;
        let folder = world.desk.path("out").join(format!("{name}.in/{}", hostile.value));
        let whole = std::fs::canonicalize(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(world.desk.read(format!("out/{name}.pwd").as_str()), format!("{}\n", whole.display()), "{name}");
        assert_eq!(world.desk.read(format!("down/{name}").as_str()), "sent", "{name}");
    }
    assert!(!ran.err.contains(is_control) && !ran.out.contains(is_control), "what a person reads has no control characters in it");
}

/// What a terminal would obey.
fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

#[test]
fn a_hostile_folder_and_a_hostile_file_are_that_folder_and_that_file_locally() {
    folders_and_files(&World::local(Shell::Bash), 1);
}

#[test]
fn a_hostile_folder_and_a_hostile_file_are_that_folder_and_that_file_over_ssh() {
    folders_and_files(&World::ssh(Shell::Dash), 3);
}

/// The client's own configuration hands the host's name to a shell: a name that could run there is refused.
#[test]
fn a_hostile_host_a_hostile_user_and_a_hostile_lock_run_nothing() {
    let world = World::local(Shell::Dash);
    let canary = Canary::new(&world.desk);
    let ssh = world.desk.file("ssh_config", "Host *\n  ProxyCommand false %h %n %r\n  LocalCommand true %n\n  ConnectTimeout 1\n");
    let ssh = ssh.to_string_lossy().into_owned();
    let host =
        world.desk.file("host.runbook", "runbook a \"A\" {\n  param word: host\n  target t = [word]\n  step s on t { run `true`; undo none \"x\" }\n}\n");
    let user =
        world.desk.file("user.runbook", "runbook a \"A\" {\n  param word: string\n  step s on local { as \"{{ word }}\"; run `true`; undo none \"x\" }\n}\n");
    let lock = world
        .desk
        .file("lock.runbook", "runbook a \"A\" {\n  param word: string\n  lock \"{{ word }}\"\n  step s on local { run `true`; undo none \"x\" }\n}\n");
    for (number, hostile) in short(&canary).iter().enumerate() {
        let given = world.desk.file("word.json", serde_json::json!({ "word": hostile.value }).to_string());
        let given = given.to_string_lossy().into_owned();
        // Hosts are refused at once; the others cost a preflight.
        for file in [&host, &user, &lock].into_iter().take(if number % 4 == 0 { 3 } else { 1 }) {
            let ran = world.run(file, &["--params", &given, "--ssh-config", &ssh]);
            canary.sings_not();
            let ends: &[i32] = if file == &lock { &[0, 2, 7] } else { &[2, 7] };
            assert!(ends.contains(&ran.status), "{}: {ran:?}", hostile.name);
            assert!(!ran.err.contains(is_control), "{}: {:?}", hostile.name, ran.err);
        }
    }
}

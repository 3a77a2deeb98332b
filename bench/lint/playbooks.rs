//! Playbooks that both yamllint and ansible-lint call clean, no two alike.

use std::fmt::Write as _;

use crate::runbooks::{Words, pick};

/// One playbook of so many tasks.
pub(crate) fn playbook(number: usize, tasks: usize) -> String {
    let words = Words::of(number);
    let mut text = format!("---\n- name: {}\n  hosts: {}\n  become: true\n  vars:\n    site_release: \"{number}.4.1\"\n  tasks:\n", title(&words), words.group);
    for at in 0..tasks {
        // Writing to a text can't fail.
        let _ = write!(text, "{}", task(number, at, &words));
    }
    text
}

fn title(words: &Words) -> String {
    format!("Roll out {} to {}", words.service, words.group)
}

fn task(number: usize, at: usize, words: &Words) -> String {
    let Words { service, package, folder, user, .. } = words;
    let n = number * 31 + at;
    let body = match (number + at) % 9 {
        0 => format!("- name: Install {package} ({at})\n  ansible.builtin.apt:\n    name: {package}\n    state: present\n    update_cache: true\n"),
        1 => format!("- name: Restart {service} ({at})\n  ansible.builtin.service:\n    name: {service}\n    state: restarted\n"),
        2 => format!(
            "- name: Make the folder of release {n}\n  ansible.builtin.file:\n    path: {folder}/releases/{n}\n    state: directory\n    owner: {user}\n    mode: \"0755\"\n"
        ),
        3 => format!(
            "- name: Write the configuration {n}\n  ansible.builtin.copy:\n    content: |\n      mode = {}\n      workers = {n}\n    dest: {folder}/conf.d/{n}.conf\n    owner: {user}\n    mode: \"0644\"\n",
            pick(n, &["live", "drain", "dark"])
        ),
        4 => format!(
            "- name: Look whether {service} answers ({at})\n  ansible.builtin.uri:\n    url: http://localhost:{}/healthz\n    status_code: 200\n  register: {service}_answer_{at}\n  until: {service}_answer_{at}.status == 200\n  retries: 30\n  delay: 2\n",
            8000 + n % 1000
        ),
        5 => format!(
            "- name: Switch the link of {service} ({at})\n  ansible.builtin.file:\n    src: {folder}/releases/{n}\n    dest: {folder}/live\n    state: link\n"
        ),
        6 => format!(
            "- name: Have a line for {user} ({at})\n  ansible.builtin.lineinfile:\n    path: /etc/cron.d/{service}\n    line: \"{} 4 * * * {user} {folder}/bin/rotate {n}\"\n    create: true\n    mode: \"0644\"\n",
            n % 60
        ),
        7 => format!(
            "- name: Ask how full the disk is ({at})\n  ansible.builtin.command:\n    cmd: df --output=pcent {folder}\n  register: disk_{at}\n  changed_when: false\n"
        ),
        _ => format!("- name: Wait for the port of {service} ({at})\n  ansible.builtin.wait_for:\n    port: {}\n    timeout: {}\n", 9000 + n % 500, 30 + at),
    };
    body.lines().map(|line| format!("    {line}\n")).collect()
}

//! A guard looks. It may be asked at any time, and more than once.

use grammar::diagnostic::Severity;

use super::shell::{Layer, change};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0366",
    severity: Severity::Warning,
    title: "a command that only looks changes something",
    explanation: "`check`, `verify`, `require`, `fact` and `show` are asked before anything has begun, again and again while they are waited for, and once more after a crash. They are no jobs: no record is kept of them, and nothing undoes what they did. What changes something is a `run`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { verify `systemctl restart nginx; curl -fsS http://localhost/` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `systemctl restart nginx`\n verify `curl -fsS http://localhost/` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands.iter().filter(|said| said.role.only_reads()) {
        for simple in said.facts.simples.iter().filter(|simple| !said.facts.functions.contains(&simple.name) && simple.stands.layer != Layer::Code) {
            if let Some(change) = change(said, simple) {
                found.add(
                    said.span(change.at),
                    format!("a `{}` only looks, and this {}", said.role.word(), change.does),
                    change.does,
                    "move it into a `run`, with an `undo`; a file of its own belongs into /tmp",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{found, silent};
    use super::RULE;

    fn each(field: &str, commands: &[&str]) {
        for command in commands {
            assert_eq!(found(RULE.code, field, command).len(), 1, "{field}: {command}");
        }
    }

    #[test]
    fn a_change_is_found_in_every_guard() {
        for field in ["check", "verify", "require", "fact", "flag"] {
            each(field, &["systemctl restart x"]);
            silent(RULE.code, field, &["systemctl is-active -q x"]);
        }
        silent(RULE.code, "run", &["systemctl restart x"]);
        silent(RULE.code, "undo", &["rm -rf /srv/x"]);
    }

    #[test]
    fn changes_of_all_kinds_are_found() {
        each(
            "check",
            &[
                "rm -f /etc/x",
                "mv a b",
                "cp a /etc/x",
                "sed -i s/a/b/ /etc/x",
                "a | tee /etc/x",
                "echo x > /etc/x",
                "date >> {{ folder }}/log",
                "touch /srv/marker",
                "mkdir -p /srv/a",
                "f=/etc/x; rm \"$f\"",
                "service x stop",
                "apt-get install -y x",
                "mysql -e 'stop slave'",
                "mysql -Ne \"set global read_only = 1\"",
                "psql -c 'DELETE FROM t'",
                "sqlite3 a.db 'insert into t values (1)'",
                "puppet agent --disable x",
                "puppet agent -t",
                "kill 1",
                "pkill -HUP x",
                "reboot",
                "curl -fsS -X POST http://x/reload",
                "curl -fsS -d a=b http://x/jobs",
                "kubectl rollout restart deploy/x",
                "docker stop x",
                "iptables -A INPUT -j DROP",
                "ip link set eth0 down",
                "sysctl -w vm.swappiness=1",
                "umount /mnt",
                "redis-cli flushall",
                "git pull",
                "crontab -r",
                "tar xf /srv/a.tar",
                "useradd bot",
            ],
        );
    }

    #[test]
    fn what_only_looks_is_let_alone() {
        silent(
            RULE.code,
            "check",
            &[
                "systemctl status x; systemctl show -p A x; service x status; systemctl list-units",
                "a >/dev/null 2>&1; b 2>/dev/null; echo x >&2; a > /tmp/x",
                "t=$(mktemp); a > \"$t\"; cmp \"$t\" /etc/x; rm -f \"$t\"",
                "rm -f /tmp/x; mkdir -p /tmp/d; cp /etc/x /tmp/x; touch /var/tmp/x",
                "sed -n 5p /etc/x; sed 's/a/b/' /etc/x; sed -e i /etc/x",
                "a | tee /dev/stderr | grep -q x",
                "apt-get -s upgrade; apt list --upgradable; dpkg -l x; rpm -q x; apt-cache policy x; dnf list x; apt-get update",
                "mysql -e 'show slave status'; mysql -e 'select 1; select 2'; mysql -e 'set names utf8'; psql -c 'select 1'; psql -Atc 'show all'",
                "puppet agent --test --noop; puppet config print x",
                "kill -0 1; kill -s 0 1; pgrep x; kill -l",
                "curl -fsS http://x; curl -fsS -G -d a=b http://x; curl -fsS -X GET http://x; curl -fsS -d '{}' http://x/_search; curl -sS -f -K f http://x --data-binary \"$2\" \"${@:3}\"",
                "kubectl get pods; kubectl rollout status deploy/x; kubectl apply --dry-run=server -f x; docker ps; docker inspect x; docker exec x true",
                "iptables -S; ip addr show; sysctl -n vm.swappiness; mount; mount -l; ufw status; nft list ruleset",
                "redis-cli get x; git status; git log; git diff; git rev-parse HEAD; crontab -l; tar tf a; tar xOf a b",
                "echo 'rm -rf /'; printf 'reboot\\n'; grep -q reboot f; test -e /run/reboot-required",
                "rsync -n a/ b/; rsync --dry-run a/ /srv/b/; passwd -S bot; id bot; getent passwd bot",
                "terraform plan; helm status x; aws ec2 describe-instances; vault status; zpool status; zfs list",
                "command -v systemctl; type rm; which kill",
            ],
        );
    }
}

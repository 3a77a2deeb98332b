//! Nobody sits at the terminal of a step.

use grammar::diagnostic::Severity;

use super::shell::{At, asks};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0353",
    severity: Severity::Warning,
    title: "a command waits for a person",
    explanation: "A step has no terminal and reads nothing unless it says `stdin`. A program that asks \"go on?\" takes the silence for a no and fails; an editor or a client for databases ends at once, having done nothing, and the step may even succeed. What a person is to decide is a `gate`, what a person is to enter is a `param`.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `apt-get install nginx` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `apt-get install -y nginx` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        for simple in said.facts.simples.iter().filter(|simple| !said.facts.functions.contains(&simple.name)) {
            let given = simple.stands.fed || said.has_stdin;
            let Some(asks) = asks(said, simple, given) else { continue };
            let at = if asks.insert.is_some() { simple.at } else { simple.name_at().to(simple.at) };
            let note = found.add(said.span(at), format!("`{}` {}, and nobody is there", simple.name, asks.waits), "made for a person", asks.write);
            if let Some((place, words)) = asks.insert {
                let title = format!("answer beforehand: `{}`", words.trim());
                note.mend_unsafely(title, said.edit(program, At { start: place.end, end: place.end }, &words));
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
    fn what_asks_whether_to_go_on_is_found() {
        each(
            "run",
            &[
                "apt-get install nginx",
                "sudo apt -q upgrade",
                "DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold dist-upgrade",
                "dnf --enablerepo=epel install x",
                "yum update",
                "zypper in x",
                "pacman -Syu",
                "lvremove vg/old",
                "docker system prune",
                "terraform apply",
                "ufw enable",
                "fsck /dev/sda1",
                "unzip a.zip -d /srv",
                "passwd bot",
                "mysql_secure_installation",
                "pip uninstall x",
                "adduser bot",
            ],
        );
    }

    #[test]
    fn what_is_made_for_a_terminal_is_found() {
        each(
            "run",
            &[
                "vi /etc/hosts",
                "sudo -u app nano f",
                "crontab -e",
                "visudo",
                "systemctl edit x",
                "less f",
                "a | more",
                "top",
                "rm -i f",
                "cp -ai a b",
                "git commit",
                "git rebase -i HEAD~3",
                "su - app",
                "sudo -i",
                "read -r answer",
                "ssh db1",
                "ssh-keygen -t ed25519",
                "mysql -S /run/x.sock",
                "mysqldump -u root -p shop",
                "psql -h db shop",
                "sqlite3 a.db",
                "redis-cli",
                "python3",
                "fdisk /dev/sda",
                "parted /dev/sda mklabel gpt",
                "gpg --gen-key",
                "docker exec -it web sh",
                "docker run --rm -i -t x",
                "kubectl exec -it web -- sh",
                "docker login registry",
                "openssl req -new -key k -out c",
                "dpkg-reconfigure tzdata",
                "update-alternatives --config java",
                "ansible-playbook -K site.yml",
            ],
        );
        each("check", &["psql shop"]);
    }

    #[test]
    fn what_was_told_beforehand_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "apt-get install -y nginx",
                "apt-get -qy install nginx",
                "apt-get -qq install nginx",
                "apt-get install --yes --no-install-recommends nginx",
                "apt-get -o APT::Get::Assume-Yes=true install nginx",
                "apt-get update; apt-cache policy x; apt list --installed",
                "yes | apt-get install nginx",
                "dnf -y install x; dnf list installed; yum -q -y update",
                "zypper --non-interactive in x; zypper -n up",
                "pacman --noconfirm -Syu; pacman -Qs x; pacman -Ss x",
                "docker system prune -f; docker ps; docker run --rm x",
                "terraform apply -auto-approve; terraform apply plan.out; terraform plan",
                "fsck -y /dev/sda1; fsck -n /dev/sda1",
                "unzip -o a.zip; unzip -l a.zip; unzip -qo a.zip",
                "passwd -l bot; echo x | passwd --stdin bot; echo a:b | chpasswd",
                "adduser --system bot; adduser --disabled-password --gecos '' bot; adduser bot group",
                "mysql_secure_installation --use-default",
            ],
        );
        silent(
            RULE.code,
            "run",
            &[
                "vim -es -c '%s/a/b/' -c wq f; ex -s f",
                "visudo -cf /etc/sudoers.d/x",
                "crontab -l; crontab f",
                "systemctl status x",
                "cat f; a | cat",
                "top -b -n 1",
                "rm -f f; rm -rf d; rm -if f",
                "git commit -m x; git commit -am x; git commit --amend --no-edit; git rebase main; git add .",
                "su - app -c 'x'; sudo -u app x",
                "while read -r l; do x; done <f; a | while read l; do x; done; read -r x <f; read -r y <<<a; read -u 3 z",
                "ssh db1 uptime; ssh -N -f -L 1:a:2 db1; ssh -o BatchMode=yes db1 <f",
                "ssh-keygen -t ed25519 -N '' -f k; ssh-keygen -R h; ssh-keygen -lf k",
                "mysql -e 'select 1'; mysql -Ne 'select 1'; mysql shop <f.sql; zcat f | mysql shop; mysql -pS3cret -e x; mysql --version",
                "psql -c 'select 1'; psql -Atc 'select 1'; psql -f x; psql -l",
                "sqlite3 a.db 'select 1'; redis-cli ping; redis-cli -h a ping; redis-cli --scan",
                "python3 x.py; python3 -c 'x'; python3 <<'E'\nx\nE",
                "fdisk -l; echo x | fdisk /dev/sda; parted -s /dev/sda mklabel gpt; sfdisk /dev/sda <f",
                "gpg --import k; gpg --batch --gen-key f; gpg --dearmor <k",
                "docker exec web sh -c x; docker exec -i web x; docker run -t x; docker exec web ls -it",
                "kubectl exec web -- ls -it; kubectl get pods -w",
                "openssl req -new -key k -out c -subj /CN=x; openssl x509 -in c",
                "dpkg-reconfigure -f noninteractive tzdata; DEBIAN_FRONTEND=noninteractive dpkg-reconfigure x",
                "bash x.sh; bash -c x; sh <f; bash <<'E'\nx\nE",
                "read() { :; }; read",
            ],
        );
        silent(RULE.code, "given", &["apt-get install nginx", "read -r x", "psql shop"]);
    }
}

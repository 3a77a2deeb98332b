//! What stands on a command line is no secret.

use std::collections::BTreeSet;

use grammar::ast::Operand;
use grammar::diagnostic::Severity;
use grammar::source::Span;

use super::shell::{is_secret_name, looks_secret, secrets};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0365",
    severity: Severity::Warning,
    title: "a secret on a command line",
    explanation: "Every user of a host can list its processes with their arguments, and the shell's history, audit logs and this runbook's own record keep them. A password, a token or a key is given by `stdin`, by `env`, or by a file that the program reads: `--defaults-extra-file`, `curl -K`, `~/.pgpass`. And one that is written out in a runbook is known to everybody who can read the runbook.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `mysqldump -u backup -pS3cret shop > /srv/shop.sql` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `mysqldump --defaults-extra-file=/etc/mysql/backup.cnf shop > /srv/shop.sql` } }",
    find,
};

const HELP: &str = "give it by `stdin` or `env` from a `secret`, or let the program read a file";

fn find(_: &Program, found: &mut Found<'_>) {
    let mut told: BTreeSet<Span> = BTreeSet::new();
    for said in found.commands {
        for secret in secrets(said) {
            let span = said.span(secret.at);
            if told.insert(span) {
                let message = if secret.written {
                    format!("{} is written out here", secret.what)
                } else {
                    format!("{} is seen by everybody who lists the host's processes", secret.what)
                };
                found.add(span, message, "no secret here", HELP);
            }
        }
        for (name, value) in &said.env {
            if let Operand::Literal(text) = value
                && is_secret_name(&name.value)
                && looks_secret(&text.text)
                && !text.text.contains("{{")
                && told.insert(text.span)
            {
                found.add(
                    text.span,
                    format!("`{}` is written out here", name.value),
                    "known to every reader",
                    "declare a `param` of the type `secret` and name it here",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{found, silent};
    use super::RULE;
    use crate::lint::tests::linted;

    fn each(commands: &[(&str, &str)]) {
        for (command, at) in commands {
            assert_eq!(found(RULE.code, "run", command), [*at], "{command}");
        }
    }

    #[test]
    fn secrets_are_found_where_programs_take_them() {
        each(&[
            ("mysql -u root -pS3cret -e x", "-pS3cret"),
            ("mysqladmin --password=S3cret ping", "--password=S3cret"),
            ("app login --token abc123", "abc123"),
            ("app --api-key \"$KEY\" x", "\"$KEY\""),
            ("app --client-secret={{ name }}", "--client-secret={{ name }}"),
            ("sshpass -p hunter2 ssh h x", "hunter2"),
            ("redis-cli -a hunter2 ping", "hunter2"),
            ("curl -fsS -u bot:hunter2 https://x", "bot:hunter2"),
            ("curl -fsS -H 'Authorization: Bearer abc' https://x", "'Authorization: Bearer abc'"),
            ("curl -fsS -H \"PRIVATE-TOKEN: $T\" https://x", "\"PRIVATE-TOKEN: $T\""),
            ("git clone https://bot:hunter2@x/y", "https://bot:hunter2@x/y"),
            ("pg_dump postgres://app:pw@db/shop", "postgres://app:pw@db/shop"),
            ("PGPASSWORD=hunter2 psql -c x", "PGPASSWORD=hunter2"),
            ("export AWS_SECRET_ACCESS_KEY=abc/def+1; x", "AWS_SECRET_ACCESS_KEY=abc/def+1"),
            ("password='hunter 2'; x", "password='hunter 2'"),
            ("mysql -e \"alter user a identified by 'hunter2'\"", "\"alter user a identified by 'hunter2'\""),
            ("echo bot:hunter2 | chpasswd", "bot:hunter2"),
            ("echo hunter2 | docker login --password-stdin r", "hunter2"),
            ("openssl enc -aes-256-cbc -pass pass:hunter2 -in a", "pass:hunter2"),
            ("x ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
            ("rabbitmqctl add_user bot hunter2", "hunter2"),
            ("ldapsearch -x -D cn=a -w hunter2", "hunter2"),
        ]);
    }

    #[test]
    fn what_is_no_secret_or_not_on_the_command_line_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "mysql --defaults-extra-file=/etc/x -e x; mysql -p; mysql -P 3306 -e x; mysqldump --port=3306 x",
                "app --password-file=/etc/x --token-file /etc/y --password-stdin",
                "curl -fsS -K /etc/x https://x; curl -fsS -n https://x; curl -fsS -u bot: https://x; curl -fsS -H 'Accept: a' https://x; curl -fsS -H @/etc/h https://x",
                "git clone git@x:y; git clone https://x/y; ssh -p 22 h x; scp -P 22 a b:c; curl -fsS http://h:8080/a@b",
                "PGPASSFILE=/etc/x psql -c x; PGPASSWORD=\"$pw\" psql -c x; TOKEN=$(cat f); password=$(cat f); password=",
                "pass=0; fail=0; token_count=3; max_tokens=100; PASSWORD_FILE=/etc/x",
                "mkdir -p a; cp -p a b; tar -cpf a b; ps -p 1; docker run -p 80:80 x; grep -p x f; sshpass -f f ssh h x; sshpass -e ssh h x",
                "passwd --lock x; openssl x509 -passin file:/etc/x -in a; openssl rsa -passin env:P -in a",
                "kubectl create secret generic x --from-file=password=/etc/x",
                "echo \"$pw\" | chpasswd; cat f | docker login --password-stdin r",
                "vault token lookup; app token list; echo 'Password: '; grep -q password /etc/x; sed -i 's/password = .*/x/' f",
                "app --no-password --password-policy=strict --token-ttl 5m",
            ],
        );
    }

    #[test]
    fn a_secret_in_the_environment_is_found_once_where_it_is_written() {
        let text = "runbook x { target h: host = \"h1\"\n env { PGPASSWORD = \"hunter2\"; PGHOST = \"db\"; TOKEN_FILE = \"/etc/t\" }\n step a on h { verify `psql -c x` }\n step b on h { verify `psql -c y` } }";
        let found: Vec<_> = linted(text).into_iter().filter(|d| d.code == RULE.code).map(|d| text[d.span.start..d.span.end].to_owned()).collect();
        assert_eq!(found, ["hunter2"]);
    }
}

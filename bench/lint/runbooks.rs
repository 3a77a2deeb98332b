//! Runbooks as a team has them: params, facts, boundaries, gates, loops, parallel parts, actions of the standard library
//! and commands of their own; half in each spelling, no two alike, and each of them clean.

use std::fmt::Write as _;

/// What one file speaks of.
pub(crate) struct Words {
    pub(crate) group: &'static str,
    pub(crate) service: &'static str,
    pub(crate) package: &'static str,
    pub(crate) folder: String,
    pub(crate) user: &'static str,
}

impl Words {
    pub(crate) fn of(number: usize) -> Self {
        let service = pick(number, &["nginx", "haproxy", "matomo", "varnish", "memcached", "redis", "grafana", "postfix", "bind9", "chrony", "gitea"]);
        Self {
            group: pick(number / 3, &["web", "cache", "frontends", "edge", "backends"]),
            service,
            package: pick(number / 2, &["nginx", "haproxy", "php-fpm", "varnish", "curl", "rsync", "logrotate"]),
            folder: format!("/srv/{service}-{number}"),
            user: pick(number / 5, &["deploy", "www-data", "ops", "site"]),
        }
    }
}

pub(crate) fn pick<'a>(number: usize, from: &[&'a str]) -> &'a str {
    from.get(number % from.len()).copied().unwrap_or_default()
}

/// A step, written in either spelling.
struct Step {
    id: String,
    title: String,
    on: &'static str,
    fields: Vec<(&'static str, Value)>,
}

enum Value {
    /// A command of one line or of several.
    Command(String),
    /// A command, asked again until it holds.
    Polled(String, &'static str, &'static str),
    /// An action with its arguments, as they stand in native and in YAML.
    Use(&'static str, Vec<(&'static str, String, String)>),
    None(String),
    Plain(String),
}

/// The name of the file, and its text.
pub(crate) fn runbook(number: usize, steps: usize) -> (String, String) {
    let words = Words::of(number);
    // The middle part is done on two fleets side by side.
    let on = |at: usize| if at < steps / 2 || at >= steps * 2 / 3 { "fleet" } else { "mirror" };
    let all: Vec<Step> = (0..steps).map(|at| Step { on: on(at), ..step(number, at, &words) }).collect();
    if number.is_multiple_of(2) {
        (format!("r{number:03}.runbook"), native(number, &words, &all))
    } else {
        (format!("r{number:03}.runbook.yaml"), yaml(number, &words, &all))
    }
}

fn step(number: usize, at: usize, words: &Words) -> Step {
    use Value::{Command, None, Plain, Polled, Use};
    let Words { service, package, folder, user, .. } = words;
    let n = number * 31 + at;
    let text = |text: &str| (format!("\"{text}\""), text.to_owned());
    let arg = |name, value: &str| {
        let (native, yaml) = text(value);
        (name, native, yaml)
    };
    let (title, fields) = match (number + at) % 12 {
        0 => (
            format!("Install {package}"),
            vec![
                ("check", Command(format!("dpkg -s {package} > /dev/null 2>&1"))),
                ("run", Command(format!("apt-get install -y {package}"))),
                ("undo", Command(format!("apt-get remove -y {package}"))),
                ("timeout", Plain("10m".to_owned())),
            ],
        ),
        1 => (format!("Restart {service}"), vec![("use", Use("service.restarted", vec![arg("name", service)]))]),
        2 => (
            format!("Make the folder of release {n}"),
            vec![
                ("as", Value::Plain(format!("\"{user}\""))),
                ("check", Command(format!("test -d {folder}/releases/{n}"))),
                ("run", Command(format!("mkdir -p {folder}/releases/{n}"))),
                ("undo", Command(format!("rm -rf {folder}/releases/{n}"))),
            ],
        ),
        3 => (
            format!("Write the configuration {n}"),
            vec![(
                "use",
                Use(
                    "file.present",
                    vec![
                        arg("path", &format!("{folder}/conf.d/{n}.conf")),
                        (
                            "content",
                            format!("\"mode = {}\\nworkers = {n}\\n\"", pick(n, &["live", "drain"])),
                            format!("\"mode = {}\\nworkers = {n}\\n\"", pick(n, &["live", "drain"])),
                        ),
                    ],
                ),
            )],
        ),
        4 => (
            format!("{service} answers on {n}"),
            vec![(
                "verify",
                Polled(format!("[ \"$(curl -s -o /dev/null -w '%{{http_code}}' http://localhost:{}/healthz)\" = 200 ]", 8000 + n % 1000), "2s", "1m"),
            )],
        ),
        5 => (
            format!("Switch the link to {n}"),
            vec![
                ("check", Command(format!("[ \"$(readlink {folder}/live)\" = releases/{n} ]"))),
                (
                    "run",
                    Command(format!(
                        "readlink {folder}/live > {folder}/before-{n}\nln -sfn releases/{n} {folder}/live.new\nmv -T {folder}/live.new {folder}/live"
                    )),
                ),
                ("verify", Command(format!("[ \"$(readlink {folder}/live)\" = releases/{n} ]"))),
                ("undo", Command(format!("ln -sfn \"$(cat {folder}/before-{n})\" {folder}/live"))),
            ],
        ),
        6 => (
            format!("A line for {user}"),
            vec![(
                "use",
                Use(
                    "file.contains",
                    vec![arg("path", &format!("/etc/cron.d/{service}")), arg("line", &format!("{} 4 * * * {user} {folder}/bin/rotate {n}", n % 60))],
                ),
            )],
        ),
        7 => (
            format!("The release of {service} is {n}"),
            vec![
                ("env", Value::Plain(String::new())),
                ("check", Command(format!("grep -qxF -e {{{{ release }}}} {folder}/version-{n}"))),
                ("run", Command(format!("printf '%s\\n' {{{{ release }}}} > {folder}/version-{n}"))),
                ("undo", Command(format!("rm -f {folder}/version-{n}"))),
            ],
        ),
        8 => (
            format!("Drain {service}"),
            vec![
                (
                    "run",
                    Command(format!("for backend in a b c; do\n  echo \"set server {service}/$backend state drain\" | socat - /run/haproxy/admin.sock\ndone")),
                ),
                ("verify", Polled(format!("[ \"$(ss -Htn state established '( sport = :{} )' | wc -l)\" -lt {{{{ busy }}}} ]", 9000 + n % 500), "5s", "10m")),
                (
                    "undo",
                    Command(format!("for backend in a b c; do\n  echo \"set server {service}/$backend state ready\" | socat - /run/haproxy/admin.sock\ndone")),
                ),
            ],
        ),
        9 => (format!("Start {service}"), vec![("use", Use("service.running", vec![arg("name", service)]))]),
        10 => (
            format!("Keep what {folder} holds"),
            vec![
                ("run", Command(format!("tar -C {folder} -czf /var/backups/{service}-{n}.tar.gz conf.d"))),
                ("verify", Command(format!("gzip -t /var/backups/{service}-{n}.tar.gz"))),
                ("undo", None("a backup changes nothing".to_owned())),
                ("expect", Plain("30s".to_owned())),
            ],
        ),
        _ => (format!("Let {service} settle"), vec![("sleep", Plain(format!("{}s", 5 + n % 20)))]),
    };
    let fields = fields.into_iter().filter(|(key, _)| *key != "env").collect();
    Step { id: format!("s{at}-{}", service), title, on: "fleet", fields }
}

fn native(number: usize, words: &Words, steps: &[Step]) -> String {
    let mut text = format!(
        "# Made for a benchmark.\nrunbook bench.r{number} \"Roll out {} number {number}\" {{\n  about \"\"\"\n    Rolls {} out to {}, part by part.\n    \"\"\"\n  source \"made for a benchmark\"\n  owner  \"sre\"\n\n  param release: string = \"{number}.4.1\"\n  param busy: int       = {} {{ min 1; max 900 }}\n\n  target fleet  = [\"{}1\", \"{}2\", \"{}3\"]\n  target mirror = [\"mirror{number}\"]\n\n  fact load: int on fleet = `cut -d. -f1 /proc/loadavg`\n  require \"no host is busy\" max(load) < busy\n\n  during puppet.disabled(reason: \"release {number}\") on fleet release always\n\n",
        words.service,
        words.service,
        words.group,
        8 + number,
        words.group,
        words.group,
        words.group
    );
    let block = |text: &mut String, steps: &[Step], depth: usize| steps.iter().for_each(|step| native_step(text, step, depth));
    let [first, here, there, last] = parts(steps);
    text.push_str("  boundary prepare \"Nothing is live yet\" {\n    budget 1h\n");
    block(&mut text, first, 2);
    text.push_str("  }\n");
    // Writing to a text can't fail, here and below.
    let _ = write!(
        text,
        "  gate go-{number} \"Let release {{{{ release }}}} go live?\" {{\n    show    `uptime` on fleet\n    timeout 30m then park\n  }}\n  boundary live \"Its users see it\" {{\n    budget 2h\n    parallel {{\n      boundary here {{\n"
    );
    block(&mut text, here, 4);
    text.push_str("      }\n      boundary there {\n");
    block(&mut text, there, 4);
    text.push_str("      }\n    }\n");
    block(&mut text, last, 2);
    text.push_str("  }\n}\n");
    text
}

/// Before the gate, side by side on two fleets, and after that.
fn parts(steps: &[Step]) -> [&[Step]; 4] {
    let (first, rest) = steps.split_at(steps.len() / 3);
    let (here, rest) = rest.split_at(steps.len() / 2 - first.len());
    let (there, last) = rest.split_at(steps.len() * 2 / 3 - steps.len() / 2);
    [first, here, there, last]
}

fn native_step(text: &mut String, step: &Step, depth: usize) {
    let pad = "  ".repeat(depth);
    let _ = writeln!(text, "{pad}step {} \"{}\" on {} {{", step.id, step.title, step.on);
    for (key, value) in &step.fields {
        let written = match value {
            Value::Command(command) => native_command(command, depth + 1),
            Value::Polled(command, every, within) => format!("{} every {every} within {within}", native_command(command, depth + 1)),
            Value::Use(action, args) => {
                format!("{action}({})", args.iter().map(|(name, native, _)| format!("{name}: {native}")).collect::<Vec<_>>().join(", "))
            }
            Value::None(why) => format!("none \"{why}\""),
            Value::Plain(word) => word.clone(),
        };
        let _ = writeln!(text, "{pad}  {key:<6} {written}");
    }
    let _ = writeln!(text, "{pad}}}");
}

fn native_command(command: &str, depth: usize) -> String {
    if !command.contains('\n') {
        return format!("`{command}`");
    }
    let pad = "  ".repeat(depth + 1);
    format!("```\n{}{pad}```", command.lines().map(|line| format!("{pad}{line}\n")).collect::<String>())
}

fn yaml(number: usize, words: &Words, steps: &[Step]) -> String {
    let mut text = format!(
        "# Made for a benchmark.\nrunbook: bench.r{number}\ntitle: Roll out {} number {number}\nabout: |\n  Rolls {} out to {}, part by part.\nsource: made for a benchmark\nowner: sre\nparams:\n  release: {{type: string, default: {number}.4.1}}\n  busy: {{type: int, default: {}, min: 1, max: 900}}\ntargets:\n  fleet: {{is: [{}1, {}2, {}3]}}\n  mirror: {{is: [mirror{number}]}}\nfacts:\n  load: {{type: int, on: fleet, cmd: cut -d. -f1 /proc/loadavg}}\nrequire:\n  - {{why: no host is busy, that: max(load) < busy}}\nsteps:\n  - during: {{puppet.disabled: {{reason: release {number}}}}}\n    on: fleet\n    release: always\n",
        words.service,
        words.service,
        words.group,
        8 + number,
        words.group,
        words.group,
        words.group
    );
    let block = |text: &mut String, steps: &[Step], depth: usize| steps.iter().for_each(|step| yaml_step(text, step, depth));
    let [first, here, there, last] = parts(steps);
    text.push_str("  - boundary: prepare\n    title: Nothing is live yet\n    budget: 1h\n    steps:\n");
    block(&mut text, first, 3);
    let _ = write!(
        text,
        "  - gate: go-{number}\n    question: Let release {{{{ release }}}} go live?\n    show: {{cmd: uptime, on: fleet}}\n    timeout: {{after: 30m, then: park}}\n  - boundary: live\n    title: Its users see it\n    budget: 2h\n    steps:\n      - parallel:\n          - boundary: here\n            steps:\n"
    );
    block(&mut text, here, 7);
    text.push_str("          - boundary: there\n            steps:\n");
    block(&mut text, there, 7);
    block(&mut text, last, 3);
    text
}

fn yaml_step(text: &mut String, step: &Step, depth: usize) {
    let pad = "  ".repeat(depth);
    let _ = writeln!(text, "{pad}- step: {}\n{pad}  title: {}\n{pad}  on: {}", step.id, step.title, step.on);
    for (key, value) in &step.fields {
        let written = match value {
            Value::Command(command) => yaml_command(command, depth + 1),
            Value::Polled(command, every, within) => {
                format!("\n{pad}    cmd: {}\n{pad}    every: {every}\n{pad}    within: {within}", yaml_command(command, depth + 2))
            }
            Value::Use(action, args) => {
                let args: String = args.iter().map(|(name, _, yaml)| format!("\n{pad}      {name}: {yaml}")).collect();
                format!("\n{pad}    {action}:{args}")
            }
            Value::None(why) => format!("{{none: {why}}}"),
            Value::Plain(word) => word.trim_matches('"').to_owned(),
        };
        let _ = writeln!(text, "{pad}  {key}: {written}");
    }
}

fn yaml_command(command: &str, depth: usize) -> String {
    if command.contains('\n') {
        let pad = "  ".repeat(depth + 1);
        return format!("|\n{}", command.lines().map(|line| format!("{pad}{line}\n")).collect::<String>()).trim_end().to_owned();
    }
    format!("'{}'", command.replace('\'', "''"))
}

//! A Matomo on two web hosts and a database: the lab's cast `farm`. Matomo's own code is a stand-in, which says so.

use super::desk::{Desk, Ran};
use super::fingerprint::fingerprint;
use super::lab::Lab;

pub const WEB: [&str; 2] = ["matomo-web1", "matomo-web2"];
pub const DB: &str = "matomo-db";

/// The arguments of an upgrade to 5.0.0 by this runbook.
pub fn upgrade(lab: &Lab, file: &str, params: &[&str]) -> Vec<String> {
    let sum = lab.ssh(WEB[0], "cut -d' ' -f1 /srv/releases/5.0.0/SHA256SUM");
    let mut args = vec!["run".to_owned(), file.to_owned(), "--ssh-config".to_owned(), lab.file("ssh/config")];
    let archive = "archive=http://localhost/releases/5.0.0/matomo.tar.gz".to_owned();
    let params = ["to=5.0.0".to_owned(), archive, format!("sha256={sum}")].into_iter().chain(params.iter().map(|p| (*p).to_owned()));
    args.extend(params.flat_map(|p| ["-p".to_owned(), p]));
    args.extend(["--target", "web=matomo-web1,matomo-web2", "--target", "db=matomo-db"].map(str::to_owned));
    args
}

pub fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &["resume".to_owned(), "last".to_owned()])
}

/// Sends a hit to one host's tracker, which never says what became of it.
pub fn hit(lab: &Lab, host: &str, url: &str) {
    let code = lab.ssh(host, &format!("curl -s -o /dev/null -w '%{{http_code}}' 'http://localhost/matomo.php?idsite=1&url={url}'"));
    assert_eq!(code, "204");
}

pub fn tracked(lab: &Lab) -> Vec<String> {
    let urls = lab.ssh(DB, "mysql -BN matomo -e 'select url from matomo_log_visit order by url'");
    urls.lines().map(str::to_owned).collect()
}

pub fn page(lab: &Lab, host: &str) -> String {
    lab.ssh(host, "curl -s -w ' %{http_code}' http://localhost/ | tr '\\n' ' '")
}

/// What starts Matomo's archiver by itself, or empties its queue: a file of cron's, a crontab, a timer.
pub fn jobs(lab: &Lab, host: &str) -> String {
    lab.ssh(host, "ls /etc/cron.d; crontab -u www-data -l; systemctl is-active matomo-archive.timer || :")
}

/// All three hosts. The cache is no part of it.
pub fn all(lab: &Lab) -> String {
    lab.run(&["ssh", WEB[0], "curl -s -o /dev/null http://localhost/"]);
    lab.run(&["ssh", WEB[1], "curl -s -o /dev/null http://localhost/"]);
    fingerprint(lab, DB, "") + &WEB.map(|host| fingerprint(lab, host, "http://localhost/") + &jobs(lab, host)).concat()
}

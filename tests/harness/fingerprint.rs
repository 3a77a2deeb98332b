//! What a host is like, as text: to compare it after a rollback with what it was before.

use super::lab::Lab;

/// Files of the system and of what is installed with their content, owners and modes; units, packages and holds; all
/// databases of the host's first server; what these pages say.
pub fn fingerprint(lab: &Lab, host: &str, pages: &str) -> String {
    let look = format!(
        "cd /; export LC_ALL=C
        find opt srv etc root usr/local usr/share/matomo var/www -xdev ! -path '*/.local*' ! -path '*/.cache*' ! -path 'srv/sqldata*' -printf '%p %y %m %u:%g %l\\n' 2>/dev/null | sort
        find opt srv etc root usr/local usr/share/matomo var/www -xdev ! -path '*/.local*' ! -path '*/.cache*' ! -path 'srv/sqldata*' -type f -exec sha256sum {{}} + 2>/dev/null | sort
        for unit in mattermost mariadb apache2 puppet; do echo $unit $(systemctl is-active $unit) $(systemctl is-enabled $unit 2>/dev/null); done
        systemctl --failed --plain -q; crontab -l 2>/dev/null
        if systemctl is-active -q mariadb; then
          mysql -BNe 'show databases'; mysqldump --skip-comments --skip-extended-insert --all-databases --ignore-database=mysql
        fi
        dpkg-query -W; apt-mark showhold
        # What was started a moment ago may not answer yet.
        for page in {pages}; do curl -sf --retry 30 --retry-delay 1 --retry-all-errors -w '%{{http_code}}' $page; done"
    );
    lab.ssh(host, &look)
}

/// Told by lines, since the whole is long.
pub fn same(was: &str, is: &str, what: &str) {
    let gone: Vec<&str> = was.lines().filter(|line| !is.lines().any(|l| l == *line)).collect();
    let new: Vec<&str> = is.lines().filter(|line| !was.lines().any(|l| l == *line)).collect();
    assert!(gone.is_empty() && new.is_empty(), "{what}: the host is not as it was\ngone: {gone:#?}\nnew: {new:#?}");
    assert_eq!(was, is, "{what}: the same lines in another order");
}

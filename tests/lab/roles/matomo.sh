# role matomo: a real Apache, PHP and database, and a STAND-IN for Matomo, which Debian does not have. It does what the
# procedure can see of a Matomo: a page that answers 503 in maintenance mode and needs the database, a tracker that
# counts hits, a console that sets what stands in the configuration. Runs inside the host, once.
set -e
mkdir -p /usr/share/matomo /etc/matomo

# Matomo's own page loses what was set until Apache is restarted (the procedure: "it requires a restart to be
# effective"). Here the configuration is kept in APCu, which lives as long as Apache does.
cat >/usr/share/matomo/config.php <<'PHP'
<?php // part of a stand-in for Matomo
function config(): array {
    return apcu_entry('config', fn () => parse_ini_file('/etc/matomo/config.ini.php', true));
}
function database(): mysqli {
    return new mysqli('localhost', 'piwik', 'piwikpw', 'piwik');
}
if (!empty(config()['General']['maintenance_mode'])) {
    http_response_code(503);
    exit("Matomo is in scheduled maintenance (stand-in)\n");
}
PHP
cat >/usr/share/matomo/index.php <<'PHP'
<?php // stand-in for Matomo's page
require 'config.php';
$version = database()->query("select option_value from matomo_option where option_name = 'version_core'")->fetch_row()[0];
echo "Matomo $version (stand-in)\n";
PHP
cat >/usr/share/matomo/matomo.php <<'PHP'
<?php // stand-in for Matomo's tracker: a hit is counted, or lost while statistics are not recorded
require 'config.php';
if (!empty(config()['Tracker']['record_statistics'])) {
    database()->query('insert into matomo_log_visit (at) values (now(6))');
}
http_response_code(204);
PHP
cat >/usr/local/bin/matomo-console <<'CONSOLE'
#!/bin/sh
# matomo-console: a STAND-IN for Matomo's console, with the one command that the lab needs and the words of the real one.
set -eu
FILE=/etc/matomo/config.ini.php
case ${1:-} in
  config:set)
    assignment=${2:?Section.name=value}
    section=${assignment%%.*}; rest=${assignment#*.}; name=${rest%%=*}; value=${rest#*=}
    case $section$name in *[!A-Za-z0-9_]*) echo "matomo-console: not a setting: $2" >&2; exit 1;; esac
    new=$(awk -v s="[$section]" -v n="$name" -v v="$value" '
      function add() { if (inside && !done) { print n " = " v; done = 1 } }
      /^\[/ { add(); inside = ($0 == s) }
      inside && $1 == n { if (!done) { print n " = " v; done = 1 }; next }
      { print }
      END { add(); if (!done) { print s; print n " = " v } }' "$FILE")
    printf '%s\n' "$new" >"$FILE"
    echo "Setting [$section] $name = $value... done." ;;
  *)
    echo "matomo-console is a stand-in for Matomo's console in the lab of runbook; it is not Matomo."
    echo "  matomo-console config:set Section.name=value"
    case ${1:---help} in --help | list) ;; *) exit 1 ;; esac ;;
esac
CONSOLE
chmod 755 /usr/local/bin/matomo-console
printf '; <?php exit; ?> DO NOT REMOVE THIS LINE\n[General]\nmaintenance_mode = 0\n[Tracker]\nrecord_statistics = 1\n' >/etc/matomo/config.ini.php
chown -R www-data: /etc/matomo

echo "ServerName $(hostname)" >/etc/apache2/conf-enabled/servername.conf
sed -i 's,DocumentRoot .*,DocumentRoot /usr/share/matomo,' /etc/apache2/sites-available/000-default.conf
systemctl enable -q --now apache2
mysql piwik <<'SQL'
create table if not exists matomo_option (option_name varchar(191) primary key, option_value text);
replace matomo_option values ('version_core', '3.13.3');
create table if not exists matomo_log_visit (idvisit bigint unsigned auto_increment primary key, at datetime(6));
SQL
curl -sf http://localhost/ | grep -q 'Matomo 3.13.3'

# role matomo: a real Apache, PHP and database around the package matomo, the STAND-IN of matomo-code.sh.
# Runs inside the host, once.
set -e
mysql piwik <<'SQL'
create table if not exists matomo_option (option_name varchar(191) primary key, option_value text);
replace matomo_option values ('version_core', '3.13.3');
create table if not exists matomo_site (idsite int unsigned primary key, name varchar(90));
replace matomo_site values (1, 'wiki'), (3, 'iOS');
create table if not exists matomo_archive_invalidations (idinvalidation bigint unsigned auto_increment primary key, idsite int, date1 date, date2 date, period int, name varchar(255));
create table if not exists matomo_log_visit (idvisit bigint unsigned auto_increment primary key, idsite int, url varchar(200), visit_last_action_time datetime);
SQL
cat >/etc/matomo/config.ini.php <<'INI'
; <?php exit; ?> DO NOT REMOVE THIS LINE
[database]
host = "localhost"
username = "piwik"
password = "piwikpw"
dbname = "piwik"
tables_prefix = "matomo_"
[General]
maintenance_mode = 0
[Tracker]
record_statistics = 1
INI
chown www-data: /etc/matomo/config.ini.php
install -d -o www-data /var/log/matomo

echo "ServerName $(hostname)" >/etc/apache2/conf-enabled/servername.conf
sed -i 's,DocumentRoot .*,DocumentRoot /usr/share/matomo,' /etc/apache2/sites-available/000-default.conf
systemctl enable -q apache2; systemctl restart apache2
curl -sf http://localhost/ | grep -q 'Matomo 3.13.3'

# role wiki-db: the database of a real MediaWiki that runs on several web hosts, with its tables, an administrator and a
# bot password for the check that pages can be edited. Runs inside the host, once.
set -e
printf '[mariadbd]\nbind-address = 0.0.0.0\ninnodb_buffer_pool_size = 32M\n' >/etc/mysql/mariadb.conf.d/90-lab.cnf
systemctl enable -q --now mariadb
mysql <<'SQL'
create database wikidb;
grant all on wikidb.* to wiki@localhost identified by 'wikipw';
grant all on wikidb.* to wiki@'198.18.7.%' identified by 'wikipw';
SQL
conf=$(mktemp -d)
php /usr/share/mediawiki/maintenance/install.php --dbtype mysql --dbname wikidb --dbuser wiki --dbpass wikipw --dbserver localhost \
  --scriptpath /mediawiki --pass 'Adm1n-lab-only' --confpath "$conf" Wikitech Admin
MW_CONFIG_FILE=$conf/LocalSettings.php php /usr/share/mediawiki/maintenance/createBotPassword.php \
  --appid runbook --grants basic,editpage,createeditmovepage Admin 0123456789abcdefghijklmnopqrstuv
rm -r "$conf"
mysql -e 'create table wikidb.lab_is_ready (yes int)'

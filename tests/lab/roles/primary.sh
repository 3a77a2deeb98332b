# role primary: the MariaDB whose database `piwik` is replicated by GTID. Runs inside the host, once.
set -e
cat >/etc/mysql/mariadb.conf.d/90-lab.cnf <<'CONF'
[mariadbd]
bind-address = 0.0.0.0
server-id = 1002
log-bin = /var/lib/mysql/bin
binlog-format = ROW
innodb_buffer_pool_size = 32M
CONF
# Debian also enables mariadb.socket, which starts a server that was stopped as soon as a client knocks. The hosts of
# the procedure have none; a test that wants the trap enables it.
systemctl enable -q --now mariadb
mysql <<'SQL'
create database if not exists piwik;
grant all on piwik.* to piwik@localhost identified by 'piwikpw';
grant replication slave on *.* to repl@'198.18.7.%' identified by 'replpw';
SQL

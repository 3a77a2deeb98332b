# role replica: a second MariaDB instance `matomo`, with the unit and the socket that the procedure names.
# Runs inside the host, once.
set -e
cat >/etc/mysql/mariadb.conf.d/90-matomo.cnf <<'CONF'
[mariadbd.matomo]
datadir = /srv/sqldata.matomo
socket = /run/mysqld/mysqld.matomo.sock
port = 3351
pid-file = /run/mysqld/mysqld.matomo.pid
server-id = 1108
read_only = 1
log-bin = /srv/sqldata.matomo/bin
relay-log = /srv/sqldata.matomo/relay
binlog-format = ROW
bind-address = 0.0.0.0
slave_net_timeout = 10
innodb_buffer_pool_size = 32M
CONF
[ -d /srv/sqldata.matomo/mysql ] ||
  mariadb-install-db --user=mysql --datadir=/srv/sqldata.matomo --auth-root-authentication-method=socket --skip-test-db >/dev/null
systemctl enable -q --now mariadb@matomo
S=/run/mysqld/mysqld.matomo.sock
until mariadb-admin -S $S ping >/dev/null 2>&1; do sleep 0.1; done
# The primary may still be starting: the replica tries again every two seconds.
mysql -S $S -e "change master to master_host='matomo1002', master_user='repl', master_password='replpw', master_use_gtid=slave_pos, master_connect_retry=2; start slave"

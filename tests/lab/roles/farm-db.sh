# role farm-db: the MariaDB of a Matomo that runs on several web hosts. Runs inside the host, once.
set -e
printf '[mariadbd]\nbind-address = 0.0.0.0\ninnodb_buffer_pool_size = 32M\n' >/etc/mysql/mariadb.conf.d/90-lab.cnf
systemctl enable -q --now mariadb
mysql <<'SQL'
create database matomo character set utf8mb4 collate utf8mb4_general_ci;
grant all on matomo.* to matomo@'198.18.7.%' identified by 'matomopw';
use matomo;
create table matomo_option (option_name varchar(191) primary key, option_value text, autoload tinyint default 1);
insert into matomo_option (option_name, option_value) values ('version_core', '4.15.1');
create table matomo_log_visit (idvisit bigint unsigned auto_increment primary key, idsite int, url varchar(200), visit_last_action_time datetime);
insert into matomo_log_visit (idsite, url, visit_last_action_time) values (1, 'http://example.org/old', '2026-01-01 10:00:00');
create table matomo_site (idsite int unsigned primary key, name varchar(90));
insert into matomo_site values (1, 'example.org');
create table matomo_archive_numeric_2026_01 (idarchive int unsigned, name varchar(190), idsite int unsigned, date1 date, date2 date, period tinyint unsigned, ts_archived datetime, value double, primary key (idarchive, name));
insert into matomo_archive_numeric_2026_01 values (1, 'done', 1, '2026-01-01', '2026-01-01', 1, '2026-01-02 08:00:00', 4), (2, 'done', 1, '2026-01-02', '2026-01-02', 1, '2026-01-03 08:00:00', 1);
create table matomo_archive_invalidations (idinvalidation bigint unsigned auto_increment primary key, idsite int, date1 date, date2 date, period int, name varchar(255));
SQL

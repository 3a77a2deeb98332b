# role wiki-web: one of several web hosts of a real MediaWiki: Apache, php-fpm, Debian's package. Runs inside the host, once.
set -e
cat >/etc/mediawiki/LocalSettings.php <<'PHP'
<?php
$wgSitename = 'Wikitech';
$wgServer = 'http://wiki-lb';
$wgScriptPath = '/mediawiki';
$wgResourceBasePath = $wgScriptPath;
$wgDBtype = 'mysql';
$wgDBserver = 'wiki-db';
$wgDBname = 'wikidb';
$wgDBuser = 'wiki';
$wgDBpassword = 'wikipw';
$wgSecretKey = '6d1f0b7d0cbb41a9a6d2c2c43f1f1f0e6d1f0b7d0cbb41a9a6d2c2c43f1f1f0e';
$wgSessionCacheType = CACHE_DB;
$wgCacheDirectory = '/var/cache/mediawiki';
$wgJobRunRate = 0;
$wgGroupPermissions['*']['edit'] = false;
wfLoadSkin( 'Vector' );
PHP
chown root:www-data /etc/mediawiki/LocalSettings.php; chmod 640 /etc/mediawiki/LocalSettings.php
install -d -o www-data /var/cache/mediawiki
# What curl sends when it logs in: see runbooks/wikitech/wiki-restart.runbook.
mkdir -p /etc/runbook
(umask 077; printf 'data-urlencode = "lgname=Admin@runbook"\ndata-urlencode = "lgpassword=0123456789abcdefghijklmnopqrstuv"\n' >/etc/runbook/wiki-editor.curl)

echo "ServerName $(hostname)" >/etc/apache2/conf-enabled/servername.conf
a2dismod -q php8.2 mpm_prefork >/dev/null
a2enmod -q mpm_event proxy_fcgi setenvif >/dev/null
a2enconf -q php8.2-fpm mediawiki >/dev/null
printf '[www]\npm = static\npm.max_children = 3\n' >/etc/php/8.2/fpm/pool.d/zz-lab.conf
systemctl enable -q php8.2-fpm apache2; systemctl restart php8.2-fpm apache2
# The database's host may still be making the tables.
for _ in $(seq 600); do ! mysql -h wiki-db -u wiki -pwikipw wikidb -e 'select 1 from lab_is_ready' >/dev/null 2>&1 || break; sleep 0.2; done
curl -sf 'http://localhost/mediawiki/index.php?title=Main_Page' | grep -q 'MediaWiki has been installed'

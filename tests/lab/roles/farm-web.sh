# role farm-web: one of several web hosts of a Matomo 4.15.1 behind a real Apache, with a real PHP; its next release as an
# archive that Apache serves. Matomo itself is the STAND-IN of matomo-code.sh. Each host has a configuration of its own.
# Runs inside the host, once.
set -e
cat >/usr/local/sbin/lab-matomo-release <<'RELEASE'
#!/bin/sh
# lab-matomo-release VERSION: makes an archive of the stand-in, as a release of Matomo looks.
set -e
version=$1 work=$(mktemp -d) out=/srv/releases/$1
mkdir -p "$out"
cp -a /usr/local/lib/lab/matomo "$work/matomo"
printf "<?php\nconst VERSION = '%s';\n" "$version" >"$work/matomo/core/Version.php"
mkdir -p "$work/matomo/tmp" "$work/matomo/misc/user"
echo 'read the guide' >"$work/How to install Matomo.html"
tar -czf "$out/matomo.tar.gz" --sort=name --mtime=@0 --owner=0 --group=0 -C "$work" matomo 'How to install Matomo.html'
(cd "$out" && sha256sum matomo.tar.gz >SHA256SUM)
rm -rf "$work"
RELEASE
chmod 755 /usr/local/sbin/lab-matomo-release
for version in 4.15.1 5.0.0; do lab-matomo-release $version; done

mkdir -p /var/www/matomo
tar -xzf /srv/releases/4.15.1/matomo.tar.gz -C /var/www/matomo --strip-components=1
cat >/var/www/matomo/config/config.ini.php <<'INI'
; <?php exit; ?> DO NOT REMOVE THIS LINE
[database]
host = "matomo-db"
username = "matomo"
password = "matomopw"
dbname = "matomo"
tables_prefix = "matomo_"
[General]
salt = "of-the-lab"
INI
chmod 640 /var/www/matomo/config/config.ini.php
# What a release does not have: a logo, and a plugin of the marketplace.
echo logo >/var/www/matomo/misc/user/logo.png
mkdir /var/www/matomo/plugins/OurOwn; echo '{"name": "OurOwn"}' >/var/www/matomo/plugins/OurOwn/plugin.json
chown -R www-data: /var/www/matomo
echo "ServerName $(hostname)" >/etc/apache2/conf-enabled/servername.conf
cat >/etc/apache2/sites-available/000-default.conf <<'CONF'
<VirtualHost *:80>
  DocumentRoot /var/www/matomo
  Alias /releases /srv/releases
  <Directory /srv/releases>
    Require all granted
  </Directory>
  CustomLog /var/log/apache2/access.log combined
</VirtualHost>
CONF
systemctl enable -q apache2; systemctl restart apache2

# What starts by itself, each in its own way, at a time when nobody tests; and somebody else's line.
echo '5 4 1 1 * www-data php /var/www/matomo/console core:archive --url=http://localhost/ >/dev/null' >/etc/cron.d/matomo-archive
crontab -u www-data - <<'CRON'
# the queue
6 4 1 1 * php /var/www/matomo/console queuedtracking:process
7 4 1 1 * true
CRON
printf '[Service]\nType=oneshot\nExecStart=/usr/bin/php /var/www/matomo/console core:archive\n' >/etc/systemd/system/matomo-archive.service
printf '[Timer]\nOnCalendar=01-01 04:08\n[Install]\nWantedBy=timers.target\n' >/etc/systemd/system/matomo-archive.timer
systemctl daemon-reload; systemctl enable -q --now matomo-archive.timer

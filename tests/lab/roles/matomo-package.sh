# role matomo-package: makes packages named matomo of the STAND-IN of matomo-code.sh, laid out as Matomo's own package is.
# Runs inside the host, once.
set -e
cat >/usr/local/sbin/lab-matomo-package <<'PACKAGE'
#!/bin/sh
# lab-matomo-package VERSION FILE: the stand-in as a package, whose configuration file each version ships otherwise.
set -e
work=$(mktemp -d); chmod 755 "$work"
mkdir -p "$work/DEBIAN" "$work/etc/matomo" "$work/usr/share" "$work/var/lib/matomo/tmp"
cp -a /usr/local/lib/lab/matomo "$work/usr/share/matomo"
printf "<?php\nconst VERSION = '%s';\n" "${1%-*}" >"$work/usr/share/matomo/core/Version.php"
mv "$work/usr/share/matomo/config/global.ini.php" "$work/etc/matomo"
rmdir "$work/usr/share/matomo/config"
ln -s /etc/matomo "$work/usr/share/matomo/config"
ln -s /var/lib/matomo/tmp "$work/usr/share/matomo/tmp"
echo "; <?php exit; ?> as shipped with $1" >"$work/etc/matomo/config.ini.php"
printf '%s\n' /etc/matomo/config.ini.php /etc/matomo/global.ini.php >"$work/DEBIAN/conffiles"
cat >"$work/DEBIAN/control" <<CONTROL
Package: matomo
Version: $1
Architecture: all
Section: web
Priority: optional
Maintainer: Lab <lab@example.org>
Depends: php-cli
Description: a stand-in for Matomo in the lab of runbook; it is not Matomo
CONTROL
cat >"$work/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
chown -R www-data: /etc/matomo /var/lib/matomo/tmp
echo "Now upgrade the database: sudo -u www-data php /usr/share/matomo/console core:update"
POSTINST
chmod 755 "$work/DEBIAN/postinst"
dpkg-deb --root-owner-group -b "$work" "$2" >/dev/null
rm -rf "$work"
PACKAGE
chmod 755 /usr/local/sbin/lab-matomo-package

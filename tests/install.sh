#!/bin/sh
# install.sh - installs the Debian packages that the tests need on this machine: sshd, sudo, small shells, jq, MariaDB's
# server program (without its service) and its clients. Does nothing when they are there. Starts and enables nothing.
# The lab of real hosts installs what it needs itself: lab/lab.sh.
set -eu
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export PATH

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need ssh openssh-client
need sshd openssh-server
need sudo sudo
need dash dash
need busybox busybox
need sqlite3 sqlite3
need curl curl
need jq jq
need faketime faketime
need shellcheck shellcheck
need mariadbd mariadb-server-core
need mariadb-install-db mariadb-server-core
need mariadb mariadb-client-core
need mysqldump mariadb-client
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "install.sh: needs root for:$missing" >&2; exit 1; }
  root='sudo -n'
fi
echo "install.sh: installing$missing"

# Debian asks this file before it starts a service at installation; where there is one already, it stands.
guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then
  printf '#!/bin/sh\nexit 101\n' | $root tee $guard >/dev/null
  $root chmod 755 $guard
  trap '$root rm -f $guard' EXIT
  trap 'exit 1' HUP INT TERM
fi
$root apt-get update -qq </dev/null >/dev/null || :
# shellcheck disable=SC2086
$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null
case $missing in
  *openssh-server*) ! command -v systemctl >/dev/null 2>&1 || $root systemctl disable -q ssh.service ssh.socket 2>/dev/null || : ;;
esac

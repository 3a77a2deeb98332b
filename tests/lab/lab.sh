#!/bin/bash
# lab.sh - real Debian hosts on one Linux machine, for the tests that no fake can answer. Every host is a booted
# Debian 12 in systemd-nspawn: systemd as pid 1, sshd, journal, own name, own address, own size-limited disk. It can
# be rebooted, lose its power, its network, its memory, its disk space. No container daemon, no KVM. Needs root.
#
#   lab.sh up                  installs what it needs, builds the image (once), provisions (once), boots (seconds)
#   lab.sh down                stops everything and leaves nothing behind; the caches stay in $LAB
#   lab.sh status | wait HOST
#   lab.sh ssh HOST CMD        runs CMD on a host as root
#   lab.sh exec CMD            runs CMD on the control host: here, but where the lab's names resolve
#                              and nothing else can be reached; `--ssh-config $LAB/ssh/config` reaches the hosts
#   lab.sh reset HOST|all      the host as it was provisioned, on a fresh disk
#   lab.sh reboot|off|boot|powercut HOST
#   lab.sh FAULT HOST [HOW]    see faults.sh
#
# $LAB_CAST says which hosts: restart (the default), mattermost, farm, wiki, upgrade, library.
# $LAB (default /var/tmp/runbook-lab) holds the caches and the ssh files. A second lab beside it wants another $LAB and
# another $LAB_TAG; with $LAB_CACHE it takes the image, the packages and the provisioned layers of the first.
#
# Layers make a host: the image, which all share; the packages that only its cast needs; what its role scripts changed,
# kept once; a tmpfs that takes the writes of this run. So a reset costs a boot, and a host's disk can be made to be full.
set -euo pipefail

# The caller's environment may be scrubbed, his standard input closed: a file opened next would become fd 0.
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
{ : <&0; } 2>/dev/null || exec </dev/null

LAB=$(readlink -m "${LAB:-/var/tmp/runbook-lab}"); export LAB
CACHE=$(readlink -m "${LAB_CACHE:-$LAB}")
HERE=$(dirname "$(readlink -f "$0")")
SELF=$HERE/lab.sh
TAG=${LAB_TAG:-rblab}      # names the namespaces, mounts and cgroups, so that `down` finds them without any file
SUBNET=198.18.7            # of the block for benchmarks (RFC 2544): nobody's, and nothing here has a way out
DISK=${LAB_DISK:-2g}
# name:last byte of the address:roles, in order. "-" is a plain Debian. $LAB_CAST names a set of them; MORE is what it
# needs beyond the packages of the image.
MORE=
case ${LAB_CAST:-restart} in
  restart) HOSTS="matomo1002:11:primary+matomo-code+matomo-package+matomo-deb+matomo+puppet db1108:12:replica alert1001:15:alert" ;;
  mattermost) HOSTS="mm-old:21:mattermost mm-new:22:mattermost" ;;
  farm)
    HOSTS="matomo-db:31:farm-db matomo-web1:32:matomo-code+farm-web matomo-web2:33:matomo-code+farm-web"
    MORE="cron" ;;
  wiki)
    HOSTS="wiki-db:41:wiki-db wiki-web1:42:wiki-web+wiki-jobs wiki-web2:43:wiki-web wiki-lb:44:wiki-lb"
    MORE="mediawiki php-fpm haproxy socat cron" ;;
  upgrade)
    HOSTS="apt1001:16:matomo-code+matomo-package+apt matomo1002:11:primary+matomo-apt+matomo+puppet+puppet-cron"
    MORE="reprepro cron puppet-module-puppetlabs-cron-core" ;;
  library)                 # mariadb-server with it, so that tool and server are of one version
    HOSTS="lib1:51:farm-db"
    MORE="mariadb-backup mariadb-server" ;;
  *) echo "lab: no cast '$LAB_CAST' (there are: restart mattermost farm wiki upgrade library)" >&2; exit 1 ;;
esac
HOSTS=${LAB_HOSTS:-$HOSTS}
PACKAGES=systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,sudo,curl,openssl,faketime,jq,python3,mariadb-server,apache2,libapache2-mod-php,php-mysql,php-apcu,puppet-agent,icinga2-bin,monitoring-plugins-basic

die() { echo "lab: $*" >&2; exit 1; }
names() { local h; for h in $HOSTS; do echo "${h%%:*}"; done; }
part() { local h; for h in $HOSTS; do [ "${h%%:*}" != "$1" ] || { cut -d: -f"$2" <<<"$h"; return; }; done; }
addr() { echo "$SUBNET.$(part "$1" 2)"; }
need() { [ -n "$(part "$1" 2)" ] || die "no host '$1' (there are: $(names | xargs))"; }
digest() { sha256sum | cut -c1-16; }
LAYERS=$CACHE/layers/$(digest <<<"$HOSTS")   # what the roles made of them, kept for each set of hosts
PACKED=$CACHE/packages/$(digest <<<"$MORE")  # what a cast's own packages add to the image
IMAGE=${MORE:+$PACKED/upper:}$CACHE/base

# --- what the machine needs

cmd_tools() {
  local tool missing=
  for tool in mmdebstrap:mmdebstrap ping:iputils-ping systemd-nspawn:systemd-container ip:iproute2 iptables:iptables ssh:openssh-client curl:curl; do
    command -v "${tool%%:*}" >/dev/null || missing+=" ${tool#*:}"
  done
  [ -n "$missing" ] || return 0
  echo "lab: installing$missing"
  apt-get update -qq || :
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
  # Only for `uptime`, which otherwise tells the machine's and not the host's.
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends lxcfs >/dev/null 2>&1 || :
}

# --- the image

cmd_image() {
  local root=$CACHE/base want
  want=$(declare -f cmd_image | cat - <(echo "$PACKAGES") | digest)   # an image of an older recipe is built anew
  [ "$(cat "$root/.done" 2>/dev/null)" != "$want" ] || return 0
  echo "lab: building the image in $root"
  rm -rf --one-file-system "$root" "$CACHE/layers"
  local started=$SECONDS
  env -u TMPDIR mmdebstrap --quiet --variant=minbase --include="$PACKAGES" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Languages "none"' bookworm "$root"

  # Roles enable what their host needs; the other packages must not speak up.
  chroot "$root" systemctl disable -q mariadb.service mariadb.socket apache2 icinga2 puppet apache-htcacheclean 2>/dev/null || :
  chroot "$root" systemctl mask -q systemd-resolved systemd-networkd systemd-timesyncd apt-daily.timer apt-daily-upgrade.timer 2>/dev/null || :
  # With lxcfs on the machine /proc/uptime inside starts at the host's own boot.
  cat >"$root/etc/systemd/system/lab-uptime.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Before=sysinit.target
ConditionPathExists=/var/lib/lxcfs/proc/uptime
[Service]
Type=oneshot
ExecStart=/bin/mount --bind /var/lib/lxcfs/proc/uptime /proc/uptime
[Install]
WantedBy=sysinit.target
UNIT
  chroot "$root" systemctl enable -q lab-uptime
  # root and ops may become anybody (`sudo -n -u www-data`); clerk is asked for a password, which nobody can give.
  chroot "$root" useradd -m -s /bin/bash ops
  echo 'ops ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ops"
  chroot "$root" useradd -m -s /bin/bash -G sudo clerk
  rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/apt/sources.list
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
  : >"$root/etc/machine-id"                       # each host makes its own at its first boot
  echo "$want" >"$root/.done"
  echo "lab: the image took $((SECONDS - started)) s, $(du -sxm "$root" | cut -f1) MB"
}

# Installed into a layer over the image, by the machine's own network: the hosts have no way out.
cmd_packages() {
  [ -n "$MORE" ] || return 0
  local want work=$CACHE/packages/work root=$CACHE/packages/work/root started=$SECONDS dist=http://deb.debian.org unit
  want=$(declare -f cmd_packages | cat - <(echo "$MORE") "$CACHE/base/.done" | digest)
  [ "$(cat "$PACKED/.done" 2>/dev/null)" != "$want" ] || return 0
  echo "lab: installing $MORE beside the image"
  unmount "$TAG-packages"
  rm -rf --one-file-system "${PACKED:?}"; mkdir -p "$PACKED" "$work"
  mount -t tmpfs -o size=2g "$TAG-packages" "$work"
  mkdir "$work/upper" "$work/work" "$root"
  mount -t overlay "$TAG-packages" -o "lowerdir=$CACHE/base,upperdir=$work/upper,workdir=$work/work" "$root"
  printf 'deb %s main\n' "$dist/debian bookworm" "$dist/debian bookworm-updates" "$dist/debian-security bookworm-security" >"$root/etc/apt/sources.list"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"     # nothing starts here
  chroot "$root" apt-get update -qq
  # shellcheck disable=SC2086
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $MORE >"$PACKED/log" 2>&1 ||
    { unmount "$TAG-packages"; die "they can't be installed, see $PACKED/log"; }
  # As in the image: roles enable what their host needs.
  for unit in "$work"/upper/etc/systemd/system/*.wants/*; do chroot "$root" systemctl disable -q "${unit##*/}" 2>/dev/null; done
  rm -rf "$root"/usr/sbin/policy-rc.d "$root"/etc/apt/sources.list "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
  cp -a "$work/upper" "$PACKED/upper"
  unmount "$TAG-packages"
  echo "$want" >"$PACKED/.done"
  echo "lab: they took $((SECONDS - started)) s, $(du -sxm "$PACKED" | cut -f1) MB"
}

# --- the network: a bridge in a namespace that is the control host, a namespace for each host

in_net() { ip -n "$TAG" "$@"; }
netns() { [ -e "/run/netns/$1" ]; }

network() {
  netns "$TAG" || ip netns add "$TAG"
  in_net link set lo up
  in_net link show br0 >/dev/null 2>&1 || in_net link add br0 type bridge
  in_net addr replace "$SUBNET.1/24" dev br0
  in_net link set br0 up
  # `ip netns exec` lays these over /etc: the lab's names are known there, and no others.
  mkdir -p "/etc/netns/$TAG"
  : >"/etc/netns/$TAG/resolv.conf"
  { echo 127.0.0.1 localhost; echo "$SUBNET.1 control"
    local h; for h in $(names); do echo "$(addr "$h") $h"; done; } >"/etc/netns/$TAG/hosts"
}
wire() {
  local h=$1
  netns "$TAG-$h" || ip netns add "$TAG-$h"
  in_net link show "v-$h" >/dev/null 2>&1 || in_net link add "v-$h" type veth peer name eth0 netns "$TAG-$h"
  in_net link set "v-$h" master br0 up
  ip -n "$TAG-$h" link set lo up
  ip -n "$TAG-$h" addr replace "$(addr "$h")/24" dev eth0
  ip -n "$TAG-$h" link set eth0 up
}
ssh_files() {
  local h dir=$LAB/ssh
  mkdir -p "$dir"; chmod 700 "$dir"
  [ -s "$dir/id.pub" ] || { rm -f "$dir/id"; ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/id"; }
  for h in $(names); do
    [ -s "$dir/hk-$h.pub" ] || { rm -f "$dir/hk-$h"; ssh-keygen -q -t ed25519 -N '' -C "$h" -f "$dir/hk-$h"; }
  done
  for h in $(names); do echo "$h,$(addr "$h") $(cut -d' ' -f1,2 "$dir/hk-$h.pub")"; done >"$dir/known_hosts"
  cat >"$dir/config" <<CONFIG
Host *
  User root
  IdentityFile $dir/id
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking yes
  UserKnownHostsFile $dir/known_hosts
  GlobalKnownHostsFile /dev/null
  ConnectTimeout 3
CONFIG
}

# --- cgroups: every host has its own, else all guests would share one payload group. They also tell what still runs,
#     when the files about it are gone.

hierarchies() {
  if [ -e /sys/fs/cgroup/cgroup.procs ]; then echo /sys/fs/cgroup; return; fi            # v2
  local c; for c in systemd unified freezer memory pids; do [ ! -d "/sys/fs/cgroup/$c" ] || echo "/sys/fs/cgroup/$c"; done
}
# Moves the calling process. Supervisors have a group beside the hosts', since in v2 only leaves hold processes.
enter_cgroup() {
  local c; for c in $(hierarchies); do mkdir -p "$c/$TAG/$1"; echo "$BASHPID" >"$c/$TAG/$1/cgroup.procs"; done
}
members() {
  local c; for c in $(hierarchies); do
    [ ! -d "$c/$TAG/$1" ] || find "$c/$TAG/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || :
  done | sort -un
}
# A zombie has no command line; `kill -0` would call it alive for as long as a careless pid 1 leaves it there.
alive() { [ -n "$(tr -d '\0' 2>/dev/null <"/proc/$1/cmdline")" ]; }
gone() { local i; for i in $(seq "${2:-400}"); do alive "$1" || return 0; sleep 0.05; done; return 1; }
kill_group() {
  local p i pids; frz "$1" 0 2>/dev/null || :
  for i in $(seq 100); do
    pids=$(for p in $(members "$1"); do ! alive "$p" || echo "$p"; done)
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || :; sleep 0.05
  done
  die "$1: processes that do not end: $pids"
}

# --- hosts

nspawn_of() { local p; for p in $(members "$1"); do [ "$(cat "/proc/$p/comm" 2>/dev/null)" != systemd-nspawn ] || { echo "$p"; return; }; done; }
leader() { local n; n=$(nspawn_of "$1"); [ -z "$n" ] || pgrep -P "$n" | head -1 || :; }      # the host's pid 1, seen from here
supervisor() { local p; for p in $(members supervisors); do case $(tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline") in *" _run $1 ") echo "$p"; return;; esac; done; }
running() { [ -n "$(supervisor "$1")" ]; }
mounts_of() { awk -v t="$1" '{ for (i = 7; i <= NF; i++) if ($i == "-") { if ($(i+2) == t) print $5; break } }' /proc/self/mountinfo | tac; }
mounted() { grep -qF " $1 " /proc/self/mountinfo; }       # mountpoint(1) says no to a mount whose server died
unmount() { local m; for m in $(mounts_of "$1"); do umount "$m" 2>/dev/null || umount -l "$m"; done; }

disk() {
  local h=$1 dir=$LAB/h/$1 lower=$IMAGE user
  local root=$dir/root
  [ ! -d "$LAYERS/$h" ] || lower=$LAYERS/$h:$IMAGE
  mkdir -p "$dir/rw" "$root"
  if ! mounted "$root"; then
    unmount "$TAG-$h"
    mount -t tmpfs -o "size=$DISK" "$TAG-$h" "$dir/rw"
    mkdir -p "$dir/rw/upper" "$dir/rw/work"
    mount -t overlay "$TAG-$h" -o "lowerdir=$lower,upperdir=$dir/rw/upper,workdir=$dir/rw/work" "$root"
  fi
  echo "$h" >"$root/etc/hostname"
  cp "/etc/netns/$TAG/hosts" "$root/etc/hosts"
  : >"$root/etc/resolv.conf"
  for user in root home/ops home/clerk; do
    mkdir -p "$root/$user/.ssh"; cp "$LAB/ssh/id.pub" "$root/$user/.ssh/authorized_keys"
  done
  cp "$LAB/ssh/hk-$h" "$root/etc/ssh/ssh_host_ed25519_key"
  cp "$LAB/ssh/hk-$h.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
}

# Supervises one host: what a machine's firmware does. Exit status 133 of nspawn says that the host asked to reboot.
cmd__run() {
  local h=$1 rc lxcfs=() console=$LAB/h/$1/console
  enter_cgroup supervisors
  ! mounted "$LAB/lxcfs" || lxcfs=("--bind-ro=$LAB/lxcfs:/var/lib/lxcfs")
  while :; do
    rc=0
    ( enter_cgroup "$h"
      exec systemd-nspawn -q -b -D "$LAB/h/$h/root" "${lxcfs[@]}" --register=no --keep-unit --resolv-conf=off --timezone=off \
        --network-namespace-path="/run/netns/$TAG-$h" --console=pipe --machine="$h" ) </dev/null >>"$console" 2>&1 || rc=$?
    echo "$(date -u +%FT%TZ) nspawn ended with $rc" >>"$console"
    [ "$rc" = 133 ] || break
    sleep "${LAB_FIRMWARE:-1}"                    # seconds that a machine takes before its kernel starts
  done
}
# What outlives this script must not keep its locks, nor its caller's pipes.
detached() { setsid "$@" >/dev/null 2>&1 </dev/null 8>&- 9>&- & }

cmd_boot() {
  need "$1"
  [ ! -e "$LAB/h/$1/stopping" ] || cmd_off "$1"   # somebody began this and was killed: it is still up, but not for long
  ! running "$1" || return 0
  kill_group "$1"                                 # a host whose supervisor was killed would not come back from a reboot
  disk "$1"; wire "$1"
  detached "$SELF" _run "$1"
  local i; for i in $(seq 100); do ! running "$1" || return 0; sleep 0.02; done
  die "$1 does not start"
}
cmd_wait() {
  need "$1"; local i
  for i in $(seq 600); do
    [ "$(cmd_ssh "$1" 'systemctl is-system-running --wait' 2>/dev/null </dev/null)" != running ] || return 0
    sleep 0.1
  done
  cmd_ssh "$1" 'systemctl --failed --no-pager' </dev/null || :
  die "$1 is not up"
}
cmd_off() {
  local p i; need "$1"; p=$(supervisor "$1")
  if [ -n "$p" ]; then
    : >"$LAB/h/$1/stopping"
    frz "$1" 0 2>/dev/null || :
    # Again and again, since a systemd that has just started hears nothing yet. Not for long, since a MariaDB that is
    # told to stop while it starts never does.
    for i in $(seq 12); do
      kill -RTMIN+4 "$(leader "$1")" 2>/dev/null || :        # what systemd takes for "power off"
      ! gone "$p" 20 || break
      [ "$i" != 12 ] || echo "lab: $1 does not power off, killed" >&2
    done
    ! alive "$p" || kill -9 "$p"
  fi
  kill_group "$1"
  rm -f "$LAB/h/$1/stopping"
}
cmd_reboot() { need "$1"; cmd_ssh "$1" systemctl reboot </dev/null || :; }
# The link goes first: otherwise the kernel would send FIN for the dead, which no lost power ever does.
cmd_powercut() {
  need "$1"; local p; p=$(supervisor "$1")
  in_net link set "v-$1" down
  [ -z "$p" ] || kill -9 "$p" 2>/dev/null || :
  kill_group "$1"
  rm -f "$LAB/h/$1/stopping"
}
cmd_reset() {
  local h which=$1; [ "$which" != all ] || which=$(names)
  # All are off before the first boots: a new replica would follow an old primary that has not ended yet.
  for h in $which; do need "$h"; { cmd_heal "$h" 2>/dev/null || :; cmd_off "$h"; unmount "$TAG-$h"; } & done; wait
  for h in $which; do cmd_boot "$h" & done; wait
  for h in $which; do cmd_wait "$h"; done
  [ "$1" != all ] || each_host settled
}

# --- all of it

each_host() { local h pids=(); for h in $(names); do "$@" "$h" & pids+=($!); done; for h in "${pids[@]}"; do wait "$h"; done; }
boot_all() { each_host cmd_boot; each_host cmd_wait; }

roles() { local list; list=$(part "$1" 3); [ "$list" = - ] || { echo "${list//+/ }"; cat $(printf "$HERE/roles/%s.sh " ${list//+/ }); }; }
provision_host() {
  local h=$1 role list; list=$(part "$h" 3)
  [ "$list" != - ] || return 0
  for role in ${list//+/ }; do
    cmd_ssh "$h" 'bash -s' <"$HERE/roles/$role.sh" >>"$LAB/h/$h/provision.log" 2>&1 || die "role $role failed on $h, see $LAB/h/$h/provision.log"
  done
}
keep_layer() {
  local h=$1; cmd_off "$h"; umount "$LAB/h/$h/root"
  rm -rf --one-file-system "${LAYERS:?}/$h"; cp -a "$LAB/h/$h/rw/upper" "$LAYERS/$h"
  umount "$LAB/h/$h/rw"
}
provision() {
  local want h; want=$({ cat "$CACHE/base/.done"; echo "$MORE"; for h in $(names); do roles "$h"; done; } | digest)
  [ "$(cat "$LAYERS/.done" 2>/dev/null)" != "$want" ] || return 0
  echo "lab: provisioning $(names | xargs)"
  local started=$SECONDS h
  each_host cmd_off
  for h in $(names); do unmount "$TAG-$h"; done
  rm -rf --one-file-system "${LAYERS:?}"; mkdir -p "$LAYERS"
  boot_all
  each_host provision_host
  each_host keep_layer
  echo "$want" >"$LAYERS/.done"
  echo "lab: provisioning took $((SECONDS - started)) s"
}
# Icinga's API is spoken to from the control host: curl reads name, password and certificate from this file.
monitoring_login() {
  local ca=$LAYERS/alert1001/var/lib/icinga2/certs/ca.crt
  [ -e "$ca" ] || return 0
  mkdir -p "$LAB/icinga"; cp "$ca" "$LAB/icinga/ca.crt"
  (umask 077; printf 'user = "lab:labpw"\ncacert = "%s"\n' "$LAB/icinga/ca.crt" >"$LAB/icinga/curl.conf")
}
start_lxcfs() {
  command -v lxcfs >/dev/null || return 0
  if mounted "$LAB/lxcfs"; then
    ! ls "$LAB/lxcfs/proc" >/dev/null 2>&1 || return 0
    umount -l "$LAB/lxcfs"                        # its process was killed: the mount is still there, and dead
  fi
  mkdir -p "$LAB/lxcfs"
  ( enter_cgroup supervisors; detached lxcfs -p "$LAB/lxcfs.pid" "$LAB/lxcfs" )
  local i; for i in $(seq 40); do ! mounted "$LAB/lxcfs" || return 0; sleep 0.05; done
}
# Booted is not yet at work: replicas connect again every two seconds, Icinga's API comes after its unit,
# and HAProxy believes a web host after two answers.
settled() {
  local i; case +$(part "$1" 3)+ in
    *+replica+*) for i in $(seq 100); do
      ! cmd_ssh "$1" "mysql -S /run/mysqld/mysqld.matomo.sock -e 'show slave status\G' | grep -q 'Seconds_Behind_Master: 0'" </dev/null || return 0; sleep 0.1; done
      die "$1 does not replicate" ;;
    *+alert+*) for i in $(seq 100); do
      ! ip netns exec "$TAG" curl -sf -o /dev/null -K "$LAB/icinga/curl.conf" "https://$1:5665/v1" || return 0; sleep 0.1; done
      die "$1: no API" ;;
    *+wiki-lb+*) for i in $(seq 100); do
      [ "$(cmd_ssh "$1" "echo 'show stat' | socat stdio /run/haproxy/admin.sock | grep -c '^wiki,wiki-web.*,UP,'" </dev/null)" != 2 ] || return 0; sleep 0.2; done
      die "$1: a web host is not up" ;;
  esac
}
cmd_up() {
  mkdir -p "$LAB" "$CACHE"
  exec 8>"$CACHE/building"; flock -w 900 8 || die "another lab builds in $CACHE"
  cmd_tools; cmd_image; cmd_packages; network; ssh_files; start_lxcfs; provision
  exec 8>&-
  monitoring_login; boot_all; each_host settled; cmd_status
}
cmd_down() {
  local h n c; each_host cmd_off || :
  for h in $(names); do [ ! -e "$LAB/h/$h/wan" ] || cmd_heal "$h" 2>/dev/null || :; done
  if mounted "$LAB/lxcfs"; then umount -l "$LAB/lxcfs"; fi
  for c in $(hierarchies); do for n in "$c/$TAG"/*/; do [ ! -d "$n" ] || basename "$n"; done; done | sort -u |
    while read -r n; do kill_group "$n"; unmount "$TAG-$n"; done
  for h in $(names); do unmount "$TAG-$h"; done
  for n in /run/netns/"$TAG"-* /run/netns/"$TAG"; do [ ! -e "$n" ] || ip netns del "$(basename "$n")"; done
  for n in $(names); do rm -rf "/run/systemd/nspawn/propagate/$n"; done
  rm -rf "/etc/netns/$TAG"
  for c in $(hierarchies); do [ ! -d "$c/$TAG" ] || find "$c/$TAG" -depth -type d -exec rmdir {} + 2>/dev/null || :; done
}
cmd_status() { local h; for h in $(names); do printf '%-11s %-12s %s\n' "$h" "$(addr "$h")" "$(running "$h" && echo "up, pid 1 is $(leader "$h")" || echo off)"; done; }
cmd_ssh() { local h=$1; shift; ip netns exec "$TAG" ssh -F "$LAB/ssh/config" "$h" "$@"; }
cmd_exec() { exec ip netns exec "$TAG" "$@"; }

. "$HERE/faults.sh"

command=${1:-}; shift || :
if [ -z "$command" ] || ! declare -F "cmd_$command" >/dev/null; then sed -n '2,/^set/{/^set/d;s/^# \?//p}' "$0"; exit 2; fi
[ "$(id -u)" = 0 ] || die "needs root"
case $command in
  up | down | reset | image | packages)                    # these change what all share: one at a time
    mkdir -p "$LAB"; exec 9>"$LAB/lock"; flock -w 600 9 || die "another lab.sh holds $LAB/lock" ;;
esac
"cmd_$command" "$@"

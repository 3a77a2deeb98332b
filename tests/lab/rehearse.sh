#!/bin/bash
# rehearse.sh - tries, by hand and without the engine, the commands that the standard library and the Matomo runbook are
# made of, on the hosts of the lab: so that a red test of the engine is the engine's. The commands are taken out of the
# files as they stand there. Every undo is tried before its `run` (nothing was done yet), after it, and twice.
#
#   rehearse.sh             all
#   rehearse.sh actions | forward | back
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); LAB_SH=$HERE/lab.sh; ROOT=$HERE/../..
RUNBOOK=$ROOT/runbooks/wikitech/matomo-restart.runbook
export LAB=${LAB:-/var/tmp/runbook-lab}
failed=0

# Values, by name: what the engine binds beside a script.
declare -A V=([run_id]="rehearsal-$$" [operator]="o'brien \"the\" ops" [page]=http://localhost/)

# The N-th command of a field: of `KIND NAME` in a file. `fact:NAME` is a field too.
command_of() {
  awk -v kind="$2" -v name="$3" -v field="${4%%:*}" -v fact="${4#*:}" -v n="${5:-1}" '
    !found { if ($1 == kind && ($2 == name || index($2, name "(") == 1)) { found = 1; match($0, /^ */); pad = RLENGTH } next }
    block { if ($0 ~ /^ *```/) { if (seen == n) exit; block = 0 } else if (seen == n) print; next }
    /^ *[}]/ { match($0, /^ */); if (RLENGTH == pad) exit }
    $1 == field && (field != "fact" || $2 == fact ":") && /`/ {
      seen++
      if (/```$/) { block = 1; next }
      if (seen == n) { sub(/^[^`]*`/, ""); sub(/`[^`]*$/, ""); print; exit }
    }' "$1" | sed -E 's/\{\{ ([a-z_0-9]+) \}\}/${\1}/g'
}
# Without the engine a value is not quoted by its context; that words end only at line breaks makes up for it.
send() {  # HOST SCRIPT FLAGS
  local name script=''; for name in "${!V[@]}"; do script+="$(printf '%s=%q' "$name" "${V[$name]}")"$'\n'; done
  script+="IFS=\$'\\n'; set -f $3"$'\n'$2
  if [ "$1" = local ]; then "$LAB_SH" exec bash -c "$script" </dev/null
  else "$LAB_SH" ssh "$1" "$(printf 'bash -c %q' "$script")" </dev/null; fi
}
flags() { case $1 in run | undo) echo '-eu -o pipefail' ;; *) echo -eu ;; esac; }
# WANT is yes, no, or eventually (polled for a minute).
try() {  # WANT HOST FILE KIND NAME FIELD [N]
  local want=$1 script status try output; script=$(command_of "${@:3}")
  [ -n "$script" ] || { echo "FAIL $4 $5 has no $6"; failed=1; return; }
  for try in $(seq 60); do
    status=0; output=$(send "$2" "$script" "$(flags "$6")" 2>&1) || status=$?
    [ "$want" = eventually ] && [ "$status" != 0 ] || break
    sleep 1
  done
  case $want:$status in
    yes:0 | eventually:0 | no:[1-9] | no:[1-9][0-9] | no:1[01][0-9] | no:12[0-5] | error:126) printf 'ok   %-10s %s %s: %s\n' "$2" "$5" "$6" "$want" ;;
    *) printf 'FAIL %-10s %s %s: wanted %s, exit status %s\n%s\n' "$2" "$5" "$6" "$want" "$status" "$output"; failed=1 ;;
  esac
}
action() { try "$1" "$2" "$ROOT/stdlib/${3%%.*}.runbook" action "${@:3}"; }       # WANT HOST ACTION FIELD [N]
step() { try "$1" "$2" "$RUNBOOK" "${@:3}"; }                                      # WANT HOST KIND ID FIELD [N]
fact() { send "$1" "$(command_of "$ROOT/stdlib/${2%%.*}.runbook" action "$2" "fact:$3")" -eu; }
read_fact() { V[$3]=$(fact "$@"); }
ask_fact() { V[$3]=false; ! fact "$@" || V[$3]=true; }
on() { "$LAB_SH" ssh "$@" </dev/null; }
expect() { if [ "$2" = "$3" ]; then echo "ok   $1"; else echo "FAIL $1: '$2', not '$3'"; failed=1; fi; }

# The whole life of an action whose check says "not yet" at first.
life() {  # HOST ACTION
  action no  "$1" "$2" check
  action yes "$1" "$2" undo; action no "$1" "$2" check
  action yes "$1" "$2" run; action eventually "$1" "$2" verify; action yes "$1" "$2" check
  action yes "$1" "$2" undo; action no "$1" "$2" check
  action yes "$1" "$2" undo; action no "$1" "$2" check
}

actions() {
  echo "== service"
  V[name]=apache2; read_fact matomo1002 service.stopped triggers; life matomo1002 service.stopped
  V[name]=no-such-unit; action error matomo1002 service.stopped check; action error matomo1002 service.running check
  V[name]=apache2; on matomo1002 systemctl stop apache2; life matomo1002 service.running; on matomo1002 systemctl start apache2
  read_fact matomo1002 service.restarted before
  action no matomo1002 service.restarted verify; action yes matomo1002 service.restarted run
  action yes matomo1002 service.restarted verify; action yes matomo1002 service.restarted undo
  # The trap of Debian: a socket that starts the stopped server again when a client comes.
  on matomo1002 'systemctl stop mariadb; systemctl enable -q --now mariadb.socket; systemctl start mariadb'
  V[name]=mariadb; read_fact matomo1002 service.stopped triggers; expect "what starts mariadb" "${V[triggers]}" mariadb.socket
  action yes matomo1002 service.stopped run; on matomo1002 'mysql -e "select 1" >/dev/null 2>&1 || :'
  action yes matomo1002 service.stopped verify; action yes matomo1002 service.stopped undo
  expect "the socket is back" "$(on matomo1002 systemctl is-active mariadb.socket mariadb | xargs)" "active active"
  on matomo1002 'systemctl disable -q --now mariadb.socket; systemctl restart mariadb'

  echo "== file"
  V[path]="/root/a file"; V[mode]=0644; V[content]=$'one "two"\n$three `four`\n'; V[line]='-- a "line" of $ome kind'
  ask_fact matomo1002 file.present existed; life matomo1002 file.present
  on matomo1002 'printf old >"/root/a file"; chmod 600 "/root/a file"'
  ask_fact matomo1002 file.present existed; life matomo1002 file.present
  expect "the old file is back" "$(on matomo1002 'stat -c %a "/root/a file"; cat "/root/a file"' | xargs)" "600 old"
  life matomo1002 file.contains; expect "nothing else changed" "$(on matomo1002 'cat "/root/a file"')" old
  life matomo1002 file.absent; expect "the old file is back" "$(on matomo1002 'cat "/root/a file"; rm "/root/a file"')" old

  echo "== mysql"
  V[socket]=/run/mysqld/mysqld.matomo.sock V[within]=60
  life db1108 mysql.replication_stopped
  on db1108 'mysql -S /run/mysqld/mysqld.matomo.sock -e "stop slave"'; life db1108 mysql.replication_running
  on db1108 'mysql -S /run/mysqld/mysqld.matomo.sock -e "start slave"'
  V[socket]=/run/mysqld/mysqld.sock; action error matomo1002 mysql.replication_stopped check; life matomo1002 mysql.read_only

  echo "== more files"
  local h=matomo1002
  V[path]=/root/a.ini V[section]=One V[key]=name V[value]='new & "quoted" \1'
  on $h 'printf "[One]\nname = old\n[Two]\nx = 1\n" >/root/a.ini'
  read_fact $h file.ini_key before; ask_fact $h file.ini_key sectioned; life $h file.ini_key
  V[section]=Three; read_fact $h file.ini_key before; ask_fact $h file.ini_key sectioned; life $h file.ini_key
  expect "nothing else changed" "$(on $h cat /root/a.ini | xargs)" "[One] name = old [Two] x = 1"
  V[path]=/root/a.json V[key]=A.B; on $h "jq -n --indent 4 '{A: {B: \"old\"}}' >/root/a.json"
  read_fact $h file.json_key before; life $h file.json_key
  V[key]=A.C; read_fact $h file.json_key before; life $h file.json_key
  expect "the old text is back" "$(on $h jq -c . /root/a.json)" '{"A":{"B":"old"}}'
  on $h 'mkdir -p "/root/a folder" /root/other; echo 1 >"/root/a folder/f"; echo 2 >/root/other/g'
  V[src]='/root/a folder' V[dest]=/root/other; ask_fact $h file.copied existed; life $h file.copied
  V[dest]=/root/none; ask_fact $h file.copied existed; life $h file.copied
  expect "what stood there is back" "$(on $h 'ls /root/other; ls -d /root/none* | wc -l' 2>/dev/null | xargs)" "g 0"
  V[path]='/root/a folder' V[to]=/root/moved; life $h file.moved
  V[to]='/root/back ups/a'; action no $h file.backed_up check; action yes $h file.backed_up undo
  action yes $h file.backed_up run; action yes $h file.backed_up verify; action yes $h file.backed_up check
  on $h 'echo spoilt >"/root/a folder/f"'; action no $h file.backed_up check
  action yes $h file.backed_up undo; action yes $h file.backed_up undo; action yes $h file.backed_up check
  expect "what was backed up is back" "$(on $h 'cat "/root/a folder/f"')" 1
  V[from]='/root/a folder/f' V[to]=/root/got/f V[sha256]=$(echo 1 | sha256sum | cut -d' ' -f1)
  ask_fact $h file.fetched existed; life $h file.fetched
  V[sha256]=$(echo 2 | sha256sum | cut -d' ' -f1); action no $h file.fetched run; action no $h file.fetched check
  on $h 'mkdir /root/live /root/new; echo new >/root/new/f'
  V[path]=/root/live V[new]=/root/new V[old]=/root/live-1; life $h file.switched
  # Stopped between its two moves.
  on $h 'mv /root/live /root/live-1'; action no $h file.switched check; action yes $h file.switched undo
  expect "all stands where it did" "$(on $h ls -d /root/live /root/new /root/live-1 2>/dev/null | xargs)" "/root/live /root/new"
  on $h 'mv /root/live /root/live-1'; action yes $h file.switched run; action yes $h file.switched verify; action yes $h file.switched undo
  # Somebody else's folder of that name.
  on $h 'mkdir /root/live-1'; action no $h file.switched run; action yes $h file.switched undo
  expect "nothing was moved" "$(on $h ls -d /root/live /root/new /root/live-1 | xargs)" "/root/live /root/live-1 /root/new"
  V[archive]=/root/a.tgz V[to]=/root/unpacked V[owner]=www-data: V[strip]=1
  on $h 'tar -czf /root/a.tgz -C /root new'; action yes $h file.unpacked undo; action yes $h file.unpacked run
  action yes $h file.unpacked verify; expect "it belongs to its owner" "$(on $h 'stat -c %U /root/unpacked/f')" www-data
  action no $h file.unpacked require; action yes $h file.unpacked undo; action yes $h file.unpacked undo
  expect "it is gone" "$(on $h 'ls -d /root/unpacked*' 2>/dev/null)" ""

  echo "== packages, pages, room"
  V[name]=jq; life $h package.held
  V[url]=http://localhost/ V[status]=200 V[text]=Matomo; action yes $h http.answers verify; action yes $h http.contains verify
  V[status]=404; action no $h http.answers verify; V[text]='not there'; action no $h http.contains verify
  V[path]=/root V[size]=1000; action yes $h host.has_room verify; V[size]=99999999999999; action no $h host.has_room verify
  V[database]=piwik V[times]=2 V[socket]=/run/mysqld/mysqld.sock; action yes $h mysql.has_room verify
  V[times]=999999999; action no $h mysql.has_room verify

  echo "== puppet"
  V[reason]="restart matomo - me"; life matomo1002 puppet.disabled
  on matomo1002 puppet agent --disable "'somebody else'"
  action yes matomo1002 puppet.disabled check; action no matomo1002 puppet.disabled verify
  action yes matomo1002 puppet.disabled undo; action yes matomo1002 puppet.disabled check
  action no matomo1002 puppet.applied run
  on matomo1002 puppet agent --enable; action yes matomo1002 puppet.applied run

  echo "== icinga"
  V[hosts]=$'db1108.eqiad.wmnet\nnosuchhost' V[service]=matomo V[for]=900 V[api]=https://alert1001:5665 V[login]=$LAB/icinga/curl.conf
  V[reason]='a "reason"; with $igns \ and more'; life local icinga.downtime
  V[service]='*'; life local icinga.downtime
  V[service]=nonsense; action error local icinga.downtime check; action no local icinga.downtime run
  V[service]=matomo; action yes local icinga.downtime run; V[for]=9000; action no local icinga.downtime check; action yes local icinga.downtime undo

  echo "== host"
  local boot; boot=$(on matomo1002 cat /proc/sys/kernel/random/boot_id)
  send matomo1002 "$(command_of "$ROOT/stdlib/host.runbook" action host.rebooted run)" -eu || :
  sleep 1; action eventually matomo1002 host.rebooted verify
  expect "another boot" "$([ "$(on matomo1002 cat /proc/sys/kernel/random/boot_id)" != "$boot" ] && echo yes)" yes
}

arguments() { V[socket]=/run/mysqld/mysqld.matomo.sock V[within]=60 V[hosts]=db1108 V[service]=matomo V[for]=900 V[api]=https://alert1001:5665 V[login]=$LAB/icinga/curl.conf; }
replicates() {
  on matomo1002 curl -s "'http://localhost/matomo.php?idsite=1&url=x'"; sleep 1
  expect "hits are recorded and replicated" "$(on db1108 "mysql -S /run/mysqld/mysqld.matomo.sock -BNe 'select count(*) > $1 from piwik.matomo_log_visit'")" 1
}
hits() { on db1108 "mysql -S /run/mysqld/mysqld.matomo.sock -BNe 'select count(*) from piwik.matomo_log_visit'"; }

# The procedure up to its gate.
until_the_gate() {
  arguments
  step yes db1108 runbook wikitech.matomo-restart fact:in_sync
  step yes matomo1002 runbook wikitech.matomo-restart require 1; step yes matomo1002 runbook wikitech.matomo-restart require 2
  V[reason]="restart matomo"; action no local icinga.downtime check; action yes local icinga.downtime run; action eventually local icinga.downtime verify
  step yes matomo1002 step merge-maintenance-on-in-the-lab run
  action yes matomo1002 puppet.applied run
  step yes matomo1002 step maintenance-on verify 1; step yes matomo1002 step maintenance-on verify 2
  V[reason]="restart matomo - ${V[operator]}"; action no matomo1002 puppet.disabled check; action yes matomo1002 puppet.disabled run; action eventually matomo1002 puppet.disabled verify
  V[name]=apache2; read_fact matomo1002 service.restarted before; action yes matomo1002 service.restarted run; action yes matomo1002 service.restarted verify
  step eventually matomo1002 step restart-apache verify
  action no db1108 mysql.replication_stopped check; action yes db1108 mysql.replication_stopped run; action yes db1108 mysql.replication_stopped verify
  V[name]=mariadb; read_fact matomo1002 service.stopped triggers; action no matomo1002 service.stopped check
  action yes matomo1002 service.stopped run; action yes matomo1002 service.stopped verify; step yes matomo1002 step stop-mariadb verify
  step yes matomo1002 gate reboot show 1; step yes db1108 gate reboot show 2
}
forward() {
  echo "== the runbook, to its end"
  until_the_gate
  send matomo1002 "$(command_of "$ROOT/stdlib/host.runbook" action host.rebooted run)" -eu || :
  sleep 1; action eventually matomo1002 host.rebooted verify
  V[name]=mariadb; action yes matomo1002 service.running check
  V[reason]="restart matomo - ${V[operator]}"; action yes matomo1002 puppet.disabled check; action yes matomo1002 puppet.disabled undo; action no matomo1002 puppet.disabled check
  action no db1108 mysql.replication_running check; action yes db1108 mysql.replication_running run; action eventually db1108 mysql.replication_running verify
  step yes matomo1002 step merge-maintenance-off-in-the-lab run
  action yes matomo1002 puppet.applied run
  step yes matomo1002 step maintenance-off verify 1; step yes matomo1002 step maintenance-off verify 2
  V[name]=apache2; read_fact matomo1002 service.restarted before; action yes matomo1002 service.restarted run; action yes matomo1002 service.restarted verify
  step eventually matomo1002 step restart-apache-again verify
  action yes local icinga.downtime undo; action no local icinga.downtime check
  replicates "$(hits)"
}
back() {
  echo "== the runbook, refused at its gate"
  until_the_gate
  V[name]=mariadb; action yes matomo1002 service.stopped undo
  action yes db1108 mysql.replication_stopped undo
  V[name]=apache2; action yes matomo1002 service.restarted undo
  V[reason]="restart matomo - ${V[operator]}"; action yes matomo1002 puppet.disabled undo
  step yes matomo1002 step merge-maintenance-on-in-the-lab undo
  step yes matomo1002 step puppet-on-the-way-back undo
  step yes matomo1002 step apache-on-the-way-back undo
  step yes matomo1002 step maintenance-off verify 1; step eventually matomo1002 step restart-apache-again verify
  action yes local icinga.downtime undo; action no local icinga.downtime check
  replicates "$(hits)"
}

case ${1:-all} in
  actions | forward | back) "$1" ;;
  all) actions; forward; back ;;
  *) sed -n '2,8s/^# \?//p' "$0"; exit 2 ;;
esac
[ "$failed" = 0 ] && echo "all as wanted"
exit "$failed"

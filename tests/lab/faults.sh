# faults.sh - what goes wrong with hosts and networks; read by lab.sh. Every fault ends with `heal`, `thaw`, or by its
# own opposite.
#
#   cut HOST               the cable is out: nothing is answered, connections stay half open
#   drop HOST              a firewall swallows what comes in
#   loss HOST 0.3          so does this, for some of it
#   slow HOST 64kbit       a thin line, both ways
#   wan HOST MS [JITTER [LOSS [DUP]]]   a long line (needs python3; for kernels without netem too)
#   heal HOST              ends all of these
#   freeze HOST | thaw HOST             the host hangs: TCP connects, nobody answers
#   resize HOST full|2g    no more can be written to the disk; a larger size repairs it
#   memory HOST MB | off   so much more memory can be had, then the kernel kills
#   clock HOST +2h | off   the host's clock is wrong, for what sshd and cron start
#   rekey HOST             another machine answers at this address (`reset` brings the host back)

cmd_cut() { need "$1"; in_net link set "v-$1" down; }
cmd_drop() { need "$1"; ip netns exec "$TAG-$1" iptables -I INPUT -i eth0 -j DROP; }
cmd_loss() { need "$1"; ip netns exec "$TAG-$1" iptables -I INPUT -i eth0 -m statistic --mode random --probability "$2" -j DROP; }
cmd_slow() {
  need "$1"
  tc -n "$TAG" qdisc replace dev "v-$1" root tbf rate "$2" burst 3000 latency 4s
  tc -n "$TAG-$1" qdisc replace dev eth0 root tbf rate "$2" burst 3000 latency 4s
}
cmd_wan() {
  local h=$1; shift; need "$h"
  in_net link set "v-$h" nomaster
  ( enter_cgroup supervisors; detached ip netns exec "$TAG" python3 "$HERE/wan.py" "v-$h" br0 "$@"; echo $! >"$LAB/h/$h/wan" )
}
cmd_heal() {
  local h=$1 wan=$LAB/h/$1/wan; need "$h"
  if [ -e "$wan" ]; then kill "$(cat "$wan")" 2>/dev/null || :; rm -f "$wan"; fi
  in_net link set "v-$h" master br0 up
  ip netns exec "$TAG-$h" iptables -F
  tc -n "$TAG" qdisc del dev "v-$h" root 2>/dev/null || :
  tc -n "$TAG-$h" qdisc del dev eth0 root 2>/dev/null || :
}

frz() {
  local group=/sys/fs/cgroup/freezer/$TAG/$1
  if [ -d "$group" ]; then
    if [ "$2" = 1 ]; then echo FROZEN; else echo THAWED; fi >"$group/freezer.state"
  elif [ -d "/sys/fs/cgroup/$TAG/$1" ]; then echo "$2" >"/sys/fs/cgroup/$TAG/$1/cgroup.freeze"; fi
}
cmd_freeze() { need "$1"; frz "$1" 1; }
cmd_thaw() { need "$1"; frz "$1" 0; }

cmd_resize() {
  local disk=$LAB/h/$1/rw size=$2; need "$1"
  if [ "$size" = full ]; then
    # Less than what is used is refused, and the host writes meanwhile.
    for _ in $(seq 100); do
      size=$(df --output=used -k "$disk" | tail -1 | tr -d ' ')k
      ! mount -o "remount,size=$size" "$disk" 2>/dev/null || return 0
    done
  fi
  mount -o "remount,size=$size" "$disk"
}
cmd_memory() {
  local group=/sys/fs/cgroup/memory/$TAG/$1 used=memory.usage_in_bytes limit=memory.limit_in_bytes; need "$1"
  [ -d "$group" ] || { group=/sys/fs/cgroup/$TAG/$1; used=memory.current; limit=memory.max; }
  if [ "$2" = off ]; then echo $((1 << 50)); else echo $(($(cat "$group/$used") + $2 * 1048576)); fi >"$group/$limit"
}
cmd_clock() {
  if [ "$2" = off ]; then cmd_ssh "$1" 'rm -f /etc/ld.so.preload; systemctl restart ssh'; return; fi
  cmd_ssh "$1" "echo '$2' >/etc/faketimerc; ls /usr/lib/*/faketime/libfaketime.so.1 >/etc/ld.so.preload; systemctl restart ssh"
}
cmd_rekey() { cmd_ssh "$1" 'rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh'; }

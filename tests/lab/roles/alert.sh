# role alert: a real Icinga 2 with its API, which watches the two other hosts. Runs inside the host, once.
set -e
touch /etc/icinga2/constants.conf /etc/icinga2/zones.conf     # copies them up: Icinga's own copying fails across the disk's layers
icinga2 api setup --cn "$(hostname)" >/dev/null
cat >/etc/icinga2/conf.d/api-users.conf <<'CONF'
object ApiUser "lab" {
  password = "labpw"
  permissions = [ "*" ]
}
CONF
cat >/etc/icinga2/conf.d/hosts.conf <<'CONF'
template Host "lab" {
  check_command = "dummy"
  vars.dummy_state = 0
}
template Service "lab" {
  check_interval = 5s
  retry_interval = 2s
  max_check_attempts = 2
}
object Host "matomo1002" {
  import "lab"
  address = "198.18.7.11"
}
object Host "db1108" {
  import "lab"
  address = "198.18.7.12"
}
object Service "mariadb matomo" {
  import "lab"
  host_name = "db1108"
  check_command = "tcp"
  vars.tcp_port = "3351"
}
object Service "ssh" {
  import "lab"
  host_name = "db1108"
  check_command = "ssh"
}
object Service "http" {
  import "lab"
  host_name = "matomo1002"
  check_command = "http"
}
CONF
rm -f /etc/icinga2/conf.d/{services,apt,groups,notifications,downtimes}.conf
systemctl enable -q icinga2; systemctl restart icinga2

# role puppet: a real `puppet agent -t` without a puppet server. The agent applies a cached catalog, and
# `lab-puppet-merge` compiles that one: it STANDS IN for "merge the patch" on the puppet server. The agent's locks, its
# --disable and --enable, its exit statuses, and that it reverts what was edited by hand, are real.
# Runs inside the host, once.
set -e
name=$(hostname); ssl=/var/lib/puppet/ssl
cat >/etc/puppet/puppet.conf <<CONF
[main]
certname = $name
vardir = /var/lib/puppet
ssldir = $ssl
[agent]
use_cached_catalog = true
pluginsync = false
report = false
certificate_revocation = false
CONF
mkdir -p $ssl/{certs,private_keys,public_keys,certificate_requests} /etc/puppet/code/environments/production/manifests
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Lab CA" -keyout $ssl/ca.key -out $ssl/certs/ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$ssl/private_keys/$name.pem" -out $ssl/request.csr 2>/dev/null
openssl x509 -req -in $ssl/request.csr -CA $ssl/certs/ca.pem -CAkey $ssl/ca.key -CAcreateserial -days 3650 -out "$ssl/certs/$name.pem" 2>/dev/null
openssl rsa -in "$ssl/private_keys/$name.pem" -pubout -out "$ssl/public_keys/$name.pem" 2>/dev/null
chown -R puppet: /var/lib/puppet

cat >/etc/puppet/code/environments/production/manifests/site.pp <<'PP'
$maintenance = file('/etc/puppet/maintenance_mode') ? { /1/ => 1, default => 0 }
file { '/etc/matomo':
  ensure => directory,
  owner  => 'www-data',
}
file { '/etc/matomo/config.ini.php':
  owner   => 'www-data',
  content => "; <?php exit; ?> DO NOT REMOVE THIS LINE\n[database]\nhost = \"localhost\"\nusername = \"piwik\"\npassword = \"piwikpw\"\ndbname = \"piwik\"\ntables_prefix = \"matomo_\"\n[General]\nmaintenance_mode = ${maintenance}\n[Tracker]\nrecord_statistics = ${1 - $maintenance}\n",
}
PP
cat >/usr/local/sbin/lab-puppet-merge <<'MERGE'
#!/bin/sh
# lab-puppet-merge maintenance 0|1: a STAND-IN for "make a patch, merge it": what the next run of the agent applies.
set -e
case "$*" in
  'maintenance 0' | 'maintenance 1') echo "$2" >/etc/puppet/maintenance_mode ;;
  *) echo 'usage: lab-puppet-merge maintenance 0|1   (a stand-in, of the lab of runbook)' >&2; exit 2 ;;
esac
name=$(hostname) folder=/var/lib/puppet/client_data/catalog
mkdir -p $folder
puppet catalog compile "$name" --render-as json --environment production 2>/dev/null | sed -n '/^{/,$p' >"$folder/$name.json.new"
[ -s "$folder/$name.json.new" ]
mv "$folder/$name.json.new" "$folder/$name.json"
MERGE
chmod 755 /usr/local/sbin/lab-puppet-merge
lab-puppet-merge maintenance 0
# The first run makes the agent's folders; afterwards it finds nothing to change.
puppet agent -t >/dev/null || [ $? = 2 ]
puppet agent -t >/dev/null

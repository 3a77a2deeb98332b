# role puppet-cron: Matomo's archiver as a cron job that Puppet keeps, as on Wikitech's page; at a time when nobody tests.
# Runs inside the host, once.
set -e
cat >/etc/puppet/code/environments/production/manifests/cron.pp <<'PP'
cron { 'piwik_archiver':
  command  => '[ -e /usr/share/matomo/console ] && [ -x /usr/bin/php ] && nice /usr/bin/php /usr/share/matomo/console core:archive --url="" >> /var/log/matomo/matomo-archive.log',
  user     => 'www-data',
  minute   => 0,
  hour     => 8,
  month    => 1,
  monthday => 1,
}
PP
# What the agent would be given by a server.
mkdir -p /var/lib/puppet/lib
cp -a /usr/share/puppet/modules/cron_core/lib/. /var/lib/puppet/lib/
lab-puppet-merge maintenance 0
puppet agent -t >/dev/null || [ $? = 2 ]
puppet agent -t >/dev/null
crontab -u www-data -l | grep -q '^# Puppet Name: piwik_archiver'

# role apt: a real archive of packages that reprepro keeps and Apache serves, signed, and the upstream that it is updated
# from, another one. The archive has matomo 3.13.3-1; upstream has published 3.13.6-1 since, as `checkupdate` tells.
# Runs inside the host, once.
set -e
export GNUPGHOME=/root/.gnupg; install -d -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-gen-key 'Lab Archive <lab@example.org>' rsa2048 sign never 2>/dev/null
key=$(gpg --list-keys --with-colons | awk -F: '/^fpr/ { print $10; exit }')
mkdir -p /srv/www /srv/upstream/conf /srv/wikimedia/conf
gpg --export "$key" >/srv/www/lab.gpg
distribution() { printf 'Origin: Lab\nCodename: %s\nSuite: %s\nArchitectures: amd64 arm64\nComponents: %s\nSignWith: %s\n' "$1" "$1" "$2" "$key"; }
distribution piwik main >/srv/upstream/conf/distributions
{ distribution bookworm-wikimedia 'main thirdparty/matomo'; echo 'Update: matomo'; } >/srv/wikimedia/conf/distributions
cat >/srv/wikimedia/conf/updates <<CONF
Name: matomo
Method: http://localhost/upstream
Suite: piwik
Components: main>thirdparty/matomo
Architectures: amd64 arm64
VerifyRelease: ${key: -16}
CONF
cat >/etc/apache2/conf-enabled/archive.conf <<CONF
ServerName $(hostname)
Alias /upstream /srv/upstream
Alias /wikimedia /srv/wikimedia
Alias /lab.gpg /srv/www/lab.gpg
<Directory /srv>
  Require all granted
</Directory>
CONF
systemctl enable -q apache2; systemctl restart apache2
publish() { lab-matomo-package "$1" "/srv/www/matomo-$1.deb"; reprepro -s -b /srv/upstream includedeb piwik "/srv/www/matomo-$1.deb"; }
publish 3.13.3-1
reprepro -s -b /srv/wikimedia update bookworm-wikimedia
publish 3.13.6-1
# From now on others can see that it is ready.
touch /srv/wikimedia/ready

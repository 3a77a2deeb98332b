# role mattermost: a Mattermost 1.3.0 behind a real Apache, with a real MariaDB, as a unit of systemd; its next releases as
# archives that Apache serves. The server itself, `platform`, is a STAND-IN, since no registry has it: it has the real
# one's command line, configuration, folders, schema versions and words. Runs inside the host, once.
set -e
mkdir -p /usr/local/lib/lab
cat >/usr/local/lib/lab/platform <<'PHP'
#!/usr/bin/php
<?php
// platform: a STAND-IN for the Mattermost server of the versions 1.2 to 1.5, in the lab of runbook. It is not Mattermost.
const VERSION = '@VERSION@';
const RELEASES = ['1.2', '1.3', '1.4', '1.5'];
function say(string $level, string $text): void {
    fwrite(STDERR, date('[Y/m/d H:i:s]') . " [$level] $text\n");
}
function halt(string $text): never {
    say('CRIT', $text);
    sleep(1);
    exit(2);
}
$file = dirname(__DIR__) . '/config/config.json';
$config = json_decode(file_get_contents($file), true) ?? halt("$file is no JSON");
$source = '/^(.*?):(.*)@tcp\((.*?):(\d+)\)\/(\w+)/';
preg_match($source, $config['SqlSettings']['DataSource'], $at) || halt('SqlSettings.DataSource is not understood');
function database(): mysqli {
    global $at;
    static $open;
    if ($open) {
        try { $open->query('select 1'); return $open; } catch (mysqli_sql_exception) { $open = null; }
    }
    return $open = new mysqli($at[3], $at[1], $at[2], $at[5], (int) $at[4]);
}
// The schema: a version that is not this one, nor the one before, is refused, while systemd calls the unit active.
try {
    $db = database();
} catch (mysqli_sql_exception $e) {
    halt('Failed to ping db err:' . $e->getMessage());
}
$db->query('create table if not exists Systems (Name varchar(64) primary key, Value varchar(1024))');
$db->query('create table if not exists Teams (Name varchar(64) primary key, DisplayName varchar(64))');
$db->query('create table if not exists Posts (Id bigint auto_increment primary key, Team varchar(64), Message text)');
$schema = $db->query("select Value from Systems where Name = 'Version'")->fetch_row()[0] ?? null;
$mine = array_search(preg_replace('/\.\d+$/', '', VERSION), RELEASES);
if ($schema === null) {
    $db->query("insert into Systems values ('Version', '" . VERSION . "')");
} elseif ($schema !== VERSION) {
    $old = array_search(preg_replace('/\.\d+$/', '', $schema), RELEASES);
    if ($old === false || $old > $mine || $old < $mine - 1) {
        halt("The database schema version of $schema cannot be upgraded. You must not skip a version.");
    }
    say('WARN', "The database schema version of $schema appears to be out of date");
    for ($step = $old + 1; $step <= $mine; $step++) {
        $column = 'Since' . str_replace('.', '_', RELEASES[$step]);
        $db->query("alter table Posts add column if not exists $column bigint default 0");
    }
    $db->query("update Systems set Value = '" . VERSION . "' where Name = 'Version'");
    say('WARN', 'The database schema has been upgraded to version ' . VERSION);
}
// As the real one of the 1.x line: it has opened and migrated the database before it says its version, on standard error.
if (in_array('-version', $argv)) {
    fwrite(STDERR, 'Version: ' . VERSION . "\nBuild Number: 1337 (stand-in)\nBuild Date: lab\nBuild Hash: none\n");
    exit(0);
}
// What this release can be set to; the file has it once a change is saved in the System Console.
function defaults(): array {
    return json_decode(file_get_contents(dirname(__DIR__) . '/config/defaults.json'), true);
}
function folder(): string {
    global $config;
    $folder = $config['FileSettings']['Directory'];
    return $folder[0] === '/' ? $folder : getcwd() . '/../' . $folder;
}
function answer(string $method, string $path, string $body): array {
    global $config, $file;
    $db = database();
    $words = explode('/', trim($path, '/'));
    if ($path === '/') return [200, 'Mattermost ' . VERSION . " (stand-in)\n"];
    if ($path === '/admin_console/save' && $method === 'POST') {
        $config = array_replace_recursive(defaults(), $config);
        file_put_contents($file, json_encode($config, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES) . "\n");
        return [200, "saved\n"];
    }
    if ($words[0] === 'hooks' && $method === 'POST') {
        $db->execute_query("insert into Posts (Team, Message) select Name, ? from Teams", [json_decode($body)->text]);
        return [200, "ok"];
    }
    if ($words[0] === 'files') {
        $name = folder() . basename($path);
        if ($method === 'POST') return [file_put_contents($name, $body) === false ? 500 : 200, "kept\n"];
        return is_file($name) ? [200, file_get_contents($name)] : [404, "no such file\n"];
    }
    if (!$db->execute_query('select 1 from Teams where Name = ?', [$words[0]])->fetch_row()) return [404, "no such team\n"];
    if ($method === 'POST') {
        $db->execute_query('insert into Posts (Team, Message) values (?, ?)', [$words[0], $body]);
        return [200, "posted\n"];
    }
    $posts = $db->execute_query('select Message from Posts where Team = ? order by Id', [$words[0]])->fetch_all();
    return [200, "team $words[0], Mattermost " . VERSION . " (stand-in)\n" . implode('', array_map(fn ($p) => "$p[0]\n", $posts))];
}
$listen = preg_replace('/^:/', '0.0.0.0:', $config['ServiceSettings']['ListenAddress']);
$server = @stream_socket_server("tcp://$listen", $code, $why) ?: halt("Error starting server, err:$why");
say('INFO', "Server is listening on $listen");
pcntl_async_signals(true);
pcntl_signal(SIGTERM, fn () => exit(0));
while (true) {
    if (!($client = @stream_socket_accept($server, 3600))) continue;
    stream_set_timeout($client, 2);
    [$method, $path] = explode(' ', (fgets($client) ?: 'GET / x')) + [1 => '/'];
    $length = 0;
    while (($line = fgets($client)) !== false && rtrim($line) !== '') {
        if (preg_match('/^content-length: (\d+)/i', $line, $found)) $length = (int) $found[1];
    }
    $body = $length ? stream_get_contents($client, $length) : '';
    try {
        [$status, $text] = answer($method, $path, $body);
    } catch (mysqli_sql_exception $e) {
        [$status, $text] = [500, $e->getMessage() . "\n"];
    }
    @fwrite($client, "HTTP/1.1 $status X\r\nContent-Type: text/plain\r\nContent-Length: " . strlen($text) . "\r\nConnection: close\r\n\r\n$text");
    fclose($client);
}
PHP
cat >/usr/local/sbin/lab-mattermost-release <<'RELEASE'
#!/bin/sh
# lab-mattermost-release VERSION: makes an archive of the stand-in, as a release of Mattermost looks.
set -e
version=$1 work=$(mktemp -d) out=/srv/releases/$1
mkdir -p "$out" "$work/mattermost/bin" "$work/mattermost/config" "$work/mattermost/web"
sed "s/@VERSION@/$version/" /usr/local/lib/lab/platform >"$work/mattermost/bin/platform"
chmod 755 "$work/mattermost/bin/platform"
cat >"$work/mattermost/config/config.json" <<JSON
{
    "ServiceSettings": {"ListenAddress": ":8065", "MaximumLoginAttempts": 10, "NewIn$(echo "$version" | tr . _)": "default"},
    "TeamSettings": {"SiteName": "Mattermost", "MaxUsersPerTeam": 50},
    "SqlSettings": {
        "DriverName": "mysql",
        "DataSource": "mmuser:mostest@tcp(dockerhost:3306)/mattermost_test?charset=utf8mb4,utf8",
        "DataSourceReplicas": [],
        "AtRestEncryptKey": "7rAh6iwQCkV4cA1Gsg3fgGOXJAQ43QVg"
    },
    "FileSettings": {"DriverName": "local", "Directory": "./data/"}
}
JSON
cp "$work/mattermost/config/config.json" "$work/mattermost/config/defaults.json"
echo "Mattermost $version (stand-in)" >"$work/mattermost/README.md"
echo "page of $version" >"$work/mattermost/web/index.html"
tar -czf "$out/mattermost.tar.gz" -C "$work" mattermost
(cd "$out" && sha256sum mattermost.tar.gz >SHA256SUM)
rm -rf "$work"
RELEASE
chmod 755 /usr/local/sbin/lab-mattermost-release
for version in 1.3.0 1.4.0 1.5.0; do lab-mattermost-release $version; done

printf '[mariadbd]\ninnodb_buffer_pool_size = 32M\n' >/etc/mysql/mariadb.conf.d/90-lab.cnf
systemctl enable -q --now mariadb
mysql <<'SQL'
create database mattermost character set utf8mb4 collate utf8mb4_unicode_ci;
grant all on mattermost.* to mmuser@localhost identified by 'mmpw';
SQL

useradd -r -d /opt/mattermost -s /usr/sbin/nologin mattermost
tar -xzf /srv/releases/1.3.0/mattermost.tar.gz -C /opt
mkdir /opt/mattermost/data
jq --indent 4 --arg site "Team chat of $(hostname)" '
  .SqlSettings.DataSource = "mmuser:mmpw@tcp(localhost:3306)/mattermost?charset=utf8mb4,utf8" | .TeamSettings.SiteName = $site
  ' /opt/mattermost/config/defaults.json >/opt/mattermost/config/config.json
chown -R mattermost: /opt/mattermost
chmod 600 /opt/mattermost/config/config.json
cat >/etc/systemd/system/mattermost.service <<'UNIT'
[Unit]
Description=Mattermost (stand-in)
After=network.target mariadb.service
StartLimitIntervalSec=0
[Service]
User=mattermost
WorkingDirectory=/opt/mattermost/bin
ExecStart=/opt/mattermost/bin/platform
Restart=on-failure
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable -q --now mattermost

# Users come in through Apache, which also serves the releases.
echo "ServerName $(hostname)" >/etc/apache2/conf-enabled/servername.conf
cat >/etc/apache2/sites-available/000-default.conf <<'CONF'
<VirtualHost *:80>
  Alias /releases /srv/releases
  <Directory /srv/releases>
    Require all granted
  </Directory>
  ProxyPass /releases !
  ProxyPass / http://127.0.0.1:8065/ retry=0
</VirtualHost>
CONF
a2enmod -q proxy proxy_http >/dev/null
systemctl enable -q apache2; systemctl restart apache2
until curl -sf http://localhost/ >/dev/null; do sleep 0.2; done
mysql mattermost -e "insert into Teams values ('blue', 'The blue team')"
curl -sf --data "hello from $(hostname)" http://localhost/blue >/dev/null
curl -sf --data "a picture of $(hostname)" http://localhost/files/picture.png >/dev/null
curl -sf http://localhost/blue | grep -q 'Mattermost 1.3.0'

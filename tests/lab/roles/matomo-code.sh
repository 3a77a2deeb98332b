# role matomo-code: the files of a STAND-IN for Matomo, which Debian does not have: the real one's folders, configuration,
# console with its words and exit statuses, tracker and log importer, in /usr/local/lib/lab/matomo. Other roles make a
# release or a package of them. Runs inside the host, once.
set -e
mkdir -p /usr/local/lib/lab/matomo/core /usr/local/lib/lab/matomo/config /usr/local/lib/lab/matomo/misc/log-analytics /usr/local/lib/lab/matomo/plugins/CoreHome
cd /usr/local/lib/lab/matomo
cat >core/stand-in.php <<'PHP'
<?php
// Part of a STAND-IN for Matomo, in the lab of runbook. It is not Matomo.
require __DIR__ . '/Version.php';
const ROOT = __DIR__ . '/..';
const CONFIG = ROOT . '/config/config.ini.php';
function defaults(): array {
    return parse_ini_file(ROOT . '/config/global.ini.php', true);
}
// Where it is installed by the package, its folder of the configuration is a link, and what was read of it is kept until
// Apache is restarted (Wikitech: "It requires a apache2 restart to be effective").
function config(): array {
    $read = fn () => array_replace_recursive(defaults(), parse_ini_file(CONFIG, true));
    return is_link(ROOT . '/config') && apcu_enabled() ? apcu_entry('config', $read) : $read();
}
function database(): mysqli {
    static $open;
    $at = config()['database'];
    return $open ??= new mysqli($at['host'], $at['username'], $at['password'], $at['dbname']);
}
function schema(): string {
    return database()->query("select option_value from matomo_option where option_name = 'version_core'")->fetch_row()[0];
}
// Every server keeps what it once read, until cache:clear.
function cached_schema(): string {
    $file = ROOT . '/tmp/cache/version_core';
    if (!is_file($file)) {
        @mkdir(dirname($file), 0755, true);
        file_put_contents($file, schema());
    }
    return file_get_contents($file);
}
function setting(string $section, string $key, string $otherwise): string {
    return config()[$section][$key] ?? $otherwise;
}
function is_active(string $plugin): bool {
    return in_array($plugin, config()['Plugins']['Plugins'] ?? []);
}
function track(string $idsite, string $url, string $at): void {
    database()->execute_query('insert into matomo_log_visit (idsite, url, visit_last_action_time) values (?, ?, ?)', [$idsite, $url, $at]);
}
function queue_length(): int {
    return database()->query('select count(*) from matomo_queuedtracking_queue')->fetch_row()[0];
}
// As the real one: one works at a time, it stops as soon as fewer than this many are left, and does nothing while tracking
// is off.
function process_queue(int $at_once): void {
    if (!setting('Tracker', 'record_statistics', '1')) return;
    database()->query("select get_lock('queue', 60)");
    while (queue_length() >= $at_once) {
        foreach (database()->query("select * from matomo_queuedtracking_queue order by id limit $at_once")->fetch_all(MYSQLI_ASSOC) as $hit) {
            track($hit['idsite'], $hit['url'], $hit['at']);
            database()->execute_query('delete from matomo_queuedtracking_queue where id = ?', [$hit['id']]);
        }
    }
    database()->query("select release_lock('queue')");
}
PHP
cat >index.php <<'PHP'
<?php
// Part of a STAND-IN for Matomo: its page.
require 'core/stand-in.php';
$ready = cached_schema() === VERSION;
if (setting('General', 'maintenance_mode', '0') || !$ready) {
    http_response_code(503);
    exit($ready ? "Matomo is undergoing maintenance. We will be back up and running again soon. (stand-in)\n" : "Matomo's database must be upgraded (stand-in)\n");
}
$visits = database()->query('select count(*) from matomo_log_visit')->fetch_row()[0];
echo 'Matomo ', VERSION, " (stand-in), $visits visits\n";
PHP
cat >matomo.php <<'PHP'
<?php
// Part of a STAND-IN for Matomo: its tracker. As the real one it goes on in maintenance; without record_statistics it
// answers the same and keeps nothing.
require 'core/stand-in.php';
http_response_code(204);
if (!isset($_GET['idsite']) || !setting('Tracker', 'record_statistics', '1')) exit;
$hit = [$_GET['idsite'], $_GET['url'] ?? '', $_GET['cdt'] ?? date('Y-m-d H:i:s')];
if (!is_active('QueuedTracking')) {
    track(...$hit);
} else {
    database()->execute_query('insert into matomo_queuedtracking_queue (idsite, url, at) values (?, ?, ?)', $hit);
    if (setting('QueuedTracking', 'processDuringTrackingRequest', '1')) process_queue(2);
}
PHP
cat >console <<'PHP'
#!/usr/bin/env php
<?php
// console: a STAND-IN for Matomo's console, with the commands that the procedures need and the words of the real one.
require __DIR__ . '/core/stand-in.php';
[$command, $words] = [$argv[1] ?? 'list', array_values(array_diff(array_slice($argv, 2), ['--']))];
function set(string $assignment): void {
    if (!preg_match('/^(\w+)\.(\w+)=(.*)$/', $assignment, $part)) {
        fwrite(STDERR, "Invalid assignment string '$assignment'\n");
        exit(1);
    }
    [, $section, $name, $value] = $part;
    if (!is_writable(CONFIG)) {
        fwrite(STDERR, "The configuration file is not writable\n");
        exit(1);
    }
    // As the real one: what is a default is not written down, nor a section in which nothing is left.
    $lines = [];
    $inside = $at = null;
    foreach (file(CONFIG, FILE_IGNORE_NEW_LINES) as $line) {
        if (str_starts_with($line, '[')) $inside = $line === "[$section]";
        if ($inside && preg_match("/^$name\\s*=/", $line)) continue;
        $lines[] = $line;
        if ($inside) $at = count($lines);
    }
    if ($value !== (defaults()[$section][$name] ?? null)) {
        if ($at === null) $at = array_push($lines, "[$section]");
        array_splice($lines, $at, 0, "$name = $value");
    }
    $empty = fn (int $n) => str_starts_with($lines[$n], '[') && str_starts_with($lines[$n + 1] ?? '[', '[');
    $lines = array_values(array_filter($lines, fn (int $n) => !$empty($n), ARRAY_FILTER_USE_KEY));
    file_put_contents(CONFIG, implode("\n", $lines) . "\n");
    echo "Setting [$section] $name = $value... done.\n";
}
// The value of `--name=value`, or of `--name value`.
function option(string $name): ?string {
    global $words;
    foreach ($words as $n => $word) {
        if (str_starts_with($word, "--$name=")) return substr($word, strlen($name) + 3);
        if ($word === "--$name") return $words[$n + 1] ?? null;
    }
    return null;
}
function refuse(string $why): never {
    fwrite(STDERR, "$why\n");
    exit(1);
}
function day(string $date): DateTimeImmutable {
    $day = DateTimeImmutable::createFromFormat('!Y-m-d', $date);
    return $day && $day->format('Y-m-d') === $date ? $day : refuse("Invalid date or date range specifier '$date'");
}
// One table a month, as the real one has.
function archives(string $day): string {
    $table = 'matomo_archive_numeric_' . strtr(substr($day, 0, 7), '-', '_');
    database()->query("create table if not exists $table (idarchive int unsigned, name varchar(190), idsite int unsigned, date1 date, date2 date, period tinyint unsigned, ts_archived datetime, value double, primary key (idarchive, name))");
    return $table;
}
// `A,B`, as SQL about a column.
function between(string $column, ?string $dates): string {
    if (!preg_match('/^(\d{4}-\d\d-\d\d),(\d{4}-\d\d-\d\d)$/', $dates ?? '', $part)) {
        refuse("Invalid date range supplied: $dates");
    }
    return "$column between '$part[1]' and '$part[2]'";
}
switch ($command) {
    case 'plugin:activate':
        database()->query('create table if not exists matomo_queuedtracking_queue (id bigint auto_increment primary key, idsite int, url varchar(200), at datetime)');
        if (!is_active($words[0])) {
            $lines = file(CONFIG, FILE_IGNORE_NEW_LINES);
            if (!in_array('[Plugins]', $lines)) $lines[] = '[Plugins]';
            array_splice($lines, array_search('[Plugins]', $lines) + 1, 0, "Plugins[] = \"$words[0]\"");
            file_put_contents(CONFIG, implode("\n", $lines) . "\n");
        }
        echo "Activated plugin $words[0]\n";
        break;
    case 'plugin:deactivate':
        file_put_contents(CONFIG, implode("\n", array_diff(file(CONFIG, FILE_IGNORE_NEW_LINES), ["Plugins[] = \"$words[0]\""])) . "\n");
        echo "Deactivated plugin $words[0]\n";
        break;
    case 'queuedtracking:monitor':
        echo setting('QueuedTracking', 'processDuringTrackingRequest', '1')
            ? "Request sets in the queue will be processed automatically after a tracking request\n"
            : "The command ./console queuedtracking:process has to be executed to process request sets within queue\n";
        // The words of the plugin for Matomo 4, and those since its 5.1.
        $length = queue_length();
        echo version_compare(VERSION, '5', '<')
            ? "\r$length ($length) request sets left in queue. disabled used memory (disabled peak). 0 workers active.        "
            : str_pad(' 1 Q', 10) . ' | ' . str_pad(number_format($length) . ' R', 16) . "\n";
        break;
    case 'queuedtracking:process':
        process_queue((int) (option('force-num-requests-process-at-once') ?? 2));
        echo "This worker finished queue processing\n";
        break;
    case 'core:purge-old-archive-data':
        database()->query("delete from matomo_archive_numeric_2026_01 where name = 'done' and value = 4");
        echo 'Purged ', database()->affected_rows, " invalidated archives\n";
        break;
    case 'core:delete-logs-data':
        if (!in_array('--no-interaction', $words) && trim(fgets(STDIN) ?: 'n') !== 'y') exit(1);
        // Up to the beginning of the last day.
        between('', option('dates'));
        database()->execute_query('delete from matomo_log_visit where visit_last_action_time >= ? and visit_last_action_time < ?', explode(',', option('dates')));
        echo 'Successfully deleted ', database()->affected_rows, " visits.\n";
        break;
    case 'core:invalidate-report-data':
        $known = array_column(database()->query('select idsite from matomo_site')->fetch_all(), 0);
        $sites = option('sites') === null ? $known : explode(',', option('sites'));
        foreach ($sites as $site) {
            in_array($site, $known) or refuse("Invalid --sites value: '" . option('sites') . "', there are no sites with IDs = $site");
        }
        [$first, $last] = [strtok(option('dates'), ','), strtok(',') ?: option('dates')];
        foreach (['day', 'week', 'month', 'year'] as $period) {
            echo "Invalidating $period periods in ", option('dates'), " [segment = ]...\n";
        }
        for ($day = day($first); $day <= day($last); $day = $day->modify('+1 day')) {
            foreach ($sites as $site) {
                $args = [$site, $day->format('Y-m-d')];
                database()->execute_query('update ' . archives($args[1]) . " set value = 4 where name = 'done' and idsite = ? and date1 = ?", $args);
                database()->execute_query("insert into matomo_archive_invalidations (idsite, date1, date2, period, name) values (?, ?, ?, 1, 'done')", [...$args, $args[1]]);
            }
        }
        break;
    case 'core:archive':
        // Days with visits that have no archive, or one that was invalidated; with --force-all-websites those of sites that
        // had visits in so many seconds.
        $range = option('force-date-range');
        $all = in_array('--force-all-websites', $words);
        $recent = 'max(visit_last_action_time) > utc_timestamp() - interval ' . (int) option('force-all-periods') . ' second';
        $days = database()->query("select idsite, date(visit_last_action_time) as day, count(*), $recent from matomo_log_visit group by 1, 2"
            . ($range === null ? '' : ' having ' . between('day', $range)));
        foreach ($days->fetch_all() as [$site, $day, $visits, $recently]) {
            $table = archives($day);
            $done = database()->execute_query("select value from $table where name = 'done' and idsite = ? and date1 = ? order by idarchive desc", [$site, $day])->fetch_row();
            if ($all ? !$recently : ($done[0] ?? 4) != 4) continue;
            $id = database()->query("select coalesce(max(idarchive), 0) + 1 from $table")->fetch_row()[0];
            foreach (['nb_visits' => $visits, 'done' => 1] as $name => $value) {
                database()->execute_query("insert into $table values (?, ?, ?, ?, ?, 1, utc_timestamp(), ?)", [$id, $name, $site, $day, $day, $value]);
            }
            echo "Archived website id = $site, period = day, date = $day, $visits visits\n";
        }
        database()->query('delete from matomo_archive_invalidations' . ($range === null ? '' : ' where ' . between('date1', $range)));
        echo "Done archiving!\n";
        break;
    case 'config:set':
        array_map(set(...), $words);
        break;
    case 'core:version':
        echo VERSION, "\n";
        break;
    case 'cache:clear':
        array_map(unlink(...), glob(ROOT . '/tmp/cache/*'));
        echo "Caches cleared\n";
        break;
    case 'core:update':
        if (version_compare(schema(), VERSION, '>=')) {
            echo "Everything is already up to date.\n";
            break;
        }
        if (!is_writable(CONFIG)) {
            fwrite(STDERR, "The config file is not writable: " . realpath(CONFIG) . "\n");
            exit(1);
        }
        $migrations = ['alter table matomo_log_visit add column if not exists visitor_seconds int default 0', 'alter table matomo_log_visit modify url varchar(400)'];
        if (in_array('--dry-run', $words)) {
            echo "    *** Note: this is a Dry Run ***\n\n", implode(";\n", $migrations), ";\n\n    *** End of Dry Run ***\n";
            break;
        }
        if (!in_array('--yes', $words)) {
            echo "A database upgrade is required.\nDatabase upgrade not executed.\n";
            break;
        }
        foreach ($migrations as $migration) {
            echo "Executing $migration... ";
            database()->query($migration);
            echo "Done.\n";
            // What a test of the lab has asked for: a core dump, once for each line of the file, or a pause.
            if ($left = @file('/run/lab-dump-core')) {
                file_put_contents('/run/lab-dump-core', array_slice($left, 1));
                posix_kill(getmypid(), SIGSEGV);
            }
            sleep((int) @file_get_contents('/run/lab-pause'));
        }
        file_put_contents(ROOT . '/tmp/updates', "once\n", FILE_APPEND);
        database()->query("update matomo_option set option_value = '" . VERSION . "' where option_name = 'version_core'");
        array_map(unlink(...), glob(ROOT . '/tmp/cache/*'));
        echo "\nMatomo has been successfully updated!\n";
        break;
    case 'help':
        if ($words === ['queuedtracking:process']) echo "  --force-num-requests-process-at-once\n";
        break;
    default:
        echo "console is a stand-in for Matomo's console in the lab of runbook; it is not Matomo.\n",
            "  config:set Section.name=value  core:version  core:update [--yes] [--dry-run]  cache:clear\n",
            "  plugin:activate|deactivate NAME  queuedtracking:monitor|process  core:purge-old-archive-data\n",
            "  core:delete-logs-data  core:invalidate-report-data  core:archive\n";
        exit(in_array($command, ['list', '--help']) ? 0 : 1);
}
PHP
cat >misc/log-analytics/import_logs.py <<'PY'
#!/usr/bin/env python3
"""import_logs.py: a STAND-IN for Matomo's log importer, with the options that replay hits of its tracker."""
import argparse, datetime, re, sys, urllib.request
options = argparse.ArgumentParser()
options.add_argument('--url', required=True)
options.add_argument('--replay-tracking', action='store_true')
options.add_argument('--enable-http-errors', action='store_true')
options.add_argument('--token-auth')
options.add_argument('--log-format-name', choices=['common', 'ncsa_extended', 'common_complete'])
options.add_argument('files', nargs='+')
options = options.parse_args()
LINE = re.compile(r'\S+ \S+ \S+ \[([^]]+)\] "GET (/(?:matomo|piwik)\.php\?\S+) [^"]*" (\d+) ')
imported = ignored = 0
for name in options.files:
    # As the real one: a line that is no UTF-8 ends it, and of a pipe the lines are lost from which it guesses the format.
    lines = open(0 if name == '-' else name, encoding='utf-8')
    if name == '-' and not options.log_format_name:
        lines.read(100), lines.readline(), lines.readline()
    for line in lines:
        hit = LINE.match(line)
        if not hit or not options.replay_tracking or (int(hit[3]) >= 400 and not options.enable_http_errors):
            ignored += 1
            continue
        at = datetime.datetime.strptime(hit[1], '%d/%b/%Y:%H:%M:%S %z').astimezone(datetime.timezone.utc)
        query = hit[2].split('?', 1)[1] + '&cdt=' + at.strftime('%Y-%m-%d%%20%H:%M:%S')
        urllib.request.urlopen(options.url.rstrip('/') + '/matomo.php?' + query).read()
        imported += 1
print(f'Logs import summary\n-------------------\n\n    {imported} requests imported successfully\n    {ignored} requests ignored')
PY
chmod 755 console misc/log-analytics/import_logs.py
cat >config/global.ini.php <<'INI'
; defaults of the stand-in
[General]
maintenance_mode = 0
[Tracker]
record_statistics = 1
INI
echo '{"name": "CoreHome"}' >plugins/CoreHome/plugin.json

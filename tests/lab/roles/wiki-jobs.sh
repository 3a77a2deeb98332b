# role wiki-jobs: runs the jobs of the wiki whose web host this is, by a timer of systemd. Runs inside the host, once.
set -e
cat >/etc/systemd/system/mediawiki-jobs.service <<'UNIT'
[Unit]
Description=Jobs of MediaWiki
[Service]
Type=oneshot
User=www-data
ExecStart=/usr/bin/php /usr/share/mediawiki/maintenance/runJobs.php --maxjobs=10
UNIT
cat >/etc/systemd/system/mediawiki-jobs.timer <<'UNIT'
[Unit]
Description=Jobs of MediaWiki, again and again
[Timer]
OnActiveSec=1s
OnUnitInactiveSec=3s
AccuracySec=100ms
[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable -q --now mediawiki-jobs.timer

# role matomo-apt: takes its packages from the archive of the role apt, and has the matomo that is there now.
# Runs inside the host, once.
set -e
for _ in $(seq 120); do ! curl -sf -o /dev/null http://apt1001/wikimedia/ready || break; sleep 0.5; done
curl -sf http://apt1001/lab.gpg -o /usr/share/keyrings/lab.gpg
echo 'deb [signed-by=/usr/share/keyrings/lab.gpg] http://apt1001/wikimedia bookworm-wikimedia thirdparty/matomo' >/etc/apt/sources.list.d/lab.list
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y matomo

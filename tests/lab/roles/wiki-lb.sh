# role wiki-lb: HAProxy in front of the wiki's two web hosts. It asks each of them for a page of the API, so a web host
# whose PHP or database is away gets no requests. Runs inside the host, once.
set -e
cat >/etc/haproxy/haproxy.cfg <<'CONF'
global
  user haproxy
  group haproxy
  stats socket /run/haproxy/admin.sock mode 660 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 2s
frontend users
  bind :80
  default_backend wiki
backend wiki
  balance roundrobin
  option httpchk GET "/mediawiki/api.php?action=query&meta=siteinfo"
  default-server check inter 2s fastinter 500ms downinter 500ms fall 2 rise 2
  server wiki-web1 wiki-web1:80
  server wiki-web2 wiki-web2:80
CONF
systemctl enable -q haproxy; systemctl restart haproxy

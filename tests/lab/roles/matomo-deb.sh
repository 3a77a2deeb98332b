# role matomo-deb: has matomo 3.13.3-1 from no archive. Runs inside the host, once.
set -e
lab-matomo-package 3.13.3-1 /root/matomo.deb
dpkg -i /root/matomo.deb
rm /root/matomo.deb

#!/usr/bin/env bash
# Install what the system suites drive. Does nothing where it is there already.
set -euo pipefail
missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The system suites need ${missing[*]}. Next: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
apt-get -qq update
# The suites start a server of their own; Debian's is not made, nor started.
mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/no-main.conf
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "${missing[@]}" >/dev/null

#!/usr/bin/env bash
# Install what the system suites drive. Does nothing where it is there already.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The system suites need Chromium. Next: sudo apt-get install chromium" >&2
  exit 1
fi
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium >/dev/null

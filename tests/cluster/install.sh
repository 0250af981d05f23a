#!/usr/bin/env bash
# Install what the cluster suites drive: SLURM and munge. Starts nothing.
set -euo pipefail
[ -x /usr/sbin/slurmctld ] && [ -x /usr/sbin/slurmd ] && [ -x /usr/sbin/munged ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The cluster suites need SLURM. Next: sudo apt-get install slurm-wlm munge" >&2
  exit 1
fi
# Debian starts a package's services as it is installed; 101 tells it not to.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends slurm-wlm munge >/dev/null

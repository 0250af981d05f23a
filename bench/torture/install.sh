#!/usr/bin/env bash
# What the torture needs beside the system and cluster suites: another clock, network namespaces.
set -euo pipefail
compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null && command -v ip >/dev/null && exit 0
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y faketime iproute2 >/dev/null

#!/bin/sh
# Installs what the whole test suite needs besides Python, on Debian and Ubuntu, as root: a PostgreSQL server.
# The tests start servers of their own in temporary folders; the packaged service is not used and need not run.
set -eu
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  echo "PostgreSQL is there"
  exit 0
fi
command -v apt-get >/dev/null 2>&1 || {
  echo "no apt-get here: install the PostgreSQL server (15 or newer) by your system's own means" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || {
  echo "installing packages needs root: sudo $0" >&2
  exit 1
}
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends postgresql

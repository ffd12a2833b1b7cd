#!/bin/sh
# Installs what the whole test suite needs besides Python, on Debian and Ubuntu, as root: a PostgreSQL server, Chromium, and
# axe-core (from npm, into .tools/). The tests start servers and browsers of their own; the packaged service need not run.
set -eu
cd "$(dirname "$0")/.."
axe=4.14.1
packages=""
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || packages="$packages chromium"
command -v npm >/dev/null 2>&1 || packages="$packages npm"
if [ -n "$packages" ]; then
  command -v apt-get >/dev/null 2>&1 || {
    echo "no apt-get here: install$packages (PostgreSQL 15 or newer) by your system's own means" >&2
    exit 1
  }
  [ "$(id -u)" -eq 0 ] || {
    echo "installing packages needs root: sudo $0" >&2
    exit 1
  }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # shellcheck disable=SC2086  # several words on purpose
  apt-get install -q -y --no-install-recommends $packages
fi
if ! grep -qs "\"version\": \"$axe\"" .tools/axe/node_modules/axe-core/package.json; then
  npm install --silent --no-save --no-package-lock --prefix .tools/axe "axe-core@$axe"
fi
echo "PostgreSQL, Chromium and axe-core are there"

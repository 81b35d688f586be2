#!/usr/bin/env bash
# Install what tests use beside Python: Chromium, Node and its test tools, MySQL's driver. As root from Debian's packages,
# otherwise from what is there; with CI=true whatever is still missing is an error, elsewhere only those tests are left out.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { ! command -v "$1" >/dev/null 2>&1; }

wanted=()
missing chromium && missing chromium-browser && missing google-chrome && wanted+=(chromium)
missing node && wanted+=(nodejs)
missing npm && wanted+=(npm)
missing gcc && wanted+=(gcc libc6-dev)
missing pkg-config && wanted+=(pkg-config)
missing mariadb_config && missing mysql_config && wanted+=(default-libmysqlclient-dev)
missing pg_dump && wanted+=(postgresql-client)
[ "${CI:-}" = true ] && missing initdb && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && wanted+=(postgresql)
missing mariadb-dump && missing mysqldump && wanted+=(mariadb-client)
.venv/bin/python -c 'import sysconfig, pathlib; pathlib.Path(sysconfig.get_path("include"), "Python.h").stat()' 2>/dev/null || wanted+=(python3-dev)

root=""
[ "$(id -u)" = 0 ] || { [ "${CI:-}" = true ] && sudo -n true 2>/dev/null && root=sudo; } || root=none
if [ "${#wanted[@]}" -gt 0 ] && [ "$root" != none ] && ! missing apt-get; then
  echo "Installing ${wanted[*]} ..."
  { $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted[@]}"; } >/dev/null
  wanted=()
fi

left=("${wanted[@]}")
if ! .venv/bin/python -c 'import MySQLdb' 2>/dev/null; then
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements-mysql.txt 2>/dev/null || left+=(mysqlclient)
fi
if ! missing npm && ! cmp -s package-lock.json node_modules/.installed; then
  echo "Installing Node's test tools ..."
  if npm ci --silent >/dev/null; then cp package-lock.json node_modules/.installed; else left+=("npm ci"); fi
fi

if [ "${#left[@]}" -gt 0 ]; then
  echo "Not here, so their tests are left out: ${left[*]}"
  if [ "${CI:-}" = true ]; then exit 1; fi
fi

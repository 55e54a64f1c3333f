#!/bin/sh
# Official contract: settings come from MARIADB_X or the file that MARIADB_X_FILE names, the first
# start makes the database, root steps down to mysql. Not here: replication, upgrades, restores.
set -eu

die() {
  echo "$(date '+%F %T%:z') [ERROR] [Entrypoint]: $*" >&2
  exit 1
}

setting() { # NAME [DEFAULT]: exports NAME
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then
    die "Both $1 and $1_FILE are set (but are exclusive)"
  fi
  [ -z "$file" ] || value=$(cat "$file")
  eval "export $1=\${value:-${2:-}}"
  unset "$1_FILE"
}

value_of() { # OPTION: what the server would run with
  echo "$config" | sed -n "s/^$1  *//p" | head -n 1
}

case ${1:-} in
  -*) set -- mariadbd "$@" ;;
esac
[ "${1:-}" = mariadbd ] || exec "$@"
for option in "$@"; do
  case $option in
    --help | -'?' | --version | -V | --print-defaults) exec "$@" ;;
  esac
done

config=$("$@" --verbose --help 2> /dev/null) ||
  die "mariadbd failed while attempting to check config: $("$@" --verbose --help 2>&1 > /dev/null)"
datadir=$(value_of datadir)
DATADIR=${datadir%/} SOCKET=$(value_of socket) PORT=$(value_of port)
export DATADIR SOCKET PORT
mkdir -p "$DATADIR"

if [ "$(id -u)" = 0 ]; then
  find "$DATADIR" "${SOCKET%/*}" ! -user mysql -exec chown mysql: '{}' + || :
  exec setpriv --reuid mysql --regid mysql --init-groups "$0" "$@"
fi

setting MARIADB_ROOT_HOST %
for name in DATABASE USER PASSWORD PASSWORD_HASH ROOT_PASSWORD ROOT_PASSWORD_HASH; do
  setting "MARIADB_$name"
done
[ -d "$DATADIR/mysql" ] || first-start.sh "$@"
exec "$@"

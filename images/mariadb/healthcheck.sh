#!/bin/sh
# healthcheck.sh --connect --innodb_initialized …: each test in turn, as the user healthcheck of the
# data directory. Not here: galera_online, galera_ready, replication, mariadbupgrade.
set -eu

datadir=/var/lib/mysql
file=--defaults-extra-file=$datadir/.my-healthcheck.cnf
[ -f "$datadir/.my-healthcheck.cnf" ] || file=--loose-skip-print-query-on-error
connected=

ask() { # STATEMENT [CLIENT OPTION...]: the answer's only value
  statement=$1
  shift
  mariadb "$file" --skip-ssl --skip-ssl-verify-server-cert "$@" --batch --skip-column-names -e "$statement"
}

connect() {
  answer=$(ask 'SELECT @@skip_networking' --protocol socket 2> /dev/null) ||
    answer=$(ask 'SELECT @@skip_networking' --protocol tcp -h localhost 2>&1) || :
  case $answer in
    0 | 'ERROR 1'[0-9][0-9][0-9]' (28000)'* | 'ERROR 4151 '* | 'ERROR 1820 '* | 'ERROR 1226 '*) connected=yes ;;
    *) return 1 ;;
  esac
}

innodb_initialized() {
  [ "$(ask "SELECT 1 FROM information_schema.ENGINES
    WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT', 'ENABLED')" --protocol socket)" = 1 ]
}

innodb_buffer_pool_loaded() {
  ask "SELECT variable_value FROM information_schema.GLOBAL_STATUS
    WHERE variable_name = 'Innodb_buffer_pool_load_status'" --protocol socket | grep -q 'load completed'
}

[ $# -gt 0 ] || { echo 'At least one argument required' >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --su-mysql) shift; exec setpriv --reuid mysql --regid mysql --init-groups "$0" "$@" ;;
    --su=*) user=${1#*=}; shift; exec setpriv --reuid "$user" --regid "$user" --init-groups "$0" "$@" ;;
    --defaults-file=* | --defaults-extra-file=* | --no-defaults) file=$1 ;;
    --datadir=*) datadir=${1#*=} ;;
    --no-connect) connected=yes ;;
    --connect | --innodb_initialized | --innodb_buffer_pool_loaded)
      "${1#--}" || { echo "healthcheck ${1#--} failed" >&2; exit 1; } ;;
    *) echo "Unknown healthcheck option $1" >&2; exit 1 ;;
  esac
  shift
done
[ -n "$connected" ] || connect

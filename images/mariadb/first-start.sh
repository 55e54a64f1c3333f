#!/bin/sh
# first-start.sh mariadbd [OPTION...]: makes the database in $DATADIR, with the accounts that the
# environment asks for, by a server that only its socket reaches; then runs /docker-entrypoint-initdb.d.
set -eu

say() {
  echo "$(date '+%F %T%:z') [$1] [Entrypoint]: $2"
}

sql() { # [CLIENT OPTION...] < STATEMENTS
  MYSQL_PWD=$password mariadb --protocol=socket --socket="$SOCKET" -uroot -hlocalhost --skip-ssl --binary-mode \
    ${MARIADB_DATABASE:+--database="$MARIADB_DATABASE"} "$@"
}

identified() { # PASSWORD HASH
  if [ -n "$2" ]; then
    echo "IDENTIFIED BY PASSWORD '$2'"
  else
    printf "IDENTIFIED BY '%s'\n" "$(printf %s "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/\\\\'/g")"
  fi
}

accounts() {
  root=$(identified "$MARIADB_ROOT_PASSWORD" "$MARIADB_ROOT_PASSWORD_HASH")
  health=$(tr -dc A-Za-z0-9 < /dev/urandom | head -c 32)
  (umask 077 && printf '[mariadb-client]\nport=%s\nsocket=%s\nuser=healthcheck\npassword=%s\n' \
    "$PORT" "$SOCKET" "$health" > "$DATADIR/.my-healthcheck.cnf")
  echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';"
  [ -n "$MARIADB_ROOT_PASSWORD_HASH" ] || printf '%s;\n' "ALTER USER root@localhost $root"
  [ "$MARIADB_ROOT_HOST" = localhost ] || printf '%s;\n' "CREATE USER root@'$MARIADB_ROOT_HOST' $root" \
    "GRANT ALL ON *.* TO root@'$MARIADB_ROOT_HOST' WITH GRANT OPTION"
  for host in 127.0.0.1 ::1 localhost; do
    printf '%s;\n' "CREATE USER healthcheck@'$host' IDENTIFIED BY '$health'" \
      "GRANT ${MARIADB_HEALTHCHECK_GRANTS:-USAGE} ON *.* TO healthcheck@'$host'"
  done
  [ -z "$MARIADB_DATABASE" ] || printf '%s;\n' "CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`"
  [ -n "$MARIADB_USER" ] && [ -n "$MARIADB_PASSWORD$MARIADB_PASSWORD_HASH" ] || return 0
  printf '%s;\n' "CREATE USER '$MARIADB_USER'@'%' $(identified "$MARIADB_PASSWORD" "$MARIADB_PASSWORD_HASH")"
  [ -z "$MARIADB_DATABASE" ] || printf '%s;\n' \
    "GRANT ALL ON \`$(echo "$MARIADB_DATABASE" | sed 's/_/\\_/g')\`.* TO '$MARIADB_USER'@'%'"
}

if [ -n "${MARIADB_RANDOM_ROOT_PASSWORD:-}" ]; then
  MARIADB_ROOT_PASSWORD=$(tr -dc A-Za-z0-9 < /dev/urandom | head -c 32)
  say Note "GENERATED ROOT PASSWORD: $MARIADB_ROOT_PASSWORD"
elif [ -z "$MARIADB_ROOT_PASSWORD$MARIADB_ROOT_PASSWORD_HASH${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}" ]; then
  say ERROR 'Database is uninitialized and password option is not specified: one of MARIADB_ROOT_PASSWORD,' >&2
  say ERROR 'MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD, MARIADB_RANDOM_ROOT_PASSWORD' >&2
  exit 1
fi

say Note 'Initializing database files'
(shift && mariadb-install-db --datadir="$DATADIR" --rpm --auth-root-authentication-method=normal "$@" \
  --cross-bootstrap --skip-test-db --default-time-zone=SYSTEM --enforce-storage-engine= --skip-log-bin > /dev/null)
"$@" --skip-networking --socket="$SOCKET" --default-time-zone=SYSTEM --skip-ssl --expire-logs-days=0 &
server=$! password='' tries=0
until sql --database=mysql -e 'SELECT 1' > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" = 150 ] || ! kill -0 "$server" 2> /dev/null; then
    say ERROR 'Unable to start server.' >&2
    exit 1
  fi
  sleep 0.2
done
[ -n "${MARIADB_INITDB_SKIP_TZINFO:-}" ] ||
  mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2> /dev/null | sql --database=mysql
statements=$(accounts)
printf '%s\n' "$statements" | sql --database=mysql
password=$MARIADB_ROOT_PASSWORD

for file in /docker-entrypoint-initdb.d/*; do
  # shellcheck source=/dev/null
  case $file in
    *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
    *.sql) sql < "$file" ;;
    *.sql.gz) gunzip -c "$file" | sql ;;
    *.sql.xz) xzcat "$file" | sql ;;
    *.sql.zst) zstd -dcq "$file" | sql ;;
  esac
done
[ -z "$MARIADB_ROOT_PASSWORD_HASH" ] || sql -e "SET PASSWORD FOR root@localhost = '$MARIADB_ROOT_PASSWORD_HASH'"
kill "$server"
wait "$server"
say Note 'MariaDB init process done. Ready for start up.'

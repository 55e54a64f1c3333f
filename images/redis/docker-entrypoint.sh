#!/bin/sh
# Official contract: options or a *.conf alone mean redis-server, root drops to redis.
set -eu

case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac

case ${1:-} in
  redis-server | */redis-server) ;;
  *) exec "$@" ;;
esac

# The official build has protected mode off by default, Debian's on: a default, so that what the
# command line or the configuration file says still wins.
case " $* " in
  *' --protected-mode '*) ;;
  *)
    if [ ! -f "${2:-}" ] || ! grep -qiE '^[[:space:]]*protected-mode[[:space:]]' "$2"; then
      set -- "$@" --protected-mode no
    fi
    ;;
esac

# New files are for redis alone, unless the caller asked for another mask.
[ "$(umask)" != 0022 ] || umask 0077

# Root steps down where it has what that takes (cap_drop: ALL leaves it root).
may() {
  setpriv -d | grep -q "Capability bounding set:.*\\b$1\\b"
}
if [ "$(id -u)" = 0 ] && [ -z "${SKIP_DROP_PRIVS:-}" ] && may setuid && may setgid; then
  [ -n "${SKIP_FIX_PERMS:-}" ] || find . ! -user redis -exec chown redis '{}' + || :
  exec setpriv --reuid redis --regid redis --clear-groups --nnp --inh-caps=-all --ambient-caps=-all \
    --bounding-set=-all "$0" "$@"
fi
exec "$@"

#!/bin/sh
# Before nginx starts: runs /docker-entrypoint.d/*.sh and sources *.envsh, in the order of their names.
set -eu

say() {
  [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

case ${1:-} in
  nginx | nginx-debug)
    for hook in /docker-entrypoint.d/*; do
      case $hook in
        *.envsh | *.sh) ;;
        *) say "ignoring $hook"; continue ;;
      esac
      if [ ! -x "$hook" ]; then
        say "ignoring $hook, not executable"
        continue
      fi
      say "running $hook"
      # shellcheck source=/dev/null
      case $hook in
        *.envsh) . "$hook" ;;
        *) "$hook" ;;
      esac
    done
    ;;
esac
exec "$@"

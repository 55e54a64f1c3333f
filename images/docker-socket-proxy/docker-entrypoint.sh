#!/bin/sh
# Writes haproxy's configuration to /tmp: one rule for each section of the engine's API that the
# environment opens (SERVICES=1 and so on). Everything else is answered 403.
set -eu

open() { # VARIABLE: whether it is set to something true
  value=$(printenv "$1") || return 1
  case $value in 1 | true | yes | on) return 0 ;; *) return 1 ;; esac
}

bind='[::]:2375 v4v6'
if open DISABLE_IPV6 || [ ! -e /proc/sys/net/ipv6 ]; then
  bind=:2375
fi

rules=
for section in AUTH BUILD COMMIT CONFIGS CONTAINERS DISTRIBUTION EVENTS EXEC GRPC IMAGES INFO NETWORKS \
  NODES PING PLUGINS SECRETS SERVICES SESSION SWARM SYSTEM TASKS VERSION VOLUMES; do
  open "$section" || continue
  path=$(echo "$section" | tr '[:upper:]' '[:lower:]')
  [ "$path" != ping ] || path=_ping
  rules="$rules    http-request allow if { path,url_dec -m reg -i ^(/v[0-9.]+)?/$path }\n"
done

for verb in RESTARTS START STOP; do
  open "ALLOW_$verb" || continue
  case $verb in
    RESTARTS) path='(stop|restart|kill)' ;;
    *) path=$(echo "$verb" | tr '[:upper:]' '[:lower:]') ;;
  esac
  rules="$rules    http-request allow if { path,url_dec -m reg -i ^(/v[0-9.]+)?/containers/[a-zA-Z0-9_.-]+/$path }\n"
done

# What changes something is refused before any section is looked at, unless POST=1.
write='    http-request deny unless METH_GET\n'
open POST && write=

# shellcheck disable=SC2059 # the rules carry their own line ends
printf "$write$rules" > /tmp/rules
sed -e "s,@BIND@,$bind," -e "s,@SOCKET@,$SOCKET_PATH," -e "s,@LOG_LEVEL@,$LOG_LEVEL," \
  -e '/@RULES@/{r /tmp/rules
d;}' /usr/local/etc/haproxy/haproxy.cfg.template > /tmp/haproxy.cfg

case ${1:-} in
  -*) set -- haproxy "$@" ;;
esac
if [ "${1:-}" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"

#!/bin/sh
# Flags alone, and Traefik's own subcommands, are run by traefik; anything else is a command.
set -eu

case ${1:-} in
  -*) set -- traefik "$@" ;;
  healthcheck | version) set -- traefik "$@" ;;
esac
exec "$@"

#!/bin/sh
# ACME server of the workshop: Pebble, with its challenge test server as the DNS it validates by.
#   ACME_IP           own address, goes into the server certificate (default: the container's)
#   ACME_DEFAULT_IP   address that every name resolves to: the VPS (default: the host's side, .1)
# /data keeps the CA (ca.pem is what clients trust) over restarts.
set -eu
umask 077

: "${ACME_IP:=$(hostname -i | cut -d ' ' -f 1)}"
: "${ACME_DEFAULT_IP:=${ACME_IP%.*}.1}"
cd /data

if [ ! -s ca.pem ] || [ ! -s ca.key ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
    -subj '/CN=Skerry workshop ACME endpoint' -keyout ca.key -out ca.pem.new 2> /dev/null
  chmod 0644 ca.pem.new
  mv ca.pem.new ca.pem
  rm -f server.pem
fi
# Issued anew for another address, so that a changed subnet needs no fresh volume.
if [ ! -s server.pem ] || [ "$(cat server.ip 2> /dev/null)" != "$ACME_IP" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
    -CA ca.pem -CAkey ca.key -subj '/CN=acme' \
    -addext "subjectAltName=DNS:acme,DNS:localhost,IP:127.0.0.1,IP:$ACME_IP" \
    -addext 'basicConstraints=critical,CA:FALSE' -addext 'extendedKeyUsage=serverAuth' \
    -keyout server.key -out server.pem.new 2> /dev/null
  mv server.pem.new server.pem
  echo "$ACME_IP" > server.ip
fi

cat > /run/pebble.json << JSON
{"pebble": {
  "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000",
  "certificate": "/data/server.pem", "privateKey": "/data/server.key",
  "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false
}}
JSON

# Only DNS and its management interface: challenges are answered by whoever asks for the certificate.
pebble-challtestsrv -dns01 :53,:8053 -management :8055 -http01 '' -https01 '' -tlsalpn01 '' \
  -doh '' -defaultIPv4 "$ACME_DEFAULT_IP" -defaultIPv6 '' &

export PEBBLE_VA_NOSLEEP=1
pebble -config /run/pebble.json -dnsserver 127.0.0.1:53 &
pebble=$!
# This shell stays PID 1 because Pebble buries no orphans, and every health check over TLS leaves one.
trap 'kill "$pebble"' INT TERM
wait "$pebble"

#!/bin/sh
# gather ROOT BINARY PATH: lays out ROOT with BINARY at PATH, the libraries it loads, and what a
# Go program looks for: users, authorities, name resolution.
set -eu

root=$1 binary=$2 path=$3
install -D -m 0755 "$binary" "$root$path"
ldd "$binary" | sed -n 's,.*[[:space:]]\(/[^ ]*\) (0x.*,\1,p' | while read -r library; do
  install -D -m 0755 "$library" "$root$library"
done
install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
install -d -m 1777 "$root/tmp"
mkdir -p "$root/bin"
printf 'root:x:0:0:root:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"

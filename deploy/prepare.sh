#!/bin/sh
# Bring the database up to date, make keys and authority, and hand the web processes what they need:
# never the key of the log, of which they get the public half. The authority they get whole: it
# certifies a person's key in the request in which the person makes it.
set -eu
web=${1:-/var/lib/zhaobiao-web}
flask upgrade
mkdir -p "$web/keys"
for key in session.key receipt.key second-factor.key checkpoint.pub; do
  cp -p "$ZHAOBIAO_VAR/keys/$key" "$web/keys/$key"
done
cp -Rp "$ZHAOBIAO_VAR/authority" "$web/"

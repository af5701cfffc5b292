#!/usr/bin/env bash
# Makes the secrets of Compose in the folder secrets, beside this file: passwords, URLs, and a
# certificate of its own for the host that is named, localhost unless told. What is there stays.
#   deploy/compose/init.sh [HOST]
set -euo pipefail
cd "$(dirname -- "$0")"
host=${1:-localhost}

# Only their owner gets into the folder. The files can be read by all, since each is mounted alone
# into containers whose users have other numbers.
mkdir -p secrets
chmod 700 secrets
umask 022

keep() { # FILE: writes standard input to it, unless it is there
  if [[ -s secrets/$1 ]]; then
    cat > /dev/null
  else
    cat > "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "made secrets/$1"
  fi
}
random() { openssl rand -hex 24; }

random | keep postgres-password
random | keep owner-password
random | keep user-password
random | keep grafana-password
openssl rand -hex 32 | keep jwt-secret
owner=$(< secrets/owner-password)
user=$(< secrets/user-password)
echo "postgres://chatbot_owner:$owner@db:5432/chatbot_db" | keep database-owner-url
echo "postgres://chatbot_user:$user@db:5432/chatbot_db?pool_size=20&max_overflow=0" | keep database-url
echo "postgres://chatbot_user:$user@pgbouncer:6432/chatbot_db?pooler=transaction&pool_size=20&max_overflow=0" |
  keep database-pooled-url
echo "\"chatbot_user\" \"$user\"" | keep pgbouncer-users
# Nobody is told of alerts until this is the address of somebody who listens.
echo "http://127.0.0.1:9/" | keep alert-webhook-url
if [[ ! -s secrets/tls.crt || ! -s secrets/tls.key ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=$host" \
    -addext "subjectAltName=DNS:$host" -keyout secrets/tls.key -out secrets/tls.crt 2> /dev/null
  chmod 644 secrets/tls.key
  echo "made secrets/tls.crt and secrets/tls.key for $host, to be replaced by real ones"
fi

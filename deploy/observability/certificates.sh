#!/usr/bin/env bash
# Tells node_exporter when certificates expire: certificates.sh HOST:PORT…
# It asks the servers: a file that was renewed is of no use before its server has read it again.
#
#   METRICS_DIR  where node_exporter's textfile collector looks
set -euo pipefail
: "${METRICS_DIR:?}" "${1:?usage: certificates.sh HOST:PORT…}"

file=$METRICS_DIR/chatbot_certificates.prom
trap 'rm -f -- "$file.$$"' EXIT
code=0
{
  echo '# HELP chatbot_certificate_not_after_timestamp_seconds When a certificate expires, since 1970.'
  echo '# TYPE chatbot_certificate_not_after_timestamp_seconds gauge'
  for server in "$@"; do
    # A server that does not answer has no line, of which CertificateUnknown warns.
    if end=$(timeout 10 openssl s_client -connect "$server" -servername "${server%:*}" \
      </dev/null 2>/dev/null | openssl x509 -noout -enddate 2>/dev/null); then
      echo "chatbot_certificate_not_after_timestamp_seconds{server=\"$server\"}" \
        "$(date -d "${end#notAfter=}" +%s)"
    else
      echo "certificates.sh: $server shows no certificate" >&2
      code=1
    fi
  done
} >"$file.$$"
chmod 644 "$file.$$"
mv -- "$file.$$" "$file"
exit "$code"

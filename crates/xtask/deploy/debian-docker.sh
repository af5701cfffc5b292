#!/usr/bin/env bash
# Brings Docker with buildx and Compose to Debian 12, from Debian 13, and nothing else of it. Starts
# nothing. deploy-check runs it where CI is set; elsewhere do so yourself.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
awk 'NF==0{exit} 1' /etc/apt/sources.list.d/debian.sources |
  sed 's/^Suites:.*/Suites: trixie/' > /etc/apt/sources.list.d/trixie.sources
# What is not asked for by name stays with Debian 12.
printf 'Package: *\nPin: release n=trixie\nPin-Priority: -1\n' > /etc/apt/preferences.d/trixie
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends iptables iproute2 \
  docker.io/trixie docker-cli/trixie docker-buildx/trixie docker-compose/trixie

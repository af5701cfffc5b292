#!/usr/bin/env bash
# Makes the programs of a Kubernetes node in the directory $1, kubernetes-VERSION, out of Debian's source
# package, on Debian 12: once, for about ten minutes of one processor. deploy-check --full runs it where
# CI is set; elsewhere do so yourself. Starts nothing.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
directory=$1
version=${directory##*-}
work=$directory.unfinished

apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends \
  golang-go jq rsync make gcc libc6-dev iptables iproute2 etcd-server etcd-client

rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/source" "$work/programs"
# Sources are looked up in lists of their own, so that the machine's stay as they are.
awk 'NF==0{exit} 1' /etc/apt/sources.list.d/debian.sources |
  sed 's/^Types:.*/Types: deb-src/' > "$work/debian.sources"
apt=(apt-get -o "Dir::Etc::sourcelist=$work/debian.sources" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source --download-only kubernetes)
tar -xf "$work"/kubernetes_*really"$version".orig.tar.* -C "$work/source" --strip-components 1

cat > "$work/version" <<END
KUBE_GIT_COMMIT=unknown
KUBE_GIT_TREE_STATE=clean
KUBE_GIT_VERSION=v$version
KUBE_GIT_MAJOR=1
KUBE_GIT_MINOR=20
END
cd "$work/source"
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
# Other work on this machine goes first.
KUBE_GIT_VERSION_FILE=$work/version GOPATH=$PWD/.go PATH=/usr/lib/go/bin:$PATH \
  CGO_ENABLED=0 GOPROXY=off GOFLAGS=-mod=vendor GOMAXPROCS=1 \
  nice -n 10 make WHAT="${programs[*]/#/cmd/}"
for program in "${programs[@]}"; do
  cp "_output/local/go/bin/$program" "$work/programs/"
done
# The container that holds a pod together does nothing but wait.
printf '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n' > "$work/pause.c"
gcc -static -O2 -o "$work/programs/pause" "$work/pause.c"

mv "$work/programs" "$directory"
rm -rf "$work"

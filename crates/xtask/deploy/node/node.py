"""A whole Kubernetes node: engine, etcd, API server, controllers, scheduler, kubelet, proxy. It is started
by the first process of namespaces of its own (network, mounts, processes), so that all of it ends with this
one: no process, bridge, rule or mount is left."""

import pathlib
import subprocess
import time

TOKEN = "administers-a-node-that-lives-for-minutes"
BRIDGE = "172.17.0.1"
NAME = "node1"
DEADLINE = 120

# Where a process may not lower the score by which memory is taken back, runc must not try to.
RUNTIME = """#!/bin/sh
for argument; do
  if [ "$previous" = --bundle ]; then
    jq 'if .process.oomScoreAdj < 0 then .process.oomScoreAdj = 0 else . end' \
      "$argument/config.json" > "$argument/config.new" && mv "$argument/config.new" "$argument/config.json"
  fi
  previous=$argument
done
exec runc "$@"
"""

KUBELET = """
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
enforceNodeAllocatable: []
oomScoreAdj: 0
failSwapOn: false
evictionHard: {memory.available: 50Mi, nodefs.available: 0%, imagefs.available: 0%}
imageGCHighThresholdPercent: 100
"""

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: node, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: TOKEN}}]
contexts: [{name: node, context: {cluster: node, user: admin}}]
current-context: node
""".replace("TOKEN", TOKEN)


def until(what, condition, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {deadline} s"
        time.sleep(0.2)


class Node:
    def __init__(self, programs, directory, kubectl):
        self.programs = pathlib.Path(programs)
        self.directory = pathlib.Path(directory)
        self.client = kubectl
        self.processes = {}
        (self.directory / "logs").mkdir()

    def file(self, name, text, mode=0o600):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def daemon(self, name, *arguments):
        program = self.programs / name
        log = open(self.directory / "logs" / name, "w")
        command = [program if program.exists() else name, *map(str, arguments)]
        self.processes[name] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def ready(self, name, condition):
        def holds():
            assert self.processes[name].poll() is None, f"{name} has ended: {self.log(name)}"
            return condition()
        try:
            until(f"{name} is not ready", holds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log(name)}") from None

    def log(self, name):
        return "\n".join((self.directory / "logs" / name).read_text().splitlines()[-20:])

    def docker(self, *arguments, check=True):
        command = ["/usr/bin/docker", "--host", f"unix://{self.directory}/docker.sock", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
        return done

    def kubectl(self, *arguments, check=True, text=None):
        command = [self.client, "--kubeconfig", str(self.directory / "kubeconfig"), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, input=text)
        assert not check or done.returncode == 0, f"kubectl {' '.join(command[3:])}: {done.stderr}"
        return done

    def start(self, images):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # What these programs write outside of their directories is gone with the namespace.
        for place in ["/run", "/var/lib", "/var/log"]:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
        self.start_engine(images)
        self.start_server()
        kubeconfig = self.directory / "kubeconfig"
        self.daemon("kube-controller-manager", "--kubeconfig", kubeconfig, "--leader-elect=false",
                    "--service-account-private-key-file", self.directory / "accounts.key",
                    "--cert-dir", self.directory / "controllers", "--port=0")
        self.daemon("kube-scheduler", "--kubeconfig", kubeconfig, "--leader-elect=false",
                    "--cert-dir", self.directory / "scheduler", "--port=0")
        self.daemon("kubelet", "--kubeconfig", kubeconfig, "--hostname-override", NAME,
                    "--config", self.file("kubelet.yaml", KUBELET), "--node-ip", BRIDGE,
                    "--root-dir", self.directory / "kubelet", "--cert-dir", self.directory / "kubelet/pki",
                    "--volume-plugin-dir", self.directory / "kubelet/volume-plugins",
                    "--container-runtime=docker", "--docker-endpoint", f"unix://{self.directory}/docker.sock",
                    "--pod-infra-container-image=pause:local")
        self.daemon("kube-proxy", "--kubeconfig", kubeconfig, "--hostname-override", NAME,
                    "--proxy-mode=iptables", "--conntrack-max-per-core=0", "--conntrack-min=0",
                    "--oom-score-adj=0")
        self.ready("kubelet", lambda: self.kubectl(
            "wait", "--for=condition=Ready", f"node/{NAME}", "--timeout=5s", check=False).returncode == 0)

    def start_engine(self, images):
        runtime = self.file("runtime", RUNTIME, 0o755)
        self.daemon("dockerd", "--data-root", self.directory / "docker", "--exec-root", "/run/docker",
                    "--pidfile", self.directory / "docker.pid", "--host", f"unix://{self.directory}/docker.sock",
                    "--add-runtime", f"node={runtime}", "--default-runtime=node")
        self.ready("dockerd", lambda: self.docker("info", check=False).returncode == 0)
        self.docker("load", "--input", images)
        pause = self.directory / "pause"
        pause.mkdir()
        (pause / "pause").write_bytes((self.programs / "pause").read_bytes())
        (pause / "pause").chmod(0o755)
        packed = subprocess.run(["tar", "-C", pause, "-c", "pause"], check=True, capture_output=True).stdout
        subprocess.run(["/usr/bin/docker", "--host", f"unix://{self.directory}/docker.sock", "import",
                        "--change", 'ENTRYPOINT ["/pause"]', "-", "pause:local"],
                       input=packed, check=True, capture_output=True)

    def start_server(self):
        self.daemon("etcd", "--data-dir", self.directory / "etcd", "--unsafe-no-fsync")
        key = self.directory / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        self.file("kubeconfig", KUBECONFIG)
        self.daemon("kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
                    "--cert-dir", self.directory / "server", "--bind-address=127.0.0.1",
                    "--advertise-address", BRIDGE, "--service-cluster-ip-range=10.96.0.0/24",
                    "--service-account-issuer=https://kubernetes.default.svc",
                    "--service-account-key-file", key, "--service-account-signing-key-file", key,
                    "--token-auth-file", self.file("tokens.csv", f'{TOKEN},admin,admin,"system:masters"\n'),
                    "--authorization-mode=RBAC", "--allow-privileged=true",
                    "--kubelet-preferred-address-types=InternalIP")
        self.ready("kube-apiserver", lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0)

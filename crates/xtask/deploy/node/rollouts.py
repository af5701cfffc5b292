"""The production overlay on a real node: migrated, updated, rolled back, given images that do not work, and
asked all the time: no request may fail. Usage: rollouts.py PROGRAMS DIRECTORY KUBECTL IMAGES SAID"""

import collections
import contextlib
import http.client
import json
import pathlib
import re
import secrets
import subprocess
import sys
import threading
import time

from node import Node, until

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from client import ask  # noqa: E402

PROGRAMS, DIRECTORY, KUBECTL, IMAGES, SAID = sys.argv[1:6]
HERE = pathlib.Path(__file__).parent
PORT = 30080
IMAGE = "registry.example.org/chatbot-api"
# The server is of another time than the manifests: the same fields have older versions' names.
OLDER = [
    (r"autoscaling/v2$", "autoscaling/v2beta2"),
    (r"policy/v1$", "policy/v1beta1"),
    (r"batch/v1\nkind: CronJob", "batch/v1beta1\nkind: CronJob"),
    (r"^  timeZone: Etc/UTC\n", ""),
]


def connect():
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)


def ask_once(*request):
    with contextlib.closing(connect()) as connection:
        return ask(connection, *request)


class Requests:
    """People who ask without a pause for thought, each request on a connection of its own, and one whose
    connection is kept: where it was closed while idle, a read is sent again, as every client does."""

    def __init__(self, token):
        self.counts = collections.Counter()
        self.failures = []
        self.sent_again = 0
        self.conversation = None
        self.number = 0
        self.written = []
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self.go, args=(name, expected, once)) for name, expected, once in [
                ("ready", 200, lambda: ask_once("GET", "/health/ready")),
                ("list", 200, lambda: ask_once("GET", "/api/me/tasks?limit=1", None, token)),
                ("write", 201, lambda: self.write(token)),
                ("chat", 200, lambda: self.chat(token)),
                ("kept", 200, lambda: self.kept(token)),
            ]]
        self.connection = connect()
        for thread in self.threads:
            thread.start()

    def go(self, name, expected, once):
        while not self.over.wait(0.05):
            started = time.monotonic()
            try:
                status, said = once()
                failure = None if status == expected else f"{status} {(said or {}).get('code')}"
            except (OSError, http.client.HTTPException) as error:
                failure = f"{type(error).__name__} {error} after {time.monotonic() - started:.1f} s"
            with self.lock:
                self.counts[name] += 1
                if failure:
                    self.failures.append(f"{name}: {failure}")

    def write(self, token):
        self.number += 1
        title = f"task {self.number}"
        status, said = ask_once("POST", "/api/me/tasks", {"title": title}, token)
        if status == 201:
            self.written.append(title)
        return status, said

    def chat(self, token):
        """A message in the last conversation, or in a new one now and then: nobody may have many."""
        if self.counts["chat"] % 100 == 0:
            self.conversation = None
        body = {"message": "list", "conversation_id": self.conversation}
        status, said = ask_once("POST", "/api/me/chat", body, token)
        self.conversation = said["conversation_id"] if status == 200 else None
        return status, said

    def kept(self, token):
        request = ("GET", "/api/me/tasks?limit=1", None, token)
        try:
            return ask(self.connection, *request)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.sent_again += 1
            self.connection.close()
            self.connection = connect()
            return ask(self.connection, *request)

    def during(self, what, happens):
        """What came of the requests from a second before something until all pods of before are gone."""
        with self.lock:
            self.counts.clear()
            self.failures.clear()
        started = time.monotonic()
        time.sleep(1)
        happens()
        time.sleep(1)
        with self.lock:
            counts, failures = dict(self.counts), list(self.failures)
        took = time.monotonic() - started
        line = f"{what}: {sum(counts.values())} requests, {len(failures)} failed"
        print(f"    {line} in {took:.0f} s ({', '.join(f'{it} {n}' for it, n in counts.items())})", flush=True)
        for failure, times in collections.Counter(failures).most_common(5):
            print(f"      {times} x {failure}", flush=True)
        return line, len(failures)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def rendered(version):
    done = subprocess.run([KUBECTL, "kustomize", HERE], check=True, capture_output=True, text=True)
    text = done.stdout
    for newer, older in OLDER:
        text, times = re.subn(newer, older, text, flags=re.MULTILINE)
        assert times == 1, f"{newer} stands there {times} times"
    assert text.count(f"{IMAGE}:0.1.0") == 2, "an image for the pods and one for the migration"
    return text.replace(f"{IMAGE}:0.1.0", f"{IMAGE}:{version}")


class Cluster:
    def __init__(self, node):
        self.node = node

    def kubectl(self, *arguments, **options):
        return self.node.kubectl("--namespace", "chatbot", *arguments, **options)

    def secret(self, name, *arguments):
        self.kubectl("create", "secret", "generic", name, *arguments)

    def prepare(self):
        self.node.kubectl("create", "namespace", "chatbot")
        owner, user = secrets.token_hex(24), secrets.token_hex(24)
        self.secret("db", f"--from-literal=postgres-password={secrets.token_hex(24)}",
                    f"--from-literal=owner-password={owner}", f"--from-literal=user-password={user}")
        self.kubectl("create", "configmap", "sql", "--from-file=deploy/postgres")
        # As docs/DEPLOYMENT.md says.
        self.secret(
            "chatbot-secrets",
            f"--from-literal=database-url=postgres://chatbot_user:{user}@pgbouncer:6432/chatbot_db?pooler=transaction&pool_size=5",
            f"--from-literal=migration-database-url=postgres://chatbot_owner:{owner}@db:5432/chatbot_db",
            f"--from-literal=jwt-secret={secrets.token_hex(32)}")
        users = self.node.file("userlist.txt", f'"chatbot_user" "{user}"\n')
        self.secret("chatbot-pgbouncer", "--from-file=deploy/pgbouncer/pgbouncer.ini", f"--from-file={users}")

    def apply(self, version):
        self.kubectl("delete", "job", "chatbot-migrate", "--ignore-not-found")
        self.kubectl("apply", "-f", "-", text=rendered(version))

    def rolled_out(self):
        self.kubectl("rollout", "status", "deployment/chatbot-api", "--timeout=180s")
        until("three pods, and none that ends", lambda: len(self.pods()) == 3)

    def pods(self):
        done = self.kubectl("get", "pods", "--selector", "app=chatbot-api", "--output", "json")
        return json.loads(done.stdout)["items"]

    def image(self):
        return {pod["spec"]["containers"][0]["image"] for pod in self.pods()}

    def waits_for(self, reason):
        """Whether a pod can't start its container for this reason."""
        states = [status.get("state", {}) for pod in self.pods()
                  for status in pod["status"].get("containerStatuses", [])]
        return any(re.fullmatch(reason, state.get("waiting", {}).get("reason", "")) for state in states)

    def update(self):
        self.apply("0.2.0")
        self.rolled_out()
        assert self.image() == {f"{IMAGE}:0.2.0"}, self.image()

    def undo(self):
        self.kubectl("rollout", "undo", "deployment/chatbot-api")
        self.rolled_out()
        assert self.image() == {f"{IMAGE}:0.1.0"}, self.image()

    def refuse(self, tag, reason):
        """An image that does not work: the pods of before stay, until the update is taken back."""
        before = {pod["metadata"]["name"] for pod in self.pods()}
        self.kubectl("set", "image", "deployment/chatbot-api", f"api={IMAGE}:{tag}")
        until(f"no pod is in {reason}", lambda: self.waits_for(reason))
        status = self.kubectl("rollout", "status", "deployment/chatbot-api", "--timeout=10s", check=False)
        assert status.returncode, "the update counts as done"
        assert before < {pod["metadata"]["name"] for pod in self.pods()}, "a pod of before is gone"
        self.undo()
        assert before == {pod["metadata"]["name"] for pod in self.pods()}, "other pods than before"


def scenario(node):
    cluster = Cluster(node)
    cluster.prepare()
    started = time.monotonic()
    cluster.apply("0.1.0")
    cluster.kubectl("wait", "--for=condition=complete", "job/chatbot-migrate", "--timeout=180s")
    print(f"    migrated by the Job after {time.monotonic() - started:.1f} s", flush=True)
    cluster.rolled_out()
    print(f"    three pods ready after {time.monotonic() - started:.1f} s", flush=True)

    until("the service is not reached", lambda: ask_once("GET", "/health/ready")[0] == 200)
    person = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    status, said = ask_once("POST", "/api/auth/signup", person)
    assert status == 201, said
    requests = Requests(said["access_token"])
    try:
        results = [
            requests.during("update", cluster.update),
            requests.during("undo", cluster.undo),
            requests.during("missing image", lambda: cluster.refuse("9.9.9", "ErrImagePull|ImagePullBackOff")),
            requests.during("broken image", lambda: cluster.refuse("broken", "CrashLoopBackOff")),
        ]
    finally:
        requests.end()
    stored = cluster.kubectl("exec", "deployment/db", "--", "psql", "--username=postgres", "--tuples-only",
                             "--no-align", "--command=select title from tasks", "chatbot_db").stdout
    lost = set(requests.written) - set(stored.splitlines())
    assert not lost, f"{len(lost)} acknowledged tasks are lost"
    assert not any(failed for _, failed in results), "requests failed, see above"
    return "; ".join([*(line for line, _ in results), f"{len(requests.written)} tasks written, 0 lost",
                      f"{requests.sent_again} reads on a kept connection sent again"])


def main():
    node = Node(PROGRAMS, DIRECTORY, KUBECTL)
    started = time.monotonic()
    node.start(IMAGES)
    print(f"    node ready after {time.monotonic() - started:.1f} s", flush=True)
    try:
        said = scenario(node)
    except BaseException:
        print(node.kubectl("get", "pods,events", "--all-namespaces", check=False).stdout, flush=True)
        raise
    pathlib.Path(SAID).write_text(said)


main()

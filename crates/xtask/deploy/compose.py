"""Compose for real: from a clean machine to a chat through nginx with TLS, with faults, and back to
the version before; or, as `profiles`, the profiles that are not part of that.
Usage: compose.py DOCKER IMAGE whole|profiles"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from client import ask
from ports import free_port

DOCKER, IMAGE, SCENARIO = sys.argv[1:4]
PROJECT = "chatbot-check"
DEADLINE = 90


class Compose:
    def __init__(self, directory):
        self.directory = directory
        self.https, self.waf = free_port(), free_port()
        self.prometheus, self.alertmanager = free_port(), free_port()
        self.environment = os.environ | {
            "PROMETHEUS_PORT": str(self.prometheus), "ALERTMANAGER_PORT": str(self.alertmanager),
            "HTTP_PORT": f"127.0.0.1:{free_port()}", "HTTPS_PORT": f"127.0.0.1:{self.https}",
            "WAF_HTTPS_PORT": f"127.0.0.1:{self.waf}"}

    def run(self, *arguments, tag="check", check=True, more=(), **variables):
        files = [f"--file={self.directory / 'compose' / name}" for name in ["compose.yaml", *more]]
        command = [DOCKER, "compose", "--project-name", PROJECT, *files, *arguments]
        done = subprocess.run(command, capture_output=True, text=True,
                              env=self.environment | {"IMAGE_TAG": tag} | variables)
        if check and done.returncode:
            logs = self.run("logs", "--tail", "30", check=False) if "up" in arguments else done
            raise AssertionError(f"compose {' '.join(arguments)}: {done.stderr}\n{logs.stdout}")
        return done

    def ask(self, method, path, body=None, token=None, port=None):
        certificate = self.directory / "compose/secrets/tls.crt"
        connection = http.client.HTTPSConnection(
            "localhost", port or self.https, timeout=60, context=ssl.create_default_context(cafile=certificate))
        return ask(connection, method, path, body, token)

    def expect(self, status, *arguments):
        got, answer = self.ask(*arguments)
        assert got == status, f"{arguments[:2]}: {got} {answer}"
        return answer

    def until(self, status, path):
        end, started = time.monotonic() + DEADLINE, time.monotonic()
        while True:
            got, answer = self.ask("GET", path)
            if got == status:
                return time.monotonic() - started
            assert time.monotonic() < end, f"{path} is {got} {answer}, not {status}"
            time.sleep(0.2)


def told(what):
    print(f"    {what}", flush=True)


def titles(compose, token):
    return [task["title"] for task in compose.expect(200, "GET", "/api/me/tasks", None, token)]


def whole(compose):
    missing = compose.run("up", "--detach", "--no-build", "--pull", "never", tag="0.0.0-no-such", check=False)
    assert missing.returncode and "0.0.0-no-such" in missing.stderr, missing
    assert not compose.run("ps", "--quiet").stdout, "something runs all the same"
    told("a tag that does not exist is told by name, and nothing starts")

    started = time.monotonic()
    compose.run("up", "--detach", "--no-build", "--wait", "--wait-timeout", "120")
    told(f"up and healthy after {time.monotonic() - started:.1f} s")
    token = sign_up(compose)
    answer = compose.expect(200, "POST", "/api/me/chat", {"message": "add buy milk"}, token)
    assert answer["engine"] == "offline", answer
    compose.expect(404, "GET", "/metrics")
    told("sign-up and chat through nginx with TLS, without a key of a provider")

    compose.run("--profile", "waf", "up", "--detach", "--no-build", "--wait", "--wait-timeout", "120", "waf")
    message = {"message": "add drop table 5 order"}
    compose.expect(200, "POST", "/api/me/chat", message, token, compose.waf)
    attack = "/api/me/tasks?status=%27%20OR%201%3D1%20--%20"
    blocked = compose.expect(403, "GET", attack, None, token, compose.waf)
    assert blocked["code"] == "request_blocked", blocked
    compose.expect(204, "DELETE", "/api/me/tasks/2", None, token, compose.waf)
    told("profile waf: a todo text passes, an attack is 403")

    compose.run("--profile", "backup", "run", "--rm", "backup")
    dumps = compose.run("--profile", "backup", "run", "--rm", "backup", "ls", "/backups/chatbot").stdout.split()
    assert len(dumps) == 1 and re.fullmatch(r"chatbot_\d{8}_\d{6}\.sql\.gz", dumps[0]), dumps
    told(f"profile backup: {dumps[0]}")

    compose.run("kill", "db")
    compose.until(503, "/health/ready")
    compose.expect(200, "GET", "/health")
    compose.expect(503, "GET", "/api/me/tasks", None, token)
    compose.run("start", "db")
    took = compose.until(200, "/health/ready")
    assert titles(compose, token) == ["buy milk"]
    told(f"database killed: 503, and alive; started again: 200 after {took:.1f} s, nothing lost")

    compose.run("--profile", "*", "down")
    subprocess.run([DOCKER, "tag", IMAGE, "chatbot-api:previous"], check=True)
    compose.run("up", "--detach", "--no-build", "--wait", "--wait-timeout", "120", tag="previous")
    running = subprocess.run(
        [DOCKER, "inspect", "--format", "{{.Config.Image}}", f"{PROJECT}-api-1"],
        capture_output=True, text=True, check=True).stdout.strip()
    assert running == "chatbot-api:previous", running
    assert titles(compose, token) == ["buy milk"]
    told("down, and up with another tag: the same tasks, the same token")


def sign_up(compose):
    person = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    return compose.expect(201, "POST", "/api/auth/signup", person)["access_token"]


def profiles(compose):
    up = ("up", "--detach", "--no-build", "--wait", "--wait-timeout", "120")
    compose.run("--profile", "pgbouncer", *up, DATABASE_SECRET="database-pooled-url")
    token = sign_up(compose)
    for number in range(20):
        compose.expect(200, "POST", "/api/me/chat", {"message": f"add task {number}"}, token)
    connections = """select count(*) filter (where client_addr = '{}') || ' ' || count(*)
        from pg_stat_activity where usename = 'chatbot_user'"""
    pooler = subprocess.run(
        [DOCKER, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
         f"{PROJECT}-pgbouncer-1"], capture_output=True, text=True, check=True).stdout.strip()
    counted = compose.run("exec", "-T", "db", "psql", "--username", "postgres", "--tuples-only", "--no-align",
                          "--command", connections.format(pooler)).stdout.split()
    assert counted[0] == counted[1] != "0", f"{counted[0]} of {counted[1]} connections come from the pooler"
    told(f"profile pgbouncer: 20 chats, {counted[0]} connections, all of them the pooler's")

    (compose.directory / "compose/secrets/cohere-api-key").write_text("any")
    compose.run("--profile", "simulator", *up, more=["cohere.yaml"], COHERE_BASE_URL="http://simulator:8081")
    answer = compose.expect(200, "POST", "/api/me/chat", {"message": "add a word with the simulator"}, token)
    assert answer["engine"] == "cohere", answer
    told("profile simulator: it answers in Cohere's place")

    with webhook() as (port, said):
        secret = compose.directory / "compose/secrets/alert-webhook-url"
        secret.write_text(f"http://172.28.77.1:{port}/")
        # Only where the root is a shared mount, as under systemd, can a container see later mounts.
        file = compose.directory / "compose/compose.yaml"
        file.write_text(file.read_text().replace("/:/host:ro,rslave", "/:/host:ro"))
        compose.run("--profile", "observability", *up, "prometheus", "alertmanager", "node-exporter")
        jobs = {"chatbot-api", "node", "prometheus", "alertmanager"}
        wait("targets that are up", lambda: jobs == {
            target["labels"]["job"] for target in plain(compose.prometheus, "/api/v1/targets")["data"]["activeTargets"]
            if target["health"] == "up"})
        groups = plain(compose.prometheus, "/api/v1/rules")["data"]["groups"]
        rules = sum(len(group["rules"]) for group in groups)
        assert rules and plain(compose.prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
        alert = [{"labels": {"alertname": "Tried", "severity": "critical"}}]
        plain(compose.alertmanager, "/api/v2/alerts", alert)
        wait("the webhook is told", lambda: any("Tried" in text for text in said))
    told(f"profile observability: {', '.join(sorted(jobs))} are up, {rules} rules; an alert reaches the webhook "
         "whose URL is in a file")


def plain(port, path, body=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {text}"
        return json.loads(text) if text else None


def wait(what, holds):
    end = time.monotonic() + DEADLINE
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if holds():
                return
        assert time.monotonic() < end, f"{what}: not within {DEADLINE} s"
        time.sleep(0.5)


@contextlib.contextmanager
def webhook():
    """The port of a server that containers reach, and what it is told."""
    said = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            said.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], said
        finally:
            server.shutdown()


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name) / "deploy"
        shutil.copytree("deploy", directory, ignore=shutil.ignore_patterns("secrets"))
        for _ in "twice":
            subprocess.run([directory / "compose/init.sh"], check=True, stdout=subprocess.DEVNULL)
        compose = Compose(directory)
        compose.run("--profile", "*", "down", "--volumes", check=False)
        try:
            {"whole": whole, "profiles": profiles}[SCENARIO](compose)
        finally:
            compose.run("--profile", "*", "down", "--volumes", "--timeout", "10", check=False)
            subprocess.run([DOCKER, "rmi", "chatbot-api:previous"], capture_output=True)


main()

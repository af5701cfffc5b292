"""Compose for real: from a clean machine to a chat through nginx with TLS, with faults, and back to
the version before. Usage: compose.py DOCKER IMAGE"""

import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

DOCKER, IMAGE = sys.argv[1:3]
PROJECT = "chatbot-check"
DEADLINE = 90


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Compose:
    def __init__(self, directory):
        self.directory = directory
        self.https, self.waf = free_port(), free_port()
        self.environment = os.environ | {
            "HTTP_PORT": f"127.0.0.1:{free_port()}", "HTTPS_PORT": f"127.0.0.1:{self.https}",
            "WAF_HTTPS_PORT": f"127.0.0.1:{self.waf}"}

    def run(self, *arguments, tag="check", check=True):
        command = [DOCKER, "compose", "--project-name", PROJECT, "--file",
                   str(self.directory / "compose/compose.yaml"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True,
                              env=self.environment | {"IMAGE_TAG": tag})
        if check and done.returncode:
            logs = self.run("logs", "--tail", "30", check=False) if "up" in arguments else done
            raise AssertionError(f"compose {' '.join(arguments)}: {done.stderr}\n{logs.stdout}")
        return done

    def ask(self, method, path, body=None, token=None, port=None):
        certificate = self.directory / "compose/secrets/tls.crt"
        connection = http.client.HTTPSConnection(
            "localhost", port or self.https, timeout=60, context=ssl.create_default_context(cafile=certificate))
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

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


def scenario(compose):
    missing = compose.run("up", "--detach", "--no-build", "--pull", "never", tag="0.0.0-no-such", check=False)
    assert missing.returncode and "0.0.0-no-such" in missing.stderr, missing
    assert not compose.run("ps", "--quiet").stdout, "something runs all the same"
    told("a tag that does not exist is told by name, and nothing starts")

    started = time.monotonic()
    compose.run("up", "--detach", "--no-build", "--wait", "--wait-timeout", "120")
    told(f"up and healthy after {time.monotonic() - started:.1f} s")
    person = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    token = compose.expect(201, "POST", "/api/auth/signup", person)["access_token"]
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


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name) / "deploy"
        shutil.copytree("deploy", directory, ignore=shutil.ignore_patterns("secrets"))
        for _ in "twice":
            subprocess.run([directory / "compose/init.sh"], check=True, stdout=subprocess.DEVNULL)
        compose = Compose(directory)
        compose.run("--profile", "*", "down", "--volumes", check=False)
        try:
            scenario(compose)
        finally:
            compose.run("--profile", "*", "down", "--volumes", "--timeout", "10", check=False)
            subprocess.run([DOCKER, "rmi", "chatbot-api:previous"], capture_output=True)


main()

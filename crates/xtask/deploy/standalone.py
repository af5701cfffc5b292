"""The image alone, with a read-only root: it is reached, on the port that a platform chooses, keeps
what it has over a restart, and stops when told. Usage: standalone.py DOCKER IMAGE"""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

from ports import free_port

DOCKER, IMAGE = sys.argv[1:3]
NAME = "chatbot-check-standalone"
VOLUME = "chatbot-check-data"
DEADLINE = 60


def docker(*arguments, check=True):
    done = subprocess.run([DOCKER, *arguments], capture_output=True, text=True)
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def ask(port, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
        return json.load(answer)


def until(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"{what}: {docker('logs', NAME, check=False)}"
        time.sleep(0.1)


@contextlib.contextmanager
def container(inside, *options):
    port = free_port()
    docker("run", "--detach", "--name", NAME, "--read-only", "--cap-drop", "ALL",
           "--security-opt", "no-new-privileges", "--volume", f"{VOLUME}:/data",
           "--publish", f"127.0.0.1:{port}:{inside}", *options, IMAGE)
    try:
        until("not ready", lambda: docker("exec", NAME, "chatbot-api", "healthcheck", check=False) == ""
              and is_ready(port))
        yield port
    finally:
        docker("rm", "--force", NAME, check=False)


def is_ready(port):
    with contextlib.suppress(OSError, urllib.error.URLError):
        return ask(port, "/health/ready") == {"status": "ready"}
    return False


def main():
    docker("rm", "--force", NAME, check=False)
    docker("volume", "rm", VOLUME, check=False)
    try:
        person = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
        with container(8000) as port:
            token = ask(port, "/api/auth/signup", person)["access_token"]
            ask(port, "/api/me/chat", {"message": "add buy milk"}, token)
            print("    it is reached from outside its container, with a read-only root, and chats")
            until("not healthy", lambda: docker(
                "inspect", "--format", "{{.State.Health.Status}}", NAME) == "healthy")
            print("    HEALTHCHECK finds it healthy")
            started = time.monotonic()
            docker("stop", "--time", "30", NAME)
            code = docker("inspect", "--format", "{{.State.ExitCode}}", NAME)
            assert code == "0", code
            print(f"    SIGTERM ends it in {time.monotonic() - started:.1f} s with exit code 0")
        with container(8080, "--env", "PORT=8080") as port:
            titles = [task["title"] for task in ask(port, "/api/me/tasks", token=token)]
            assert titles == ["buy milk"], titles
            print("    PORT=8080 is honoured; tasks and tokens outlive the container")
        wrong = subprocess.run([DOCKER, "run", "--rm", "--read-only", "--env", "PORT=http", IMAGE],
                               capture_output=True, text=True)
        assert wrong.returncode == 2 and "PORT: must be a port" in wrong.stderr, wrong
        print("    a wrong variable is named, exit code 2")
    finally:
        docker("volume", "rm", VOLUME, check=False)


main()

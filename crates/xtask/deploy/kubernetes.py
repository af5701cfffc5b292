"""What the rendered manifests say: the numbers of the deployment guide, and what no schema knows.
Usage: kubernetes.py RENDERED.yaml production|staging"""

import ipaddress
import pathlib
import re
import sys

import yaml

OBJECTS = [it for it in yaml.safe_load_all(pathlib.Path(sys.argv[1]).read_text()) if it]
PRODUCTION = sys.argv[2] == "production"
UNITS = {"": 1, "m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def one(kind, name):
    found = [it for it in OBJECTS if it["kind"] == kind and it["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def same(what, got, wanted):
    assert got == wanted, f"{what} is {got!r}, not {wanted!r}"


def quantity(text):
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    return float(number) * UNITS[unit]


def pods():
    for it in OBJECTS:
        spec = it.get("spec", {})
        if it["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield f'{it["kind"]} {it["metadata"]["name"]}', spec["template"]


def variables(container):
    return {it["name"]: it["valueFrom"]["secretKeyRef"] for it in container["env"] if "valueFrom" in it}


def check_the_guide():
    deployment = one("Deployment", "chatbot-api")
    spec, template = deployment["spec"], deployment["spec"]["template"]
    same("replicas", spec["replicas"], 3 if PRODUCTION else 1)
    same("selector", spec["selector"], {"matchLabels": {"app": "chatbot-api"}})
    same("labels", template["metadata"]["labels"], {"app": "chatbot-api"})
    [api] = template["spec"]["containers"]
    same("container", api["name"], "api")
    image, _, tag = api["image"].rpartition(":")
    assert image.endswith("/chatbot-api") and re.fullmatch(r"\d+\.\d+\.\d+\S*", tag), api["image"]
    assert 8000 in [port["containerPort"] for port in api["ports"]], api["ports"]
    secrets = variables(api)
    same("DATABASE_URL", secrets["DATABASE_URL"], {"name": "chatbot-secrets", "key": "database-url"})
    same("JWT_SECRET", secrets["JWT_SECRET"], {"name": "chatbot-secrets", "key": "jwt-secret"})
    same("COHERE_API_KEY", secrets["COHERE_API_KEY"]["key"], "cohere-api-key")
    for probe, path, delay, period in [("livenessProbe", "/health", 10, 10),
                                       ("readinessProbe", "/health/ready", 5, 5)]:
        got = api[probe]
        same(f"{probe} asks", got["httpGet"], {"path": path, "port": 8000})
        same(f"{probe} waits", got["initialDelaySeconds"], delay)
        same(f"{probe} asks every", got["periodSeconds"], period)


def check_scaling():
    scaler = one("HorizontalPodAutoscaler", "chatbot-api")["spec"]
    same("scales", scaler["scaleTargetRef"]["name"], "chatbot-api")
    bounds = (scaler["minReplicas"], scaler["maxReplicas"])
    same("bounds", bounds, (3, 100) if PRODUCTION else (1, 3))
    budget = one("PodDisruptionBudget", "chatbot-api")["spec"]
    same("budget of", budget["selector"]["matchLabels"], {"app": "chatbot-api"})
    spread = one("Deployment", "chatbot-api")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    same("spread over", {it["topologyKey"] for it in spread},
         {"topology.kubernetes.io/zone", "kubernetes.io/hostname"})
    rolling = one("Deployment", "chatbot-api")["spec"]["strategy"]["rollingUpdate"]
    same("rolling update", rolling, {"maxSurge": 1, "maxUnavailable": 0})


def check_the_drain():
    spec = one("Deployment", "chatbot-api")["spec"]["template"]["spec"]
    settings = next(it["data"] for it in OBJECTS if it["kind"] == "ConfigMap"
                    and it["metadata"]["name"].startswith("chatbot-settings"))
    [pause] = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1:]
    takes = int(pause) + int(settings["SHUTDOWN_DELAY"]) + int(settings["SHUTDOWN_TIMEOUT"])
    assert spec["terminationGracePeriodSeconds"] > takes, "killed before it has stopped"
    for network in settings["TRUSTED_PROXIES"].split(","):
        ipaddress.ip_network(network)
    same("metrics", settings["METRICS_ADDRESS"].rpartition(":")[2], "9090")
    same("assistant", settings["CHAT_ENGINE"], "cohere" if PRODUCTION else "offline")


def check_every_pod():
    for name, template in pods():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"], name
        volumes = {it["name"] for it in spec.get("volumes", [])}
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            same(f"{name} drops", security["capabilities"], {"drop": ["ALL"]})
            mounts = {it["name"] for it in container.get("volumeMounts", [])}
            same(f"volumes of {name}", mounts, volumes)
            resources = container["resources"]
            for what, limit in resources["limits"].items():
                assert quantity(resources["requests"][what]) <= quantity(limit), (name, what)
            tag = container["image"].rpartition(":")[2]
            assert ":" in container["image"] and tag != "latest", container["image"]
    labels = [template["metadata"]["labels"] for _, template in pods()]
    for it in OBJECTS:
        selector = {"Service": lambda spec: spec["selector"],
                    "Deployment": lambda spec: spec["selector"]["matchLabels"],
                    "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
                    }.get(it["kind"])
        if selector:
            wanted = selector(it["spec"]).items()
            assert any(wanted <= have.items() for have in labels), f'{it["metadata"]["name"]} has no pod'


def check_ports():
    for service in (it for it in OBJECTS if it["kind"] == "Service"):
        app = service["spec"]["selector"]["app"]
        named = {port["name"] for name, template in pods() for container in template["spec"]["containers"]
                 for port in container.get("ports", []) if template["metadata"]["labels"]["app"] == app}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in named, (app, port)


def check_migration():
    job = one("Job", "chatbot-migrate")["spec"]["template"]["spec"]["containers"][0]
    same("migration", job["args"], ["migrate", "up"])
    same("migrates as", variables(job)["DATABASE_URL"]["key"], "migration-database-url")
    same("image", job["image"], one("Deployment", "chatbot-api")["spec"]["template"]["spec"]["containers"][0]["image"])


def check_ingress():
    spec = one("Ingress", "chatbot-api")["spec"]
    [rule], [tls] = spec["rules"], spec["tls"]
    same("host with TLS", tls["hosts"], [rule["host"]])
    ports = {port["name"] for port in one("Service", "chatbot-api")["spec"]["ports"]}
    open_to_all = ["/metrics", "/health/detailed"]
    for path in rule["http"]["paths"]:
        assert path["backend"]["service"]["port"]["name"] in ports - {"metrics"}, path
        covers = [it for it in open_to_all
                  if path["pathType"] == "Prefix" and (it + "/").startswith(path["path"].rstrip("/") + "/")
                  or it == path["path"]]
        assert not covers, f"{covers} can be reached from outside"
    policies = {it["metadata"]["name"] for it in OBJECTS if it["kind"] == "NetworkPolicy"}
    assert "chatbot-api" in policies


def check_production():
    backup = one("CronJob", "chatbot-backup")["spec"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", backup["schedule"]), "not every day"
    same("backups at a time", backup["concurrencyPolicy"], "Forbid")
    [container] = backup["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "BACKUP_DIR", "value": "/backups/chatbot"} in container["env"], container["env"]
    same("pooler", one("Service", "pgbouncer")["spec"]["ports"][0]["port"], 6432)
    monitor = one("ServiceMonitor", "chatbot-api")["spec"]
    same("scraped", monitor["endpoints"][0]["port"], "metrics")
    same("scraped", monitor["selector"]["matchLabels"], one("Service", "chatbot-api")["metadata"]["labels"])


CHECKS = [check_the_guide, check_scaling, check_the_drain, check_every_pod, check_ports, check_migration,
          check_ingress, *([check_production] if PRODUCTION else [])]
for check in CHECKS:
    check()
print(f"    {sys.argv[2]}: {len(OBJECTS)} objects, {len(CHECKS)} groups of rules hold")

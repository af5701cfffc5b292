"""What the files for clouds say agrees with the image. Usage: cloud.py"""

import json
import pathlib
import re

import yaml

CLOUD = pathlib.Path("deploy/cloud")
dockerfile = pathlib.Path("deploy/Dockerfile").read_text()
port = int(re.search(r"^ENV .*\bPORT=(\d+)", dockerfile, re.M)[1])

run = json.loads((CLOUD / "elastic-beanstalk/Dockerrun.aws.json").read_text())
assert run["AWSEBDockerrunVersion"] == "1", run
assert [it["ContainerPort"] for it in run["Ports"]] == [port], run
assert re.search(r"/chatbot-api:\d+\.\d+\.\d+$", run["Image"]["Name"]), run

options = yaml.safe_load((CLOUD / "elastic-beanstalk/.ebextensions/service.config").read_text())
options = options["option_settings"]
assert options["aws:elasticbeanstalk:environment:process:default"]["HealthCheckPath"] == "/health/ready"
assert all(isinstance(value, str) for group in options.values() for value in group.values()), options

build = yaml.safe_load((CLOUD / "cloud-run/cloudbuild.yaml").read_text())
assert "--file=deploy/Dockerfile" in build["steps"][0]["args"], build
assert build["images"][0] in build["steps"][0]["args"][3], build
print("    ports, versions and probes agree with the image")

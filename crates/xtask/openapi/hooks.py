"""What schemathesis can't know from the document: who it is, and what our own formats mean."""

import itertools
import os

import requests
import schemathesis
from hypothesis import strategies as st

ACCOUNTS = itertools.count(1)
# What makes tokens void is done with accounts of its own, or else the rest would be asked in vain.
VOIDING = {
    "/api/auth/signout",
    "/api/auth/signout-all",
    "/api/auth/password",
    "/api/auth/delete-account",
}


@schemathesis.auth()
class Account:
    """A new account for each run, and one for each request that may make its token void."""

    def get(self, case, context):
        account = {
            "name": "Ada",
            "email": f"schemathesis-{os.getpid()}-{next(ACCOUNTS)}@example.org",
            "password": "correct horse battery",
        }
        answer = requests.post(f"{os.environ['BASE_URL']}/api/auth/signup", json=account, timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def set(self, case, data, context):
        if case.operation.path in VOIDING:
            data = self.get(case, context)
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Makes the document easier to make good requests of.

    Whoever asks is `me`: somebody else's number is always 403. And a text that must not be blank
    is made by its length alone, or else nobody would try one of the greatest length.
    """
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "user_id":
                    parameter["schema"] = {"type": "string", "enum": ["me"]}
                forget_blanks(parameter["schema"])
    for schema in raw_schema["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            forget_blanks(field)


def forget_blanks(schema):
    if schema.get("pattern") == r"\S":
        del schema["pattern"]


@schemathesis.hook
def filter_body(context, body):
    """Leaves out what `before_load_schema` would have called good."""
    return not isinstance(body, dict) or not any(map(is_blank, body.values()))


@schemathesis.hook
def filter_query(context, query):
    return not query or not any(map(is_blank, query.values()))


def is_blank(value):
    return isinstance(value, str) and not value.strip()


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """An import is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"]
TIMES = ["", "T15:00", "T15:00:00", "T15:00:00.5", "T15:00:00Z", "T15:00:00+02:00"]
VERSIONS = ["*", '"1"', 'W/"1"', '"1", "2"', '"999999999999999999"', '"no-version"']

schemathesis.openapi.format("entity-tags", st.sampled_from(VERSIONS))
schemathesis.openapi.format("tag", st.from_regex(r"#?[a-z0-9][a-z0-9_-]{0,29}", fullmatch=True))
schemathesis.openapi.format("time-zone", st.sampled_from(ZONES))
schemathesis.openapi.format(
    "day-or-time",
    st.builds("{}{}".format, st.dates(), st.sampled_from(TIMES)),
)

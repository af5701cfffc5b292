"""Requests of the API of a service, over a connection that the caller has made."""

import json


def ask(connection, method, path, body=None, token=None):
    """The status of the answer and its JSON, None without any."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else None

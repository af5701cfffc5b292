"""People who chat and look at their conversations, each with an account of their own.

    locust -f deploy/load/locustfile.py --headless -u 100 -r 10 -t 10m --host http://127.0.0.1:8000

The service needs SIGNUP_RATE_LIMIT_PER_HOUR=off, since all accounts come from one address, and a
simulator of Cohere's API or the offline assistant: a load test of Cohere costs money and finds
Cohere's limits.
"""

import secrets
from collections import deque

import requests
from locust import HttpUser, between, events, task

accounts = deque()


@events.test_start.add_listener
def make_accounts(environment, **_):
    """One after the other, before the clock starts: hashing a password is meant to be slow."""
    for _ in range(environment.parsed_options.num_users or 1):
        account = {
            "name": "Load test",
            "email": f"load-{secrets.token_hex(8)}@example.org",
            "password": secrets.token_urlsafe(16),
        }
        answer = requests.post(f"{environment.host}/api/auth/signup", json=account, timeout=60)
        answer.raise_for_status()
        accounts.append(answer.json())


class ChatbotUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        account = accounts.popleft()
        self.user_id = account["user"]["id"]
        self.client.headers["Authorization"] = f"Bearer {account['access_token']}"

    @task
    def send_message(self):
        with self.client.post(
            f"/api/{self.user_id}/chat",
            json={"message": "Add a task"},
            name="/api/{user_id}/chat",
            catch_response=True,
        ) as answer:
            # An answer without words would be a failure that no status shows.
            if answer.status_code == 200 and not answer.json().get("message"):
                answer.failure("the answer says nothing")

    @task
    def list_conversations(self):
        with self.client.get(
            f"/api/{self.user_id}/conversations",
            name="/api/{user_id}/conversations",
            catch_response=True,
        ) as answer:
            if answer.status_code == 200 and not isinstance(answer.json(), list):
                answer.failure("that is no list")

"""What Cohere's SDK makes of the simulator's answers, blocking and streaming, with tools.

    talk.py http://127.0.0.1:8081
"""

import json
import sys

import cohere
from cohere.errors import NotFoundError, UnauthorizedError, UnprocessableEntityError

MODEL = "command-a-03-2025"
URL = sys.argv[1]
client = cohere.ClientV2(base_url=URL, api_key="sdk-key")


def tool(name, properties, required):
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": name, "parameters": parameters}
    return {"type": "function", "function": function}


STRING = {"type": "string"}
TOOLS = [
    tool("add_task", {"title": STRING, "priority": STRING}, ["title"]),
    tool("list_tasks", {"status": {"type": "string", "enum": ["all", "pending"]}}, ["status"]),
    tool("delete_tasks", {"task_ids": {"type": "array", "items": {"type": "integer"}}}, ["task_ids"]),
]


class TodoList:
    """Carries out the calls."""

    def __init__(self):
        self.tasks = {}

    def call(self, name, arguments):
        arguments = json.loads(arguments)
        if name == "add_task":
            task = {"id": len(self.tasks) + 1, "title": arguments["title"]}
            self.tasks[task["id"]] = task
            return task
        if name == "delete_tasks":
            return {"results": [{"task": self.tasks.pop(number)} for number in arguments["task_ids"]]}
        return {"tasks": list(self.tasks.values())}


def result(call_id, outcome):
    document = {"type": "document", "document": {"data": outcome}}
    return {"role": "tool", "tool_call_id": call_id, "content": [document]}


def a_text_blocking():
    answer = client.chat(model=MODEL, messages=[{"role": "user", "content": "hello"}])
    assert answer.finish_reason == "COMPLETE", answer
    assert answer.message.content[0].text.startswith("I am a simulated model."), answer
    assert answer.message.tool_calls is None, answer
    assert answer.usage.billed_units.input_tokens == 1, answer


def a_turn_with_tools_blocking():
    todo = TodoList()
    messages = []
    for said, steps in [
        ("Add tasks: milk, bread", [["add_task", "add_task"]]),
        ("Delete the milk task", [["list_tasks"], ["delete_tasks"]]),
    ]:
        messages.append({"role": "user", "content": said})
        answer = client.chat(model=MODEL, messages=messages, tools=TOOLS)
        taken = []
        while answer.finish_reason == "TOOL_CALL":
            assert answer.message.tool_plan, answer
            calls = answer.message.tool_calls
            taken.append([call.function.name for call in calls])
            messages.append(answer.message)
            for call in calls:
                outcome = todo.call(call.function.name, call.function.arguments)
                messages.append(result(call.id, outcome))
            answer = client.chat(model=MODEL, messages=messages, tools=TOOLS)
        assert taken == steps, taken
        assert answer.message.citations[0].sources[0].type == "tool", answer
        messages.append({"role": "assistant", "content": answer.message.content[0].text})
    assert [task["title"] for task in todo.tasks.values()] == ["bread"], todo.tasks


def a_text_streaming():
    messages = [{"role": "user", "content": "hello"}]
    events = list(client.chat_stream(model=MODEL, messages=messages))
    kinds = [event.type for event in events if event.type != "content-delta"]
    assert kinds == ["message-start", "content-start", "content-end", "message-end"], kinds
    assert len(events) > len(kinds) + 10, "a delta is no longer than a token"
    text = "".join(e.delta.message.content.text for e in events if e.type == "content-delta")
    assert text.startswith("I am a simulated model."), text
    assert events[-1].delta.finish_reason == "COMPLETE", events[-1]
    assert events[-1].delta.usage.billed_units.output_tokens > 10, events[-1]


def ask_streaming(messages):
    """One answer, put together from its events: plan, calls, text and finish reason."""
    plan, calls, text, finish = "", [], "", None
    for event in client.chat_stream(model=MODEL, messages=messages, tools=TOOLS):
        if event.type == "tool-plan-delta":
            plan += event.delta.message.tool_plan
        elif event.type == "tool-call-start":
            calls.append(event.delta.message.tool_calls)
            assert event.index == len(calls) - 1, event
        elif event.type == "tool-call-delta":
            calls[event.index].function.arguments += event.delta.message.tool_calls.function.arguments
        elif event.type == "content-delta":
            text += event.delta.message.content.text
        elif event.type == "message-end":
            finish = event.delta.finish_reason
    return plan, calls, text, finish


def a_turn_with_tools_streaming():
    todo = TodoList()
    said = "Add a task to grüßen, then show my list, then delete it"
    messages = [{"role": "user", "content": said}]
    taken = []
    plan, calls, text, finish = ask_streaming(messages)
    while calls:
        assert finish == "TOOL_CALL" and plan and not text, (finish, plan, text)
        taken.append([call.function.name for call in calls])
        messages.append({"role": "assistant", "tool_plan": plan, "tool_calls": calls})
        for call in calls:
            outcome = todo.call(call.function.name, call.function.arguments)
            messages.append(result(call.id, outcome))
        plan, calls, text, finish = ask_streaming(messages)
    assert taken == [["add_task"], ["list_tasks"], ["delete_tasks"]], taken
    assert finish == "COMPLETE" and "1 (grüßen)" in text, text
    assert not todo.tasks, todo.tasks


def thoughts():
    messages = [{"role": "user", "content": "hello [[simulate:thinking]]"}]
    answer = client.chat(model=MODEL, messages=messages)
    assert [block.type for block in answer.message.content] == ["thinking", "text"], answer
    events = client.chat_stream(model=MODEL, messages=messages)
    starts = [e.delta.message.content.type for e in events if e.type == "content-start"]
    assert starts == ["thinking", "text"], starts


def a_stream_that_fails():
    messages = [{"role": "user", "content": "add milk [[simulate:stream-error]]"}]
    events = list(client.chat_stream(model=MODEL, messages=messages, tools=TOOLS))
    assert events[-1].delta.finish_reason == "ERROR", events[-1]
    assert "invalid tool generation" in events[-1].delta.error, events[-1]


def a_rate_limit_that_passes():
    messages = [{"role": "user", "content": "hello [[simulate:429-minute*1]]"}]
    assert client.chat(model=MODEL, messages=messages).finish_reason == "COMPLETE"


def errors():
    hello = [{"role": "user", "content": "hello"}]
    stranger = cohere.ClientV2(base_url=URL, api_key="another")
    for expected, ask in [
        (UnauthorizedError, lambda: stranger.chat(model=MODEL, messages=hello)),
        (NotFoundError, lambda: client.chat(model="command-r-plus", messages=hello)),
        (
            UnprocessableEntityError,
            lambda: client.chat(model=MODEL, messages=hello, tools=TOOLS, tool_choice="auto"),
        ),
    ]:
        try:
            ask()
        except expected as error:
            assert error.body["message"], error
        else:
            raise AssertionError(f"{expected.__name__} was expected")


def models():
    names = [model.name for model in client.models.list(endpoint="chat").models]
    assert MODEL in names, names
    assert client.models.get(MODEL).context_length == 288_000


for check in [
    a_text_blocking,
    a_turn_with_tools_blocking,
    a_text_streaming,
    a_turn_with_tools_streaming,
    thoughts,
    a_stream_that_fails,
    a_rate_limit_that_passes,
    errors,
    models,
]:
    check()
    print(f"ok: {check.__name__.replace('_', ' ')}")

/**
 * The conversation of the README, held by a client whose types are made from docs/openapi.json.
 * `BASE_URL` says where the service is.
 */
import assert from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./build/schema.js";

type Task = components["schemas"]["Task"];

const baseUrl = process.env.BASE_URL;
assert(baseUrl, "BASE_URL is not set");
const client = createClient<paths>({ baseUrl });
const me = { user_id: "me" };

/** What was answered, or what went wrong instead. */
function answer<T>({ data, error }: { data?: T; error?: unknown }): T {
  assert(data !== undefined, JSON.stringify(error));
  return data;
}

async function signUp(): Promise<void> {
  const body = { name: "Ada", email: "ada@example.org", password: "correct horse" };
  const session = answer(await client.POST("/api/auth/signup", { body }));
  assert.equal(session.user.name, "Ada");
  client.use({
    onRequest: ({ request }) => {
      request.headers.set("Authorization", `Bearer ${session.access_token}`);
    },
  });
}

async function say(message: string): Promise<string> {
  const path = { params: { path: me }, body: { message } };
  const reply = answer(await client.POST("/api/{user_id}/chat", path));
  assert(typeof reply !== "string", "no stream was asked for");
  return reply.message;
}

async function tasks(): Promise<Task[]> {
  const params = { path: me, query: { sort: "created_at" as const, limit: 10 } };
  return answer(await client.GET("/api/{user_id}/tasks", { params }));
}

await signUp();
assert.equal(await say("add buy milk"), "Added task 1: buy milk");
assert.equal(await say("what's left?"), "You have 1 open task:\n- 1: buy milk");
assert.equal(await say("mark 1 as done"), "Completed task 1: buy milk");

const [milk, ...others] = await tasks();
assert(milk);
assert.deepEqual(others, []);
assert.deepEqual(
  { id: milk.id, title: milk.title, priority: milk.priority, status: milk.status },
  { id: 1, title: "buy milk", priority: "medium", status: "completed" },
);
assert(milk.completed_at && new Date(milk.completed_at) >= new Date(milk.created_at));

// What goes wrong has a type as well: `code` is one of those that this operation names.
const { error, response } = await client.PATCH("/api/{user_id}/tasks/{id}", {
  params: { path: { ...me, id: 1 }, header: { "If-Match": '"7"' } },
  body: { title: "buy oat milk" },
});
const expected: NonNullable<typeof error>["code"] = "version_mismatch";
assert.equal(error?.code, expected);
assert.equal(response.status, 412);
assert.equal(error.request_id, response.headers.get("X-Request-Id"));

console.log("The generated client held the conversation of the README.");

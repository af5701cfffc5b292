/**
 * What must hold between the service and the AI SDK. `BASE_URL` says where the service is; the
 * argument is the package to check with: `ai` or `ai6`.
 */
import assert from "node:assert/strict";

const baseUrl = process.env.BASE_URL;
assert(baseUrl, "BASE_URL is not set");
const [, , name] = process.argv;
const sdk = await import(name);
const { Chat, connect } = await import(`./build/${name}/chat.js`);
const CUTS = 200;
/** Of parts, what is ours; the SDK adds fields of its own. */
const OURS = ["type", "text", "state", "toolCallId", "input", "output", "errorText"];

let ids = 0;
/** Chats like those of a page: some ids are UUIDs, others are the SDK's own. */
const newId = () => (++ids % 2 ? crypto.randomUUID() : `chat_${ids}-${name}`);

async function request(method, path, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(`${baseUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

async function signUp(who) {
  const email = `${who}-${name}-${Date.now()}@example.org`;
  const account = { name: who, email, password: "correct horse" };
  return (await request("POST", "/api/auth/signup", account)).access_token;
}

const token = await signUp("ada");
const chats = connect(baseUrl, () => token);
const load = (id, whose = token) => request("GET", `/api/me/chat/${id}`, undefined, whose);

/** A page's chat over the transport of chat.ts; with a `fetch`, over the SDK's own, which sends the whole history. */
function chat({ token: whose = token, fetch, ...init } = {}) {
  const headers = { Authorization: `Bearer ${whose}` };
  const transport = fetch
    ? new sdk.DefaultChatTransport({ api: `${baseUrl}/api/me/chat`, headers, fetch })
    : connect(baseUrl, () => whose).transport;
  return new Chat({ id: newId(), transport, onError: () => {}, ...init });
}

function ours(message) {
  const { id, role, parts, metadata } = JSON.parse(JSON.stringify(message));
  delete metadata?.problem?.request_id;
  const known = (part) => Object.fromEntries(OURS.filter((key) => key in part).map((key) => [key, part[key]]));
  return { id, role, parts: parts.map(known), metadata };
}

/** The answer that a page has that was loaded after the turn, and followed it. */
async function replayed(id) {
  const question = { id: "question", role: "user", parts: [{ type: "text", text: "?" }] };
  const page = chat({ id, messages: [question] });
  await page.resumeStream();
  return page.lastMessage;
}

/** Live, replayed and loaded, the answer is the same. */
async function assertSame(page) {
  const loaded = await load(page.id);
  const answer = ours(page.lastMessage);
  assert.equal(answer.role, "assistant");
  assert.deepEqual(ours(await replayed(page.id)), answer, "replayed");
  assert.deepEqual(ours(loaded.messages.at(-1)), answer, "loaded");
  await sdk.validateUIMessages({ messages: loaded.messages });
  return answer;
}

const checks = {
  async "a message is answered, and the answer is the same live, replayed and loaded"() {
    for (const page of [chat(), chat({ fetch })]) {
      for (const text of ["add buy milk", "add call Bob tomorrow and pay rent", "what is left?"]) {
        await page.sendMessage({ text });
        assert.equal(page.status, "ready", String(page.error));
        await assertSame(page);
      }
      assert.equal(page.messages.length, 6);
    }
  },

  async "a page that loads the conversation goes on in it"() {
    const first = chat();
    assert.deepEqual(await chats.load(first.id), []);
    await first.sendMessage({ text: "add water the plants" });
    const messages = await chats.load(first.id);
    const second = chat({ id: first.id, messages });
    await second.resumeStream();
    assert.deepEqual(second.messages.map(ours), first.messages.map(ours).map((it, at) => ({ ...it, id: messages[at].id })));
    await second.sendMessage({ text: "what is left?" });
    assert.equal(second.messages.length, 4);
  },

  async [`a stream that is cut at any byte is resumed, ${CUTS} of ${CUTS}`]() {
    for (let cut = 0; cut < CUTS; cut++) {
      const page = chat({ fetch: cutting(Math.floor(Math.random() * 2_000)) });
      await page.sendMessage({ text: "add buy milk" });
      if (page.status === "error") {
        await page.resumeStream();
      }
      assert.equal(page.status, "ready", String(page.error));
      const { messages } = await load(page.id);
      assert.equal(page.messages.length, 2);
      assert.deepEqual(ours(page.lastMessage), ours(messages.at(-1)), `cut ${cut}`);
    }
  },

  async "a message that is sent again after a cut is carried out once"() {
    const ben = await signUp("ben");
    const cuts = [0, 300, 700, 1_500];
    for (const bytes of cuts) {
      const page = chat({ token: ben, fetch: cutting(bytes) });
      await page.sendMessage({ text: "add buy milk" });
      await page.regenerate();
      assert.equal(page.status, "ready", String(page.error));
      const { messages } = await load(page.id, ben);
      assert.equal(messages.length, 2);
      assert.equal(page.messages.length, 2);
      assert.deepEqual(ours(page.lastMessage), ours(messages.at(-1)));
    }
    const tasks = await request("GET", "/api/me/tasks", undefined, ben);
    assert.equal(tasks.length, cuts.length);
  },

  async "a turn that is stopped says so, and its page reads to the end"() {
    const page = chat();
    const sent = page.sendMessage({ text: "go [[simulate:slow=2000]]" });
    while (page.lastMessage?.role !== "assistant") {
      await new Promise((resume) => setTimeout(resume, 10));
    }
    await chats.stop(page.id);
    await sent;
    assert.equal(page.status, "ready", String(page.error));
    assert.equal(page.lastMessage.metadata.status, "cancelled");
  },

  async "a turn that fails says why"() {
    const page = chat();
    await page.sendMessage({ text: "hello [[simulate:401]]" });
    assert.equal(page.status, "error");
    assert.match(page.error.message, /credentials/);
    assert.equal(page.lastMessage.metadata.problem.code, "provider_auth");
    const { messages } = await load(page.id);
    assert.deepEqual(ours(messages.at(-1)), ours(page.lastMessage));
  },

  async "whatever a model calls, the stream goes on"() {
    for (const cue of ["unknown-tool", "forbidden-keys", "broken-arguments", "list-arguments", "fifty-calls", "three-steps"]) {
      const page = chat();
      await page.sendMessage({ text: `go [[simulate:${cue}]]` });
      assert.equal(page.status, "ready", `${cue}: ${page.error}`);
      const { parts } = await assertSame(page);
      assert(parts.some((part) => part.type.startsWith("tool-")), cue);
    }
  },

  async "a problem before the first byte is told as it is"() {
    const page = chat();
    await page.sendMessage({ text: " " });
    assert.equal(page.status, "error");
    assert.equal(JSON.parse(page.error.message).code, "validation_failed");
  },

  async "a file is refused"() {
    const page = chat();
    await page.sendMessage({ parts: [{ type: "file", mediaType: "image/png", url: "data:image/png;base64,AA==" }] });
    assert.equal(JSON.parse(page.error.message).code, "unsupported_part");
  },

  async "a history of a hundred messages is sent along and does no harm"() {
    const said = (at) => ({ id: `m${at}`, role: at % 2 ? "assistant" : "user", parts: [{ type: "text", text: "x".repeat(2_000) }] });
    const page = chat({ fetch, messages: Array.from({ length: 100 }, (_, at) => said(at)) });
    await page.sendMessage({ text: "add buy bread" });
    assert.equal(page.status, "ready", String(page.error));
    assert.equal((await load(page.id)).messages.length, 2);
  },

  async "there is nothing to resume in a new chat"() {
    const page = chat();
    await page.resumeStream();
    assert.equal(page.status, "ready");
    assert.equal(page.messages.length, 0);
  },
};

/** A fetch whose first answer is cut after so many bytes. */
function cutting(bytes) {
  let isFirst = true;
  return async (...request) => {
    const answer = await fetch(...request);
    if (!isFirst) return answer;
    isFirst = false;
    let left = bytes;
    const cut = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.slice(0, left));
        left -= chunk.length;
        if (left < 0) controller.error(new TypeError("terminated"));
      },
    });
    return new Response(answer.body.pipeThrough(cut), answer);
  };
}

for (const [what, check] of Object.entries(checks)) {
  await check();
  console.log(`${name}: ${what}`);
}

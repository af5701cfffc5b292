/**
 * What must hold between the service and the AI SDK. `BASE_URL` says where the service is, and
 * `DATABASE` where its SQLite file is; the argument is the package to check with: `ai` or `ai6`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

const { BASE_URL: baseUrl, DATABASE: database } = process.env;
assert(baseUrl, "BASE_URL is not set");
const [, , name] = process.argv;
const sdk = await import(name);
const { Chat, connect } = await import(`./build/${name}/chat.js`);
const CUTS = 200;
const CUT_DECISIONS = 20;
/** Of parts, what is ours; the SDK adds fields of its own. */
const OURS = ["type", "text", "state", "toolCallId", "input", "output", "errorText"];

/** The chats that messages were sent to, with each request once. */
const sent = [];
const fetchAnything = globalThis.fetch;
globalThis.fetch = (url, init) => {
  if (init?.method === "POST" && String(url).endsWith("/chat")) sent.push(JSON.parse(init.body).id);
  return fetchAnything(url, init);
};
const requestsOf = (page) => sent.filter((id) => id === page.id).length;

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

/** A page's chat as in chat.ts; with a `fetch`, over the SDK's own transport, which sends the whole history. */
function chat({ token: whose = token, fetch, ...init } = {}) {
  const { options } = connect(baseUrl, () => whose);
  const headers = { Authorization: `Bearer ${whose}` };
  const plain = fetch && { transport: new sdk.DefaultChatTransport({ api: `${baseUrl}/api/me/chat`, headers, fetch }) };
  return new Chat({ id: newId(), onError: () => {}, ...options, ...plain, ...init });
}

function ours(message) {
  const { id, role, parts, metadata } = JSON.parse(JSON.stringify(message));
  delete metadata?.problem?.request_id;
  const known = (part) => Object.fromEntries(OURS.filter((key) => key in part).map((key) => [key, part[key]]));
  return { id, role, parts: parts.map(known), metadata };
}

/** The answer that a page has that was loaded after the turn, and followed it. */
async function replayed(id, whose) {
  const question = { id: "question", role: "user", parts: [{ type: "text", text: "?" }] };
  const page = chat({ id, token: whose, messages: [question] });
  await page.resumeStream();
  return page.lastMessage;
}

/** Live, replayed and loaded, the answer is the same. */
async function assertSame(page, whose = token) {
  const loaded = await load(page.id, whose);
  const answer = ours(page.lastMessage);
  assert.equal(answer.role, "assistant");
  assert.deepEqual(ours(await replayed(page.id, whose)), answer, "replayed");
  assert.deepEqual(ours(loaded.messages.at(-1)), answer, "loaded");
  await sdk.validateUIMessages({ messages: loaded.messages });
  return answer;
}

/** A page with the question whether four new tasks shall be deleted. */
async function asked(whose, init = {}) {
  const add = (title) => request("POST", "/api/me/tasks", { title }, whose);
  const tasks = [await add("milk"), await add("bread"), await add("jam"), await add("tea")];
  const page = chat({ token: whose, ...init });
  await page.sendMessage({ text: `delete ${tasks.map((task) => task.id).join(", ")}` });
  assert.equal(page.status, "ready", String(page.error));
  const call = callsOf(page).at(-1);
  assert.equal(call.state, "approval-requested");
  assert.equal(page.lastMessage.metadata.status, "waiting");
  return { page, approval: call.approval.id };
}

/** The calls of the last message, none of which is there twice. */
function callsOf(page) {
  const calls = page.lastMessage.parts.filter((part) => part.type.startsWith("tool-"));
  assert.equal(new Set(calls.map((call) => call.toolCallId)).size, calls.length, "a call is there twice");
  return calls;
}

/** Waits until a page has done all that it does by itself. */
async function settled(page) {
  for (let quiet = 0; quiet < 20; ) {
    await pause(20);
    quiet = ["ready", "error"].includes(page.status) ? quiet + 1 : 0;
  }
}

async function click(page, id, approved) {
  await page.addToolApprovalResponse({ id, approved });
  await settled(page);
}

const countTasks = async (whose) => (await request("GET", "/api/me/tasks", undefined, whose)).length;

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

  async "a turn that is stopped says so, and what it had said is the same live, replayed and loaded"() {
    for (const cue of ["slow-first-byte=2000", "slow=300"]) {
      const page = chat();
      const sent = page.sendMessage({ text: `hello [[simulate:${cue}]]` });
      const hasBegun = () => page.lastMessage?.role === "assistant";
      const hasSaid = () => hasBegun() && page.lastMessage.parts.some((part) => part.text);
      while (!(cue === "slow=300" ? hasSaid() : hasBegun())) await pause(10);
      await chats.stop(page.id);
      await sent;
      assert.equal(page.status, "ready", String(page.error));
      assert.equal(page.lastMessage.metadata.status, "cancelled");
      await assertSame(page);
    }
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

  async "a question is the same live, replayed and loaded, and so is what follows a yes or a no"() {
    for (const [approved, state, left] of [[false, "output-denied", 4], [true, "output-available", 0]]) {
      for (const init of [{}, { fetch }]) {
        const cleo = await signUp(`cleo-${approved}-${init.fetch ? "all" : "last"}`);
        const { page, approval } = await asked(cleo, init);
        await assertSame(page, cleo);
        assert.equal((await load(page.id, cleo)).status, "waiting");
        await click(page, approval, approved);
        assert.equal(page.status, "ready", String(page.error));
        assert.equal(requestsOf(page), 2);
        assert.deepEqual(callsOf(page).map((call) => call.state), [state]);
        assert.equal(page.lastMessage.parts.at(-1).type, "text");
        assert.equal(page.lastMessage.metadata.status, "completed");
        assert.equal(page.messages.length, 2);
        assert.equal(await countTasks(cleo), left);
        await assertSame(page, cleo);
      }
    }
  },

  async "a question that has expired is answered, and nothing is sent again"() {
    const dora = await signUp("dora");
    const { page, approval } = await asked(dora);
    const expire = `UPDATE actions SET expires_at = 0 WHERE id = x'${approval.replaceAll("-", "")}'`;
    execFileSync("sqlite3", ["-cmd", ".timeout 5000", database, expire]);
    await click(page, approval, true);
    assert.equal(page.status, "ready", String(page.error));
    assert.equal(requestsOf(page), 2);
    const [call] = callsOf(page);
    assert.deepEqual([call.state, call.errorText], ["output-error", "The question has expired."]);
    assert.equal(await countTasks(dora), 4);
    await assertSame(page, dora);
  },

  async "a double click is one decision"() {
    const emil = await signUp("emil");
    const { page, approval } = await asked(emil);
    await Promise.all([click(page, approval, true), click(page, approval, true)]);
    assert.equal(page.status, "ready", String(page.error));
    assert.equal(requestsOf(page), 2);
    assert.equal(await countTasks(emil), 0);
    await assertSame(page, emil);
  },

  async "who answers in words is understood, and the buttons that are left send nothing"() {
    const fay = await signUp("fay");
    const { page, approval } = await asked(fay);
    await page.sendMessage({ text: "yes" });
    assert.equal(page.status, "ready", String(page.error));
    assert.deepEqual(callsOf(page).map((call) => call.state), ["output-available"]);
    assert.equal(await countTasks(fay), 0);
    await assertSame(page, fay);
    await click(page, approval, false);
    assert.equal(requestsOf(page), 2);
    assert.equal(page.messages.length, 4);
  },

  async "a page that loads a question decides it, and another one is told"() {
    const gus = await signUp("gus");
    const { page: first, approval } = await asked(gus);
    const { messages } = await load(first.id, gus);
    const second = chat({ id: first.id, token: gus, messages });
    await click(second, approval, true);
    assert.equal(second.status, "ready", String(second.error));
    await assertSame(second, gus);
    await click(first, approval, false);
    assert.equal(first.status, "error");
    assert.equal(JSON.parse(first.error.message).code, "action_decided");
    assert.equal(requestsOf(first), 3, "three of both pages");
    assert.equal(await countTasks(gus), 0);
  },

  async [`a decision whose answer is cut is resumed, ${CUT_DECISIONS} of ${CUT_DECISIONS}`]() {
    const hal = await signUp("hal");
    for (let cut = 0; cut < CUT_DECISIONS; cut++) {
      const { page, approval } = await asked(hal, { fetch: cutting(Math.floor(Math.random() * 2_000), 1) });
      await click(page, approval, cut % 2 === 0);
      if (page.status === "error") {
        await page.resumeStream();
      }
      await settled(page);
      assert.equal(page.status, "ready", String(page.error));
      assert.equal(requestsOf(page), 2);
      assert.equal(callsOf(page).length, 1);
      assert.deepEqual(ours(page.lastMessage), ours((await load(page.id, hal)).messages.at(-1)), `cut ${cut}`);
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

/** A fetch whose first answer, or the first after some others, is cut after so many bytes. */
function cutting(bytes, others = 0) {
  return async (...request) => {
    const answer = await fetch(...request);
    if (others-- !== 0) return answer;
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

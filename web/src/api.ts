// The service: who is signed in, requests, and what is wrong with them.

export type User = { id: number; email: string; name: string; timezone: string; role: "user" | "operator"; created_at: string };
export type Priority = "low" | "medium" | "high";
export type Task = {
  id: number;
  title: string;
  description: string | null;
  priority: Priority;
  status: "pending" | "completed";
  due: string | null;
  tags: string[];
  version: number;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
};
export type Effect = { task_id: number; before: Task | null; after: Task | null };
export type Turn = {
  id: string;
  status: string;
  engine: string;
  model: string;
  undone_by?: string;
  started_at: string;
  action?: { id: string; expires_at: string; operations: { tasks: { id: number; title: string }[] }[] };
  steps: { number: number; tool_calls: { id: string; name: string; effects: Effect[] }[] }[];
};
export type Conversation = { id: string; title: string; created_at: string; updated_at: string };

/** What is wrong with a field: a phrase, and a code with the numbers that belong to it. */
export type FieldFault = { field: string; message: string; code: string; min?: number; max?: number };

/** An answer that says what went wrong (RFC 9457), or that there was none. */
export class Problem extends Error {
  status: number;
  code: string;
  requestId: string | undefined;
  fields: FieldFault[];
  /** Until when to wait, in milliseconds since the page was opened: the clock of the device may be set meanwhile. */
  retryAt: number | undefined;

  constructor(status: number, body: Record<string, unknown>, retryAfter: string | null = null) {
    super(typeof body.detail === "string" ? body.detail : "");
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : status === 0 ? "unreachable" : "unknown";
    this.requestId = typeof body.request_id === "string" ? body.request_id : undefined;
    this.fields = Array.isArray(body.errors) ? body.errors : [];
    const seconds = Number(retryAfter);
    this.retryAt = retryAfter !== null && seconds > 0 ? performance.now() + seconds * 1000 : undefined;
  }

  /** What is wrong with a field of the request. */
  field(name: string): FieldFault | undefined {
    return this.fields.find((it) => it.field === name);
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Error && error.message.startsWith("{")) {
    try {
      const body = JSON.parse(error.message);
      const problem = new Problem(Number(body.status) || 500, body);
      if (lastRefusal?.requestId === problem.requestId) return lastRefusal!;
      return problem;
    } catch {
      // Not a problem of ours.
    }
  }
  return new Problem(0, {});
}

type Session = { token: string; expiresAt: number; user: User };
let session: Session | null = null;
let refreshing: Promise<Session | null> | null = null;
/** The session ended by itself, while somebody used it. */
let isOver = false;
let lastRefusal: Problem | null = null;
const listeners = new Set<() => void>();
/** The other tabs of this browser, which have the same session; some browsers let no tab speak to another. */
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("session");
tabs?.addEventListener("message", () => void refresh().catch(() => {}));

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const sessionIsOver = (): boolean => isOver;
export const currentUser = (): User | null => session?.user ?? null;

function setSession(next: Session | null): Session | null {
  const changed = session?.user !== next?.user;
  session = next;
  if (changed) for (const listener of listeners) listener();
  return next;
}

export function setUser(user: User): void {
  if (session) setSession({ ...session, user });
}

type SessionBody = { access_token: string; expires_in: number; user: User };

function begin(body: SessionBody): Session | null {
  const expiresAt = Date.now() + body.expires_in * 1000;
  isOver = false;
  return setSession({ token: body.access_token, expiresAt, user: body.user });
}

async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  const problem = new Problem(response.status, body, response.headers.get("Retry-After"));
  lastRefusal = problem;
  return problem;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new Problem(0, {});
  }
}

/** Goes on with the session of this browser, once for all who ask meanwhile. */
export function refresh(): Promise<Session | null> {
  refreshing ??= (async () => {
    const response = await ask("/api/auth/refresh", { method: "POST" });
    if (response.status === 204) {
      isOver ||= session !== null;
      return setSession(null);
    }
    if (!response.ok) throw await problemOf(response);
    return begin(await response.json());
  })().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

export async function signIn(path: string, body: Record<string, unknown> | null): Promise<void> {
  const init: RequestInit = { method: "POST" };
  if (body) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify({ ...body, session: "cookie" });
  }
  const response = await ask(path, init);
  if (!response.ok) throw await problemOf(response);
  begin(await response.json());
  tabs?.postMessage("session");
}

function leave(): void {
  setSession(null);
  tabs?.postMessage("session");
}

/** Takes the answer of a changed password, which signs in anew. */
export async function changePassword(current: string, next: string): Promise<void> {
  const body = { current_password: current, new_password: next };
  begin((await request<SessionBody>("POST", "/api/auth/password", { body })).body);
}

export async function signOut(everywhere = false): Promise<void> {
  await request("POST", everywhere ? "/api/auth/signout-all" : "/api/auth/signout");
  leave();
}

export async function deleteAccount(password: string): Promise<void> {
  await request("POST", "/api/auth/delete-account", { body: { password } });
  leave();
}

async function authorization(): Promise<string> {
  if (!session || session.expiresAt - Date.now() < 60_000) await refresh();
  if (!session) throw new Problem(401, { code: "invalid_token" });
  return `Bearer ${session.token}`;
}

/** What can't be reached is reported as `fetch` does it, which the chat takes for a lost connection. */
function rethrow(error: unknown): never {
  throw error instanceof Problem && error.status === 0 ? new TypeError("Failed to fetch") : error;
}

/** `fetch` for those who are signed in: a token that is not good any more is replaced once. */
export async function authorizedFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const asking = session?.user.id;
  for (let attempt = 0; ; attempt += 1) {
    const headers = new Headers(init.headers);
    headers.set("Authorization", await authorization().catch(rethrow));
    // Somebody else has signed in in another tab meanwhile: it is not for them.
    if (asking !== undefined && session?.user.id !== asking) throw new Problem(401, { code: "invalid_token" });
    const response = await fetch(input, { ...init, headers });
    if (response.status === 401 && attempt === 0) {
      await refresh().catch(rethrow);
      continue;
    }
    if (!response.ok) await problemOf(response.clone());
    return response;
  }
}

export type Answer<T> = { body: T; next: string | null };

export async function request<T = unknown>(
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; raw?: BodyInit } = {},
): Promise<Answer<T>> {
  const headers: Record<string, string> = { ...options.headers };
  const init: RequestInit = { method, headers };
  if (options.raw !== undefined) init.body = options.raw;
  if (options.body !== undefined) {
    headers["Content-Type"] ??= "application/json";
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await authorizedFetch(path, init);
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(0, {});
  }
  if (!response.ok) throw await problemOf(response);
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
  const body = response.status === 204 ? undefined : await response.json();
  return { body: body as T, next };
}

export type SignInOptions = { sign_up: boolean; machine: boolean };

export async function signInOptions(): Promise<SignInOptions> {
  const response = await ask("/api/auth/options", {});
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** A UUID, also where the browser offers none because the address is not `https`. */
export function newId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

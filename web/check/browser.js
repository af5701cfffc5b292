// A browser, people in it, and what no page of ours may do.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

export const BASE = process.env.BASE_URL;
const PASSWORD = "correct horse battery";
const AXE = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

export function insist(condition, what) {
  if (!condition) throw new Error(what);
}

/** Waits until something holds, for at most so many milliseconds. */
export async function until(what, holds, limit = 10_000) {
  const end = Date.now() + limit;
  while (Date.now() < end) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${limit} ms: ${what}`);
}

/** Keeps requests waiting until they are released; `asked` tells of the first. */
export async function hold(page, url, method) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  let ask;
  const asked = new Promise((resolve) => (ask = resolve));
  await page.route(url, async (route) => {
    if (route.request().method() === method) {
      ask();
      await released;
    }
    await route.continue();
  });
  return { asked, release };
}

let people = 0;

/** Somebody with a browser of their own. */
export class Person {
  /** Without a service worker, which would answer past what a journey intercepts, unless the options allow it. */
  static async come(options = {}) {
    const context = await browser.newContext({
      serviceWorkers: "block",
      viewport: { width: 1360, height: 820 },
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      ...options,
    });
    const person = new Person();
    person.context = context;
    person.intercepts = options.serviceWorkers !== "allow";
    person.faults = [];
    person.page = await person.tab();
    return person;
  }

  /** Somebody with an account, who is signed in and sees the page. */
  static async withAccount(options = {}) {
    const person = await Person.come(options);
    await person.signUp();
    await person.page.goto(BASE);
    await person.message().waitFor();
    return person;
  }

  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(15_000);
    if (!this.intercepts) {
      page.route = () => {
        throw new Error("a service worker may answer past what is intercepted");
      };
    }
    page.on("pageerror", (error) => this.faults.push(`an error: ${error.message}`));
    page.on("console", (line) => {
      if (line.type() === "error") this.faults.push(`the console: ${line.text()}`);
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${BASE}/`) && !/^(data|blob):/.test(url)) this.faults.push(`a request to ${url}`);
    });
    return page;
  }

  async signUp() {
    people += 1;
    this.email = `person${people}-${Date.now()}@example.org`;
    const data = { name: `Person ${people}`, email: this.email, password: PASSWORD, timezone: "Europe/Berlin" };
    const headers = { Origin: BASE };
    const answer = await this.context.request.post(`${BASE}/api/auth/signup`, {
      data: { ...data, session: "cookie" },
      headers,
    });
    insist(answer.status() === 201, `signing up: ${answer.status()} ${await answer.text()}`);
    this.token = (await answer.json()).access_token;
  }

  /** A request of another program of theirs. */
  async ask(method, path, data) {
    const headers = { Authorization: `Bearer ${this.token}` };
    const answer = await this.context.request.fetch(`${BASE}${path}`, { method, data, headers });
    insist(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.status() === 204 ? null : answer.json();
  }

  message(page = this.page) {
    return page.getByRole("textbox", { name: "Message" });
  }

  task(title, page = this.page) {
    return page.getByRole("checkbox", { name: title, exact: true });
  }

  /** Opens all of a task, by way of its title. */
  async openTask(title, page = this.page) {
    await page.getByRole("button", { name: `Edit “${title}”` }).click();
    await page.locator(".title-field").getByRole("button", { name: "Details" }).click();
    await page.getByRole("form", { name: `Edit “${title}”` }).getByLabel("Description").waitFor();
  }

  answer(text, page = this.page) {
    return page.locator("article.answer").getByText(text);
  }

  /** Says something and waits for the whole answer. */
  async say(text, page = this.page) {
    const answers = page.locator("article.answer");
    const before = await answers.count();
    await this.message(page).fill(text);
    await this.message(page).press("Enter");
    await until(`an answer to “${text}”`, async () => (await answers.count()) > before);
    await page.locator('article.answer[aria-busy="false"]').nth(before).waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
  }

  /** Nothing that axe-core calls serious. */
  async checkAccess(view, page = this.page) {
    // Injected by the protocol of the debugger: the policy of the page allows no script of others.
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const serious = violations.filter((it) => it.impact === "serious" || it.impact === "critical");
    const told = serious.map((it) => `${it.id} at ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`);
    insist(serious.length === 0, `axe-core on ${view}: ${told.join("; ")}`);
  }

  /** The answers of this status were meant, and the browser's lines about them. */
  expectStatus(status) {
    this.faults = this.faults.filter((fault) => !fault.includes(`the server responded with a status of ${status}`));
  }

  /** The network was cut on purpose. */
  expectCut() {
    this.faults = this.faults.filter((fault) => !/net::ERR_(FAILED|INTERNET_DISCONNECTED|ABORTED)/.test(fault));
  }

  async leave() {
    await this.context.close();
    insist(this.faults.length === 0, this.faults.join("; "));
  }
}

export const password = PASSWORD;

// What the page must survive: long years, narrow and slow places, slow machines.
import { BASE, Person, insist, until } from "./browser.js";
import { run } from "./runner.js";

/** Script and style of a first visit, in bytes as they come over the line. */
const FIRST_LOAD = 140_000;
/** Until the message box takes a letter, on a machine that is four times slower, in milliseconds. */
const INTERACTIVE = 3_000;
const SLOWER = 4;

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

await run({
  async "a slow machine takes letters soon"() {
    const person = await Person.come();
    await person.signUp();
    const times = [];
    for (let visit = 0; visit < 3; visit += 1) {
      const page = await person.tab();
      const devtools = await person.context.newCDPSession(page);
      await devtools.send("Network.enable");
      await devtools.send("Network.setBypassServiceWorker", { bypass: true });
      await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      const kinds = new Map();
      let loaded = 0;
      devtools.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
      devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
        if (["Document", "Script", "Stylesheet"].includes(kinds.get(requestId))) loaded += encodedDataLength;
      });
      await page.addInitScript(() => {
        document.addEventListener("input", () => (globalThis.firstInput ??= performance.now()), true);
        const timer = setInterval(() => {
          const box = document.querySelector("#message");
          if (!box) return;
          clearInterval(timer);
          box.focus();
          document.execCommand("insertText", false, "a");
        }, 10);
      });
      await page.goto(BASE);
      await until("a letter", () => page.evaluate(() => globalThis.firstInput !== undefined), 30_000);
      times.push(Math.round(await page.evaluate(() => globalThis.firstInput)));
      insist((await person.message(page).inputValue()) === "a", "the letter is gone");
      await person.message(page).fill("");
      console.log(`    ${times.at(-1)} ms until it takes letters, ${SLOWER} times slower; ${loaded} bytes came`);
      insist(loaded > 50_000 && loaded < FIRST_LOAD, `a first visit loads ${loaded} bytes, and may ${FIRST_LOAD}`);
      await page.close();
    }
    const [, median] = times.toSorted((one, other) => one - other);
    insist(median < INTERACTIVE, `it takes ${median} ms, and may ${INTERACTIVE}`);
    await person.leave();
  },

  async "a slow network shows the shape of what comes, and takes words meanwhile"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    const devtools = await person.context.newCDPSession(page);
    await devtools.send("Network.enable");
    const slow = { offline: false, latency: 700, downloadThroughput: 50_000, uploadThroughput: 20_000 };
    await devtools.send("Network.emulateNetworkConditions", slow);
    await page.reload({ waitUntil: "commit" });
    await page.locator(".tasks .skeleton").first().waitFor({ timeout: 30_000 });
    insist((await page.locator(".chat .skeleton").count()) > 0, "nothing stands for the conversation");
    await page.getByRole("textbox", { name: "Add a task" }).fill("buy bread");
    await person.task("buy milk").waitFor({ timeout: 30_000 });
    insist((await page.getByRole("textbox", { name: "Add a task" }).inputValue()) === "buy bread", "words are gone");
    await person.answer("Added task 1: buy milk").waitFor({ timeout: 30_000 });
    await person.leave();
  },

  async "a year of conversations is listed, searched and opened"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (let day = 1; day <= 365; day += 1) {
      await person.ask("POST", "/api/me/chat", { message: `what is due on day ${day}?` });
    }
    const started = Date.now();
    await page.reload();
    const links = page.locator(".conversations li > a");
    await until("the latest", async () => (await links.count()) === 30);
    console.log(`    the latest of 365 conversations after ${Date.now() - started} ms`);
    await page.getByRole("link", { name: "what is due on day 365?" }).waitFor();
    await page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "Show more" }).click();
    await until("more", async () => (await links.count()) === 60);
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("on day 1?");
    await until("the first", async () => (await links.count()) === 1);
    await links.first().click();
    await page.locator("article.said").getByText("what is due on day 1?").waitFor();
    await person.checkAccess("a year of conversations");
    await person.leave();
  },

  async "a long conversation is loaded page by page"() {
    const person = await Person.withAccount();
    const { page } = person;
    const { conversation_id: id } = await person.ask("POST", "/api/me/chat", { message: "add task 1" });
    for (let number = 2; number <= 40; number += 1) {
      await person.ask("POST", "/api/me/chat", { message: `add task ${number}`, conversation_id: id });
    }
    await page.goto(`${BASE}/c/${id}`);
    await page.locator("article.said").getByText("add task 40", { exact: true }).waitFor();
    await until("50 messages", async () => (await page.locator("article").count()) === 50);
    await page.getByRole("button", { name: "Show earlier messages" }).click();
    await page.locator("article.said").getByText("add task 1", { exact: true }).waitFor();
    await until("80 messages", async () => (await page.locator("article").count()) === 80);
    await page.locator(".receipt").first().waitFor();
    await person.leave();
  },

  async "at 200 % everything is there"() {
    // A window of 1360 pixels in which everything is twice as large.
    const person = await Person.withAccount({ viewport: { width: 680, height: 410 }, deviceScaleFactor: 2 });
    const { page } = person;
    await person.say("add buy milk tomorrow #home");
    insist(!(await overflows(page)), "it scrolls sideways");
    await person.task("buy milk").waitFor();
    insist(await person.message().isVisible(), "no message box");
    await person.checkAccess("the page at 200 %");
    await person.openTask("buy milk");
    await page.getByRole("button", { name: "Save" }).scrollIntoViewIfNeeded();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("navigation", { name: "Todo" }).getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Settings" }).click();
    insist(!(await overflows(page)), "the settings scroll sideways");
    await person.leave();
  },

  async "320 pixels are enough"() {
    const person = await Person.withAccount({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "x".repeat(200), tags: ["one", "two", "three"] });
    await person.ask("POST", "/api/me/tasks", { title: "أكمل التقرير قبل يوم الجمعة 🎉" });
    await person.say("what do I have to do?");
    insist(!(await overflows(page)), "the chat scrolls sideways");
    await page.getByRole("navigation", { name: "Todo" }).getByRole("button", { name: "Tasks" }).click();
    await page.locator(".row").nth(1).waitFor();
    insist(!(await overflows(page)), "the list scrolls sideways");
    const short = await page.evaluate(() => {
      const targets = [...document.querySelectorAll(".row .tick, .row .title, nav.panes button, .add button")];
      return targets.filter((it) => it.getBoundingClientRect().height < 44).map((it) => it.className);
    });
    insist(short.length === 0, `too small to be hit: ${short}`);
    await page.locator(".row .title").first().click();
    insist(!(await overflows(page)), "the title scrolls sideways");
    const tools = page.locator(".title-field button, .title-field textarea");
    const small = await tools.evaluateAll((all) => all.filter((it) => it.getBoundingClientRect().height < 36).length);
    insist(small === 0, "too small to be hit");
    await page.locator(".title-field").getByRole("button", { name: "Details" }).click();
    await page.getByRole("button", { name: "Save" }).waitFor();
    insist(!(await overflows(page)), "the editor scrolls sideways");
    await person.checkAccess("a task on a narrow phone");
    await person.leave();
  },
});

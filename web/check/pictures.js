// Pictures of the page as people see it: light, dark, on a phone, and with what is hard to show.
import { mkdirSync } from "node:fs";
import { BASE, Person, browser, until } from "./browser.js";

/** Where they go, and which of them; all without names. */
const [, , directory, ...names] = process.argv;
mkdirSync(directory, { recursive: true });

const day = (distance) => new Date(Date.now() + distance * 86_400_000).toISOString().slice(0, 10);
const TASKS = [
  { title: "pay the rent", due: day(-2), priority: "high" },
  { title: "call the dentist", due: `${day(0)}T21:00:00Z` },
  { title: "book the train to Hamburg", due: day(3), tags: ["travel"] },
  { title: "present for Grace", due: day(5), tags: ["family"] },
  { title: "renew the passport", due: day(30), tags: ["travel", "paper"] },
  { title: "read the book about rivers", priority: "low" },
];
const HARD = [
  { title: "x".repeat(200) },
  { title: "أكمل التقرير قبل يوم الجمعة", due: day(1) },
  { title: "לקנות חלב ולחם", due: day(1) },
  { title: "🎉 party 👩‍👩‍👧‍👦 for everybody 🥳🥳🥳", due: day(2) },
  { title: "ten tags", tags: ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] },
];

async function add(person, tasks) {
  const operations = tasks.map((task) => ({ op: "create", ...task }));
  await person.ask("POST", "/api/me/tasks:batch", { operations });
}
async function shoot(person, name) {
  if (names.length > 0 && !names.includes(name)) return;
  await person.page.screenshot({ path: `${directory}/${name}.png` });
}

const person = await Person.withAccount({ viewport: { width: 1280, height: 760 } });
await person.ask("PATCH", "/api/auth/me", { name: "Ada" });
await shoot(person, "empty");
await add(person, TASKS);
await person.page.reload();
await person.say("add buy milk and bread tomorrow #home");
await person.say("what is due this week?");
await person.say("move the passport to next friday");
await person.page.locator(".receipt").nth(1).waitFor();
await person.page.mouse.move(600, 5);
await person.page.waitForTimeout(1_500);
await shoot(person, "light");
await person.page.emulateMedia({ colorScheme: "dark" });
await shoot(person, "dark");
await person.page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
await shoot(person, "forced-colors");
await person.page.emulateMedia({ colorScheme: "light", forcedColors: "none" });
await person.page.setViewportSize({ width: 390, height: 760 });
await shoot(person, "phone-chat");
const panes = person.page.getByRole("navigation", { name: "Todo" });
await panes.getByRole("button", { name: "Tasks" }).click();
await shoot(person, "phone");
await panes.getByRole("button", { name: "More" }).click();
await shoot(person, "phone-more");
await person.page.setViewportSize({ width: 820, height: 760 });
await shoot(person, "tablet");
await person.page.setViewportSize({ width: 1280, height: 760 });
await person.page.setViewportSize({ width: 1180, height: 760 });
await person.page.getByRole("button", { name: "Conversations" }).click();
await shoot(person, "rail");
await person.page.keyboard.press("Escape");
await person.page.setViewportSize({ width: 1280, height: 760 });
await person.page.keyboard.press("Escape");
await person.page.getByRole("button", { name: "Edit “present for Grace”" }).click();
await shoot(person, "title");
await person.page.keyboard.press("Escape");
await person.openTask("present for Grace");
await shoot(person, "editor");
await person.page.keyboard.press("Escape");
await person.page.waitForTimeout(200);
await person.page.keyboard.press("d");
await person.page.keyboard.type("in two weeks");
await person.page.locator(".quick time").waitFor();
await shoot(person, "date");
await person.page.keyboard.press("Escape");
await person.page.keyboard.press("?");
await person.page.getByRole("dialog").waitFor();
await shoot(person, "keys");
await person.page.keyboard.press("Escape");
await person.page.getByRole("button", { name: "Settings" }).click();
await person.page.getByRole("dialog").waitFor();
await shoot(person, "settings");
await person.page.keyboard.press("Escape");
await person.page.emulateMedia({ media: "print" });
await shoot(person, "print");
await person.page.emulateMedia({ media: "screen" });
await person.say("delete all tasks");
await person.page.getByRole("button", { name: "Keep them" }).waitFor();
await shoot(person, "question");
await person.leave();

const other = await Person.withAccount({ viewport: { width: 1280, height: 760 } });
await add(other, HARD);
await add(other, Array.from({ length: 45 }, (_, index) => ({ title: `task number ${index + 1}` })));
await other.page.reload();
await other.say("what do I have to do?");
await until("50 rows", async () => (await other.page.locator(".row").count()) === 50);
await other.page.waitForTimeout(500);
await shoot(other, "hard");
await other.page.setViewportSize({ width: 320, height: 640 });
await other.page.getByRole("navigation", { name: "Todo" }).getByRole("button", { name: "Tasks" }).click();
await shoot(other, "narrow");
await other.leave();

// Twice as large, in the same window.
const near = await Person.withAccount({ viewport: { width: 640, height: 380 }, deviceScaleFactor: 2 });
await add(near, TASKS);
await near.page.reload();
await near.say("what is due this week?");
await shoot(near, "zoom");
await near.leave();

// A year of conversations, 500 tasks, and a network that takes its time.
if (names.length === 0) {
  const old = await Person.withAccount({ viewport: { width: 1360, height: 820 } });
  for (let number = 1; number <= 365; number += 1) {
    await old.ask("POST", "/api/me/chat", { message: `what is due on day ${number} of the year?` });
  }
  for (let start = 0; start < 500; start += 100) {
    const tasks = Array.from({ length: 100 }, (_, index) => ({
      title: `task number ${start + index + 1}`,
      due: day((start + index) % 40),
    }));
    await add(old, tasks);
  }
  await old.page.reload();
  await old.page.locator(".conversations").getByRole("button", { name: "Show more" }).click();
  await old.page.waitForTimeout(1_000);
  await shoot(old, "year");
  await old.page.route("**/api/me/**", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  const address = await old.page.locator(".conversations li > a").first().getAttribute("href");
  await old.page.goto(`${BASE}${address}`);
  await old.page.locator(".tasks .skeleton").first().waitFor();
  await shoot(old, "slow");
  await old.page.unrouteAll({ behavior: "ignoreErrors" });
  await old.leave();
}
await browser.close();
console.log(`pictures of ${BASE} in ${directory}`);

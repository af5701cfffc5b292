// What people do while a model takes its time. The service talks to a simulated one.
import { Person, insist, until } from "./browser.js";
import { run } from "./runner.js";

/** Each piece of the answer waits so long before it comes, in milliseconds. */
const slowly = (milliseconds) => `[[simulate:text,slow=${milliseconds}]]`;
const answering = (page) => page.locator('article.answer[aria-busy="true"]');

await run({
  async "a running turn goes on after a reload"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.message().fill(`tell me something ${slowly(250)}`);
    await person.message().press("Enter");
    await answering(page).locator("p.streaming").waitFor();
    await page.reload();
    await answering(page).waitFor();
    const said = page.getByRole("status").filter({ hasText: /\w{3}/ });
    insist((await said.count()) === 0, "words are announced before the answer is whole");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.locator('article.answer[aria-busy="false"]').waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    insist((await page.locator("article").count()) === 2, "something is there twice");
    const id = page.url().split("/").at(-1);
    const chat = await person.ask("GET", `/api/me/chat/${id}`);
    const text = chat.messages.at(-1).parts.filter((part) => part.type === "text").map((part) => part.text).join("\n");
    const shown = await page.locator("article.answer > p").first().textContent();
    insist(text.length > 0 && shown === text, `stored is “${text}”, shown “${shown}”`);
    insist((await said.first().textContent()) === text, "the whole answer is not announced");
    await person.leave();
  },

  async "a running turn is stopped, and says so"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.message().fill(`tell me something ${slowly(400)}`);
    await person.message().press("Enter");
    await answering(page).locator("p.streaming").waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped.").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    const id = page.url().split("/").at(-1);
    const chat = await person.ask("GET", `/api/me/chat/${id}`);
    insist(chat.messages.at(-1).metadata.status === "cancelled", JSON.stringify(chat.messages.at(-1).metadata));
    await page.reload();
    await page.getByText("Stopped.").waitFor();
    await person.say("add buy milk");
    await person.task("buy milk").waitFor();
    await person.leave();
  },

  async "the Escape key leaves first, and then stops"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.message().fill(`tell me something ${slowly(400)}`);
    await person.message().press("Enter");
    await answering(page).locator("p.streaming").waitFor();
    await page.getByRole("searchbox", { name: "Filter tasks" }).focus();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped.").waitFor();
    await person.leave();
  },

  async "a model that fails is said to, and what was typed is sent again"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.message().fill("add buy milk [[simulate:401]]");
    await person.message().press("Enter");
    await page.locator(".problem").waitFor();
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await person.checkAccess("an answer that failed");
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/me/chat"));
    await page.getByRole("button", { name: "Retry" }).click();
    const [message] = (await sent).postDataJSON().messages;
    insist(message.parts[0].text === "add buy milk [[simulate:401]]", JSON.stringify(message));
    await page.locator(".problem").waitFor();
    insist((await page.locator("article.said").count()) === 1, "the message is gone or doubled");
    insist((await person.ask("GET", "/api/me/tasks")).length === 0, "something was added");
    await person.leave();
  },

  async "what is typed while an answer comes stays"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.message().fill(`tell me something ${slowly(100)}`);
    await person.message().press("Enter");
    await answering(page).locator("p.streaming").waitFor();
    await person.message().fill("add bread");
    await person.message().press("Enter");
    insist((await person.message().inputValue()).startsWith("add bread"), "it was sent amid an answer");
    await page.getByRole("button", { name: "Send" }).waitFor();
    await person.message().press("Enter");
    await until("bread", async () => (await person.ask("GET", "/api/me/tasks")).length === 1);
    await person.leave();
  },
});

// What an operator does with the page for operators, and that others don't get it.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { BASE, Person, hold, insist, until } from "./browser.js";
import { run } from "./runner.js";

const { CHATBOT_API, DATABASE_URL, PICTURES } = process.env;
const command = (...words) => execFileSync(CHATBOT_API, ["user", ...words], { env: { DATABASE_URL } });

/** The table of all users, with further pages of it until somebody is in it. */
async function allUsers(page, email) {
  const users = page.getByRole("region", { name: "Users" }).getByRole("table");
  const more = page.getByRole("button", { name: "Show more" });
  await until(`${email} among all users`, async () => {
    if ((await users.getByText(email).count()) > 0) return true;
    if ((await more.count()) > 0) await more.click();
    return false;
  });
  return users;
}

await run({
  async "an operator sees all users, and keeps one out"() {
    const [ada, ben] = [await Person.withAccount(), await Person.withAccount()];
    await ben.say("add buy milk");
    const { page } = ada;
    await page.goto(`${BASE}/admin`);
    await page.getByText("Only operators of this service see this.").waitFor();
    await ada.checkAccess("the operator's page for others");

    command("promote", ada.email);
    await page.goto(BASE);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("link", { name: "Users and usage of this service" }).click();
    await page.getByRole("heading", { name: "Health" }).waitFor();
    await page.getByText("Database", { exact: true }).waitFor();
    await page.getByRole("img", { name: /^Tokens by day/ }).waitFor();
    await page.getByText("No turn runs.").waitFor();
    await page.getByText("As a table").click();
    await page.getByRole("columnheader", { name: "Answers" }).waitFor();
    await ada.checkAccess("the operator's page");
    await page.getByText("As a table").click();

    const search = page.getByRole("searchbox", { name: "Number or e-mail address" });
    await search.fill("nobody");
    await search.press("Enter");
    await page.getByText("There is no such user.").waitFor();
    ada.expectStatus(422);
    await search.fill(ben.email);
    await search.press("Enter");
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: `Disable ${ben.email}` }).click();
    await page.getByRole("button", { name: `Enable ${ben.email}` }).waitFor();
    await ben.page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await ben.page.getByText("Your session has ended.").waitFor();
    ben.expectStatus(401);
    await page.getByRole("button", { name: `Enable ${ben.email}` }).click();
    await page.getByRole("button", { name: `Disable ${ben.email}` }).waitFor();
    await page.getByRole("button", { name: "All users" }).click();
    await allUsers(page, ada.email);
    await allUsers(page, ben.email);
    insist((await page.getByRole("button", { name: `Disable ${ada.email}` }).count()) === 0, "a way to keep oneself out");
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: `${PICTURES}/operator.png`, fullPage: false });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 390, height: 760 });
      await page.screenshot({ path: `${PICTURES}/operator-phone.png` });
      await page.setViewportSize({ width: 1360, height: 820 });
    }

    // Nothing is loaded anew for it: the next request is refused.
    command("demote", ada.email);
    await page.getByText("Only operators of this service see this.").first().waitFor();
    await page.goto(`${BASE}/admin`);
    await page.getByText("Only operators of this service see this.").waitFor();
    insist((await page.getByText(ben.email).count()) === 0, "somebody else's address");
    ada.expectStatus(403);
    await ada.leave();
    await ben.leave();
  },

  async "an operator of a slow service sees what was asked for last"() {
    const [ada, ben] = [await Person.withAccount(), await Person.withAccount()];
    const { page } = ada;
    command("promote", ada.email);
    let [running, most] = [0, 0];
    await page.route("**/api/admin/turns", async (route) => {
      running += 1;
      most = Math.max(most, running);
      // Longer than until it would be asked for again.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      running -= 1;
      await route.continue();
    });
    await page.goto(`${BASE}/admin`);
    const chart = page.getByRole("img", { name: /^Tokens by day/ });
    await chart.waitFor();
    await page.getByText("No turn runs.").waitFor();

    const usage = await hold(page, "**/api/admin/usage?*", "GET");
    await page.getByRole("combobox", { name: "Days" }).selectOption("Last 7 days");
    await usage.asked;
    await chart.waitFor({ state: "detached" });
    await usage.release();
    await chart.waitFor();
    insist((await chart.locator("rect").count()) === 7, "charts of other days");

    const found = await hold(page, "**/api/admin/users?q=*", "GET");
    const search = page.getByRole("searchbox", { name: "Number or e-mail address" });
    await search.fill(ben.email);
    await search.press("Enter");
    await found.asked;
    await page.getByRole("button", { name: "All users" }).click();
    const users = await allUsers(page, ada.email);
    const answered = page.waitForResponse((response) => response.url().includes("users?q="));
    await found.release();
    await (await answered).finished();
    await search.fill("nobody");
    insist(await users.getByText(ada.email).isVisible(), "an older search took the list");
    await search.press("Enter");
    await page.getByText("There is no such user.").waitFor();
    await users.waitFor({ state: "detached" });
    insist(most === 1, "it is asked again before there is an answer");
    ada.expectStatus(422);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await ada.leave();
    await ben.leave();
  },

  async "the page for operators is no part of a first visit"() {
    const person = await Person.come();
    await person.signUp();
    const loaded = [];
    person.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
    await person.page.goto(BASE);
    await person.message().waitFor();
    insist(!loaded.some((path) => /admin|settings\.js/.test(path)), loaded.join());
    await person.leave();
  },
});

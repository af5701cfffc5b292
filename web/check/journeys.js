// What people do with the page, done in a browser against a running service.
import { BASE, Person, hold, insist, password, until } from "./browser.js";
import { run } from "./runner.js";

const standsAlone = process.env.STANDS_ALONE === "true";

const journeys = {
  async "a first visit comes to its first ticked task"() {
    const person = await Person.come({ serviceWorkers: "allow" });
    const { page } = person;
    await page.goto(BASE);
    await page.getByRole("heading", { name: "A todo list you talk to" }).waitFor();
    await person.checkAccess("signing in");
    const started = Date.now();
    if (standsAlone) {
      await page.getByRole("button", { name: "Start on this machine" }).click();
    } else {
      insist((await page.getByRole("button", { name: "Start on this machine" }).count()) === 0, "a way in for all");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByLabel("Name").fill("Ada");
      await page.getByLabel("E-mail address").fill(`ada${Date.now()}@example.org`);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Create account" }).click();
    }
    await page.getByRole("button", { name: "add buy milk tomorrow" }).click();
    await person.task("buy milk").check();
    await page.locator(".row.done").waitFor();
    insist(Date.now() - started < 20_000, "more than 20 seconds");
    await page.locator(".group.done").waitFor();
    await person.leave();
  },

  async "a wrong password is said to be wrong, and the right one opens the list"() {
    const person = await Person.come({ serviceWorkers: "allow" });
    await person.signUp();
    await person.ask("POST", "/api/me/tasks", { title: "water the plants" });
    await person.context.clearCookies();
    const { page } = person;
    await page.goto(BASE);
    await page.getByLabel("E-mail address").fill(person.email);
    await page.getByLabel("Password").fill("not my password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The e-mail address or the password is wrong.").waitFor();
    insist((await page.getByLabel("E-mail address").inputValue()) === person.email, "the address is gone");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await person.task("water the plants").waitFor();
    await page.reload();
    await person.task("water the plants").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByLabel("E-mail address").waitFor();
    person.expectStatus(401);
    await person.leave();
  },

  async "what a message did is undone and done again"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk tomorrow");
    await person.task("buy milk").waitFor();
    await page.getByText("✓").waitFor();
    await person.checkAccess("the chat and the list");
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByText("Undone").waitFor();
    await person.task("buy milk").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Redo" }).click();
    await person.task("buy milk").waitFor();
    await person.leave();
  },

  async "a cut connection doubles nothing"() {
    const person = await Person.withAccount();
    const { page } = person;
    let cuts = 0;
    await page.route("**/api/me/chat", async (route) => {
      if (cuts > 0) return route.continue();
      cuts += 1;
      // The service gets the message; its answer is lost.
      await route.fetch();
      await route.abort();
    });
    await person.message().fill("add buy milk");
    await person.message().press("Enter");
    await page.getByText("Reconnecting…").waitFor();
    await person.answer("Added task 1: buy milk").waitFor();
    await page.locator(".receipt").waitFor();
    insist((await page.locator("article").count()) === 2, "a message is there twice");
    insist((await person.ask("GET", "/api/me/tasks")).length === 1, "the task is there twice");
    person.expectCut();
    await person.leave();
  },

  async "a message that gets no answer is stopped, and the next one is answered"() {
    const person = await Person.withAccount();
    const { page } = person;
    let stalled = 0;
    await page.route("**/api/me/chat", (route) => (stalled++ === 0 ? undefined : route.continue()));
    await person.message().fill("add buy milk");
    await person.message().press("Enter");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Send" }).waitFor();
    await person.message().fill("add bread");
    await person.message().press("Enter");
    await person.task("bread").waitFor();
    person.expectCut();
    await person.leave();
  },

  async "a click on Stop that comes too late sends nothing"() {
    const person = await Person.withAccount();
    const { page } = person;
    const held = await hold(page, "**/api/me/chat", "POST");
    await person.message().fill("add buy milk");
    await person.message().press("Enter");
    await held.asked;
    await person.message().fill("add bread, but only");
    await page.getByRole("button", { name: "Stop", exact: true }).hover();
    await page.mouse.down();
    await held.release();
    await person.task("buy milk").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    await page.mouse.up();
    insist((await person.message().inputValue()) === "add bread, but only", "it was sent");
    insist((await page.locator("article.said").count()) === 1, "it was sent");
    await person.leave();
  },

  async "much is deleted only after a yes, and comes back by an undo"() {
    const person = await Person.withAccount();
    const { page } = person;
    const operations = Array.from({ length: 12 }, (_, index) => ({ op: "create", title: `task ${index + 1}` }));
    await person.ask("POST", "/api/me/tasks:batch", { operations });
    await person.say("delete all tasks");
    const keep = page.getByRole("button", { name: "Keep them" });
    await keep.waitFor();
    await page.getByText("and 4 more").waitFor();
    await until("the focus on keeping them", () => keep.evaluate((it) => it === document.activeElement));
    await person.checkAccess("a question");
    await keep.click();
    await page.getByText("You said no: they stay.").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    insist((await person.ask("GET", "/api/me/tasks")).length === 12, "some are gone");
    await person.say("delete all tasks");
    // The question is there after a reload, too.
    await page.reload();
    await page.getByRole("button", { name: "Delete 12 tasks" }).click();
    await person.task("task 3").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo", exact: true }).last().click();
    await person.task("task 3").waitFor();
    insist((await page.locator("article.said").count()) === 2, "a message is there twice");
    await person.say("delete all tasks");
    await person.say("no");
    await page.getByText("This question is over.").waitFor();
    insist((await person.ask("GET", "/api/me/tasks")).length === 12, "some are gone");
    await person.leave();
  },

  async "a conversation has an address, a name, and is found and deleted"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    const address = page.url();
    insist(/\/c\/[0-9a-f-]{36}$/.test(address), address);
    await page.reload();
    await person.answer("Added task 1: buy milk").waitFor();
    await page.locator(".receipt").waitFor();
    await page.getByRole("button", { name: "New conversation" }).click();
    await person.say("add bread");
    await page.locator(".conversations summary").last().click();
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Groceries");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Groceries" }).click();
    insist(page.url() === address, page.url());
    await person.answer("Added task 1: buy milk").waitFor();
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("bread");
    await page.getByRole("link", { name: "Groceries" }).waitFor({ state: "detached" });
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("");
    await page.getByRole("link", { name: "Groceries" }).waitFor();
    page.once("dialog", (dialog) => dialog.accept());
    await page.locator(".conversations li", { hasText: "Groceries" }).locator("summary").click();
    await page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name: "Groceries" }).waitFor({ state: "detached" });
    await person.task("buy milk").waitFor();
    await person.leave();
  },

  async "a task is added in the words of the chat"() {
    const person = await Person.withAccount();
    const { page } = person;
    const box = page.getByRole("textbox", { name: "Add a task" });
    await box.fill("call mum tomorrow at 3pm #family");
    const reading = page.locator(".reading");
    await reading.getByText("Tomorrow 15:00").waitFor();
    await reading.getByText("#family").waitFor();
    await person.checkAccess("what was understood");
    await box.press("Enter");
    await person.task("call mum").waitFor();
    await box.fill("read Monday #5 by tomorrow");
    await page.getByRole("button", { name: "As written" }).click();
    await box.press("Enter");
    await person.task("read Monday #5 by tomorrow").waitFor();
    insist((await box.inputValue()) === "", "the box is not empty");
    await person.leave();
  },

  async "a task is changed where it stands"() {
    const person = await Person.withAccount();
    const { page } = person;
    await page.getByRole("textbox", { name: "Add a task" }).fill("finish the report");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await person.openTask("finish the report");
    await page.getByRole("textbox", { name: "Title" }).fill("finish the whole report");
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Date", { exact: true }).fill(tomorrow);
    await page.getByLabel("Priority").selectOption("high");
    await page.getByLabel("Tags").fill("work");
    await person.checkAccess("a task that is edited");
    await page.getByRole("button", { name: "Save" }).click();
    await person.task("finish the whole report").waitFor();
    const [task] = await person.ask("GET", "/api/me/tasks");
    insist(task.due === tomorrow && task.priority === "high" && task.tags[0] === "work", JSON.stringify(task));
    await person.leave();
  },

  async "a title is changed where it stands"() {
    const person = await Person.withAccount();
    const { page } = person;
    const only = async () => (await person.ask("GET", "/api/me/tasks"))[0];
    await person.ask("POST", "/api/me/tasks", { title: "call mum", priority: "high" });
    await page.reload();
    const title = page.getByRole("textbox", { name: "Title" });
    const open = () => page.getByRole("button", { name: "Edit “call mum”" }).click();
    const place = await page.getByRole("button", { name: "Edit “call mum”" }).boundingBox();
    await open();
    await until("the focus on the title", () => title.evaluate((it) => it === document.activeElement));
    insist(Math.abs((await title.boundingBox()).y - place.y) < 12, "it is elsewhere");
    insist((await page.getByLabel("Description").count()) === 0, "more than the title is opened");
    await person.checkAccess("a title that is changed");
    await page.keyboard.type(" and dad");
    await page.keyboard.press("Escape");
    await person.task("call mum").waitFor();
    insist((await only()).title === "call mum", "it was saved");
    await open();
    const sent = page.waitForRequest((request) => request.method() === "PATCH");
    await page.keyboard.type(" and dad");
    await page.keyboard.press("Enter");
    insist((await (await sent).headerValue("if-match")) === '"1"', "any version is written over");
    await person.task("call mum and dad").waitFor();
    insist(JSON.stringify((await sent).postDataJSON()) === '{"title":"call mum and dad"}', (await sent).postData());
    await until("the focus back", () => page.evaluate(() => document.activeElement?.closest(".row") !== null));
    await page.keyboard.press("F2");
    await title.fill("  call \n grandma ");
    // Whoever goes elsewhere has done.
    await person.message().click();
    await person.task("call grandma").waitFor();
    insist(await person.message().evaluate((it) => it === document.activeElement), "the focus is elsewhere");
    await person.task("call grandma").focus();
    await page.keyboard.press("e");
    await title.fill("");
    await page.keyboard.press("Enter");
    await page.locator(".title-field .field-error").waitFor();
    await title.fill("x".repeat(201));
    await page.keyboard.press("Enter");
    await page.locator(".title-field .field-error").waitFor();
    insist((await title.inputValue()).length === 201, "what was typed is gone");
    await page.keyboard.press("Escape");
    await person.task("call grandma").waitFor();
    await page.keyboard.press("o");
    await page.getByLabel("Description").fill("about May");
    await page.getByRole("button", { name: "Save" }).click();
    await until("all of it", async () => (await only()).description === "about May");
    person.expectStatus(422);
    await person.leave();
  },

  async "a title that somebody else has changed is shown side by side"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    const title = page.getByRole("textbox", { name: "Title" });
    await page.getByRole("button", { name: "Edit “call mum”" }).click();
    // What is changed otherwise stays, and is no reason to ask.
    await person.ask("PATCH", "/api/me/tasks/1", { priority: "high" });
    await title.fill("call grandma");
    await title.press("Enter");
    await person.task("call grandma").waitFor();
    await page.getByRole("img", { name: "high priority" }).waitFor();
    await page.getByRole("button", { name: "Edit “call grandma”" }).click();
    await person.ask("PATCH", "/api/me/tasks/1", { title: "call both" });
    await title.fill("call nobody");
    await title.press("Enter");
    await page.getByRole("cell", { name: "call both" }).waitFor();
    await page.getByRole("cell", { name: "call nobody" }).waitFor();
    await person.checkAccess("two versions of a title");
    insist((await title.inputValue()) === "call nobody", "what was typed is gone");
    await page.getByRole("button", { name: "Keep yours" }).click();
    await person.task("call nobody").waitFor();
    await page.getByRole("button", { name: "Edit “call nobody”" }).click();
    await person.ask("PATCH", "/api/me/tasks/1", { title: "call both" });
    await title.fill("call me");
    await title.press("Enter");
    await page.getByRole("button", { name: "Keep theirs" }).click();
    await person.task("call both").waitFor();
    person.expectStatus(412);
    await person.leave();
  },

  async "a change that is refused again and again is given up, and said"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    let asked = 0;
    await page.route("**/api/me/tasks/1", (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      asked += 1;
      const problem = { status: 412, code: "version_mismatch", detail: "It has changed." };
      return route.fulfill({
        status: 412,
        headers: { "Content-Type": "application/problem+json" },
        body: JSON.stringify(problem),
      });
    });
    const title = page.getByRole("textbox", { name: "Title" });
    await page.getByRole("button", { name: "Edit “call mum”" }).click();
    await title.fill("call grandma");
    await title.press("Enter");
    await page.locator(".title-field").getByText("Somebody else changed this task meanwhile.").waitFor();
    insist(asked === 5, `it was asked ${asked} times`);
    insist((await title.inputValue()) === "call grandma", "it is gone");
    person.expectStatus(412);
    await person.leave();
  },

  async "a title that could not be saved is still there"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    const title = page.getByRole("textbox", { name: "Title" });
    await page.getByRole("button", { name: "Edit “call mum”" }).click();
    await title.fill("call grandma");
    const answers = [429, 503, 0];
    await page.route("**/api/me/tasks/1", (route) => {
      const status = answers.shift();
      if (status === undefined || route.request().method() !== "PATCH") return route.continue();
      if (status === 0) return route.abort();
      const problem = { status, code: status === 429 ? "rate_limited" : "database_unavailable", detail: "Try again soon." };
      const headers = { "Content-Type": "application/problem+json", "Retry-After": "3" };
      return route.fulfill({ status, headers, body: JSON.stringify(problem) });
    });
    const field = page.locator(".title-field");
    await title.press("Enter");
    await field.getByText(/That was too fast. Try again in \d seconds?\./).waitFor();
    // Nothing is lost by going elsewhere, either.
    await person.message().click();
    await title.press("Enter");
    await field.getByText("Try again soon.").waitFor();
    await title.press("Enter");
    await field.getByText("The service can't be reached.").waitFor();
    insist((await title.inputValue()) === "call grandma", "it is gone");
    await title.press("Enter");
    await person.task("call grandma").waitFor();
    for (const status of [429, 503]) person.expectStatus(status);
    person.expectCut();
    await person.leave();
  },

  async "date, priority and tags are changed where they stand"() {
    const person = await Person.withAccount();
    const { page } = person;
    const only = async () => (await person.ask("GET", "/api/me/tasks"))[0];
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    // With the mouse from the title, where nothing stands yet.
    const tool = async (name) => {
      await page.getByRole("button", { name: "Edit “call mum”" }).click();
      await page.locator(".title-field").getByRole("button", { name, exact: true }).click();
    };
    await tool("Priority");
    await page.getByRole("group", { name: "Priority" }).getByRole("button", { name: "High" }).click();
    await page.getByRole("img", { name: "high priority" }).waitFor();
    await tool("Date");
    await page.getByRole("textbox", { name: "Date in words" }).fill("tomorrow");
    await page.keyboard.press("Enter");
    await page.locator(".row time").waitFor();
    await tool("Tags");
    await page.getByRole("textbox", { name: "Tags" }).fill("family");
    await page.keyboard.press("Enter");
    await page.locator(".row").getByText("#family").waitFor();
    // What stands there is pressed itself.
    await page.getByRole("img", { name: "high priority" }).click();
    const priorities = page.getByRole("group", { name: "Priority" });
    await person.checkAccess("a priority that is changed");
    await person.ask("PATCH", "/api/me/tasks/1", { priority: "medium" });
    await priorities.getByRole("button", { name: "Low" }).click();
    await page.getByRole("cell", { name: "Medium" }).waitFor();
    await page.getByRole("button", { name: "Keep yours" }).click();
    await page.getByRole("img", { name: "low priority" }).waitFor();
    await page.locator(".row").getByText("#family").click();
    await page.getByRole("textbox", { name: "Tags" }).fill("home");
    await page.keyboard.press("Enter");
    await page.locator(".row").getByText("#home").waitFor();
    const task = await only();
    insist(task.priority === "low" && task.tags.join() === "home" && task.due !== null, JSON.stringify(task));
    person.expectStatus(412);
    await person.leave();
  },

  async "a small field keeps its words when its task moves"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["call mum", "water the plants"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    await person.task("call mum").focus();
    await page.keyboard.press("t");
    const tags = page.getByRole("textbox", { name: "Tags" });
    await tags.fill("family");
    const look = () => page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await person.ask("PATCH", "/api/me/tasks/1", { due: "2020-01-01" });
    await look();
    await page.getByRole("region", { name: "Overdue" }).getByText("call mum").waitFor();
    insist((await tags.inputValue()) === "family", "it is gone");
    await until("the focus in it", () => tags.evaluate((it) => it === document.activeElement));
    // Another field does not take it away, nor that the task is done elsewhere.
    await person.task("water the plants").focus();
    await page.keyboard.press("d");
    await page.getByRole("textbox", { name: "Date in words" }).waitFor();
    await person.ask("POST", "/api/me/tasks/1/complete");
    await look();
    await page.locator(".group.done").waitFor();
    insist((await tags.inputValue()) === "family", "it is gone");
    await tags.press("Enter");
    await until("the tag", async () => (await person.ask("GET", "/api/me/tasks/1")).tags.join() === "family");
    await tags.waitFor({ state: "detached" });
    person.expectStatus(412);
    await person.leave();
  },

  async "a part of the page that can't be loaded is said to be, and asked for again"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.route(/assets\/(edit|settings)\.js/, (route) => route.abort());
    await page.reload();
    await person.message().fill("add bread");
    await person.task("call mum").focus();
    await page.keyboard.press("d");
    await page.getByText("A part of the page could not be loaded.").waitFor();
    await person.checkAccess("a part that is missing");
    await page.getByRole("button", { name: "Settings" }).click();
    await until("both", async () => (await page.getByText("A part of the page could not be loaded.").count()) === 2);
    await page.unrouteAll();
    await page.getByRole("button", { name: "Retry" }).first().click();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("dialog", { name: "Settings" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: "Date in words" }).waitFor();
    person.expectCut();
    await person.leave();
  },

  async "a tab that is older than the service says so, and is loaded anew"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await person.message().fill("add bread");
    // What another version shares between its files has another name.
    const newer = 'import { ofAnotherVersion } from "./app.js"; export const TaskEditor = ofAnotherVersion;';
    await page.route("**/assets/edit.js", (route) => route.fulfill({ contentType: "text/javascript", body: newer }));
    await person.task("call mum").focus();
    await page.keyboard.press("o");
    await page.getByText("This service has a newer page than this tab.").waitFor();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Load anew" }).click();
    await person.task("call mum").waitFor();
    insist((await person.message().inputValue()) === "add bread", "the message is gone");
    await person.task("call mum").focus();
    await page.keyboard.press("o");
    await page.getByLabel("Description").waitFor();
    await person.leave();
  },

  async "a task is dragged to another day"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await page.locator(".row", { hasText: "call mum" }).hover();
    await page.mouse.down();
    await page.mouse.move(1000, 300, { steps: 3 });
    const tomorrow = page.locator(".days").getByText("Tomorrow");
    await tomorrow.hover();
    await page.mouse.up();
    await page.getByRole("region", { name: "This week" }).getByText("call mum").waitFor();
    const [task] = await person.ask("GET", "/api/me/tasks");
    const berlin = new Date(Date.now() + 86_400_000).toLocaleDateString("en-CA", { timeZone: "Europe/Berlin" });
    insist(task.due === berlin, task.due);
    await person.leave();
  },

  async "two versions of a task are shown side by side"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await person.openTask("call mum");
    await person.ask("PATCH", "/api/me/tasks/1", { title: "call mum and dad" });
    await page.getByRole("textbox", { name: "Title" }).fill("call grandma");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("cell", { name: "call mum and dad" }).waitFor();
    await page.getByRole("cell", { name: "call grandma" }).waitFor();
    await page.getByRole("button", { name: "Keep yours" }).click();
    await person.task("call grandma").waitFor();
    person.expectStatus(412);
    await person.leave();
  },

  async "two tabs show the same list"() {
    const person = await Person.withAccount({ serviceWorkers: "allow" });
    const other = await person.tab();
    await other.goto(BASE);
    await person.message(other).waitFor();
    await person.say("add buy milk");
    await until("the task in the other tab", () => person.task("buy milk", other).isVisible(), 2_000);
    await person.leave();
  },

  async "two people see nothing of each other"() {
    const [one, other] = [await Person.withAccount(), await Person.withAccount()];
    await one.say("add a secret of one");
    await other.page.goto(one.page.url());
    await other.page.getByText("This conversation is not there.").waitFor();
    insist((await other.task("a secret of one").count()) === 0, "a task of another");
    other.expectStatus(404);
    await one.leave();
    await other.leave();
  },

  async "500 tasks are listed, filtered and ticked"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (let start = 0; start < 500; start += 100) {
      const operations = Array.from({ length: 100 }, (_, index) => ({
        op: "create",
        title: `task number ${start + index + 1}`,
        due: index % 3 === 0 ? "2030-01-01" : undefined,
      }));
      await person.ask("POST", "/api/me/tasks:batch", { operations });
    }
    const started = Date.now();
    await page.reload();
    await until("500 rows", async () => (await page.locator(".row").count()) === 500, 20_000);
    console.log(`    500 tasks after ${Date.now() - started} ms`);
    await page.getByRole("searchbox", { name: "Filter tasks" }).fill("number 499");
    await until("one row", async () => (await page.locator(".row").count()) === 1);
    await person.task("task number 499").check();
    await page.locator(".row.done").waitFor();
    await person.leave();
  },

  async "on a phone there is one pane at a time"() {
    const person = await Person.withAccount({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const { page } = person;
    const panes = page.getByRole("navigation", { name: "Todo" });
    await person.say("add buy milk");
    await person.checkAccess("the chat on a phone");
    insist(!(await person.task("buy milk").isVisible()), "two panes at once");
    await panes.getByRole("button", { name: "Tasks" }).click();
    await person.task("buy milk").check();
    await person.checkAccess("the list on a phone");
    await panes.getByRole("button", { name: "More" }).click();
    await page.getByRole("link", { name: "add buy milk" }).click();
    await person.answer("Added task 1: buy milk").waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    insist(!overflow, "it scrolls sideways");
    await person.leave();
  },

  async "texts are texts and no HTML"() {
    const person = await Person.withAccount();
    const { page } = person;
    const html = '<img src=x onerror="document.title=1"> <b>bold</b>';
    await person.ask("POST", "/api/me/tasks", { title: html, description: html, due: "2020-01-01" });
    await person.ask("PATCH", "/api/auth/me", { name: html });
    const { conversation_id: id } = await person.ask("POST", "/api/me/chat", { message: `add ${html}` });
    await person.ask("PATCH", `/api/me/conversations/${id}`, { title: html });
    await page.goto(`${BASE}/c/${id}`);
    await person.task(html).first().waitFor();
    await page.getByRole("link", { name: html }).waitFor();
    await page.locator(".account").getByText(html).waitFor();
    await page.locator(".receipt").waitFor();
    await person.say("delete all tasks");
    await person.say("what do I have to do?");
    await page.locator(".row .title").first().click();
    await page.getByRole("button", { name: "Details" }).last().click();
    await page.getByRole("textbox", { name: "Description" }).waitFor();
    insist((await page.locator("#root :is(b, img)").count()) === 0, "it became HTML");
    insist((await page.title()) === "Todo", "a script ran");
    await person.leave();
  },

  async "what is typed stays while the service is away"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.context.setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await page.getByRole("textbox", { name: "Add a task" }).fill("buy milk");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("The service can't be reached.").first().waitFor();
    insist((await page.getByRole("textbox", { name: "Add a task" }).inputValue()) === "buy milk", "it is gone");
    await person.context.setOffline(false);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await person.task("buy milk").waitFor();
    person.expectCut();
    await person.leave();
  },

  async "the keyboard is enough"() {
    const person = await Person.withAccount();
    const { page } = person;
    const press = (key) => page.keyboard.press(key);
    await press("n");
    await page.keyboard.type("buy milk");
    await press("Enter");
    await person.task("buy milk").waitFor();
    await page.keyboard.type("buy bread");
    await press("Enter");
    await person.task("buy bread").waitFor();
    await press("Escape");
    await press("j");
    await press("x");
    await press("j");
    await press("x");
    await page.getByText("2 selected").waitFor();
    await press("k");
    await press("x");
    await press("x");
    await press("e");
    await page.getByRole("textbox", { name: "Title" }).fill("buy oat milk");
    await press("Enter");
    await person.task("buy oat milk").waitFor();
    await press("Space");
    await press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await person.checkAccess("the keys");
    await press("Escape");
    await press("c");
    await page.keyboard.type("add call mum");
    await press("Enter");
    await person.task("call mum").waitFor();
    await press("Escape");
    await page.locator(".receipt [data-undo]").waitFor();
    await press("z");
    await person.task("call mum").waitFor({ state: "detached" });
    await press("/");
    await page.keyboard.type("bread");
    await person.task("buy oat milk").waitFor({ state: "detached" });
    await person.leave();
  },

  async "keys change the task under the focus"() {
    const person = await Person.withAccount();
    const { page } = person;
    const press = (key) => page.keyboard.press(key);
    const only = async () => (await person.ask("GET", "/api/me/tasks"))[0];
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await person.task("call mum").waitFor();
    await press("g");
    await press("t");
    const isFocused = () => person.task("call mum").evaluate((it) => it === document.activeElement);
    await until("the focus on the task", isFocused);
    await press("1");
    await until("high priority", async () => (await only()).priority === "high");
    await page.getByRole("img", { name: "high priority" }).waitFor();
    await until("the focus on the task", isFocused);
    await press("3");
    await until("low priority", async () => (await only()).priority === "low");
    await until("the focus on the task", isFocused);
    await press("d");
    const date = page.getByRole("textbox", { name: "Date in words" });
    await date.fill("not a date at all");
    await press("Enter");
    await page.getByText("Not understood as a date.").waitFor();
    await person.checkAccess("a date in words");
    await date.fill("tomorrow 3pm");
    await page.locator(".quick").getByText("Tomorrow 15:00").waitFor();
    await press("Enter");
    await page.getByRole("region", { name: "This week" }).getByText("Tomorrow 15:00").waitFor();
    await until("the focus on the task", isFocused);
    await press("d");
    await date.fill("no date");
    await press("Enter");
    await page.getByRole("region", { name: "No date" }).waitFor();
    insist((await only()).due === null, "the date is still there");
    await until("the focus on the task", isFocused);
    await press("t");
    await page.getByRole("textbox", { name: "Tags" }).fill("#family home");
    await press("Enter");
    await page.locator(".row").getByText("#family").waitFor();
    insist((await only()).tags.join() === "family,home", JSON.stringify(await only()));
    await until("the focus on the task", isFocused);
    await press("t");
    await press("Escape");
    await until("the focus on the task", isFocused);
    await press("Space");
    await page.locator(".row.done").waitFor();
    await press("z");
    await until("it is open again", async () => (await only()).status === "pending");
    await press("g");
    await press("c");
    await until("the focus on the message", () => person.message().evaluate((it) => it === document.activeElement));
    await person.leave();
  },

  async "z takes back the latest turn, whatever was shown last"() {
    const person = await Person.withAccount();
    const { page } = person;
    const { conversation_id: id } = await person.ask("POST", "/api/me/chat", { message: "add errand 1" });
    for (let number = 2; number <= 30; number += 1) {
      await person.ask("POST", "/api/me/chat", { message: `add errand ${number}`, conversation_id: id });
    }
    await page.goto(`${BASE}/c/${id}`);
    await until("the later receipts", async () => (await page.locator(".receipt").count()) === 25);
    await page.getByRole("button", { name: "Show earlier messages" }).click();
    await until("all receipts", async () => (await page.locator(".receipt").count()) === 30);
    await page.keyboard.press("Escape");
    await page.keyboard.press("z");
    await page.getByText("Undone").waitFor();
    const tasks = (await person.ask("GET", "/api/me/tasks?limit=100")).map((task) => task.title);
    const expected = Array.from({ length: 29 }, (_, index) => `errand ${index + 1}`);
    insist(expected.every((title) => tasks.includes(title)) && tasks.length === 29, tasks.join());
    await person.leave();
  },

  async "z takes back what was done in the list"() {
    const person = await Person.withAccount();
    const { page } = person;
    const due = "2031-05-04T13:00:00Z";
    await person.ask("POST", "/api/me/tasks", { title: "call mum", description: "about May", due, tags: ["family"] });
    await person.ask("POST", "/api/me/tasks", { title: "water the plants" });
    await page.reload();
    const facts = async () => {
      const tasks = await person.ask("GET", "/api/me/tasks");
      return JSON.stringify(tasks.map(({ title, description, priority, due, tags }) => [title, description, priority, due, tags]).sort());
    };
    const before = await facts();
    const back = async (what) => {
      // Once the change is drawn, the way back is there.
      await page.locator(".tasks > [data-undo]").waitFor({ state: "attached" });
      insist((await facts()) !== before, `${what} changed nothing`);
      await page.keyboard.press("z");
      await until(`${what} is taken back`, async () => (await facts()) === before);
      await page.locator(".tasks > [data-undo]").waitFor({ state: "detached" });
      await person.task("call mum").waitFor();
    };
    await person.task("call mum").focus();
    await page.keyboard.press("1");
    await page.getByRole("img", { name: "high priority" }).waitFor();
    await back("a priority");
    await person.task("call mum").focus();
    await page.keyboard.press("d");
    await page.getByRole("textbox", { name: "Date in words" }).fill("no date");
    await page.keyboard.press("Enter");
    await page.getByText("4 May 2031").waitFor({ state: "detached" });
    await back("a date");
    await person.openTask("call mum");
    await page.getByRole("textbox", { name: "Title" }).fill("call dad");
    await page.keyboard.press("Enter");
    await person.task("call dad").waitFor();
    await back("an edit");
    await person.openTask("call mum");
    await page.getByRole("form").getByRole("button", { name: "Delete" }).click();
    await person.task("call mum").waitFor({ state: "detached" });
    await back("a deletion");
    for (const title of ["call mum", "water the plants"]) await person.task(title).click({ modifiers: ["Shift"] });
    await page.getByRole("toolbar").getByRole("button", { name: "Done" }).click();
    await page.locator(".group.done").waitFor();
    await page.keyboard.press("z");
    await until("both are open again", async () => (await page.locator(".row:not(.done)").count()) === 2);
    await person.leave();
  },

  async "whoever goes elsewhere during a change stays there"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    const held = await hold(page, "**/tasks:batch", "POST");
    await person.task("call mum").focus();
    await page.keyboard.press("1");
    await page.keyboard.press("c");
    await page.keyboard.type("add ");
    await held.release();
    await page.getByRole("img", { name: "high priority" }).waitFor();
    await page.keyboard.type("an exit", { delay: 30 });
    const said = await person.message().inputValue();
    insist(said === "add an exit", `the letters went elsewhere: “${said}”`);
    await person.leave();
  },

  async "two keys in a row both count, and other tasks stay selected"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["one", "two"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    await person.task("two").click({ modifiers: ["Shift"] });
    await person.task("one").focus();
    const held = await hold(page, "**/api/me/tasks?*", "GET");
    await page.keyboard.press("1");
    await page.keyboard.press("3");
    await until("low priority", async () => (await person.ask("GET", "/api/me/tasks/1")).priority === "low");
    await held.release();
    await page.getByRole("img", { name: "low priority" }).waitFor();
    insist((await page.locator(".problem").count()) === 0, "something went wrong");
    await page.getByText("1 selected").waitFor();
    await person.leave();
  },

  async "words that mean no date are said to, and a date by hand counts more"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await person.openTask("call mum");
    const words = page.getByLabel("Date in words");
    await words.fill("not a date at all");
    await words.press("Enter");
    await page.getByText("Not understood as a date.").waitFor();
    await person.checkAccess("words that mean no date");
    insist((await words.inputValue()) === "not a date at all", "the words are gone");
    await words.fill("in two weeks");
    await until("the date", async () => (await page.getByLabel("Date", { exact: true }).inputValue()) !== "");
    await page.getByLabel("Date", { exact: true }).fill("2031-05-04");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("4 May 2031").waitFor();
    await person.leave();
  },

  async "two tasks are edited at the same time"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["one", "two", "three"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    const editor = (title) => page.getByRole("form", { name: `Edit “${title}”` });
    const titleOf = (title) => editor(title).getByRole("textbox", { name: "Title" });
    const open = (title) => person.openTask(title);
    await open("three");
    await open("one");
    // Nothing was changed in it.
    await editor("three").waitFor({ state: "detached" });
    await titleOf("one").fill("one more");
    const held = await hold(page, "**/api/me/tasks/1", "PATCH");
    await titleOf("one").press("Enter");
    await open("two");
    await titleOf("two").fill("two more");
    await held.release();
    await person.task("one more").waitFor();
    await editor("one").waitFor({ state: "detached" });
    insist((await titleOf("two").inputValue()) === "two more", "it is gone");
    await page.keyboard.type("!");
    insist((await titleOf("two").inputValue()) === "two more!", "the focus is elsewhere");
    await titleOf("two").press("Enter");
    await person.task("two more!").waitFor();
    await person.leave();
  },

  async "what is edited stays when the list changes"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["one", "two"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    await person.openTask("one");
    const title = page.getByRole("textbox", { name: "Title" });
    await title.fill("one more");
    await page.getByRole("combobox", { name: "Sort" }).selectOption("Newest first");
    await page.getByRole("region", { name: "Open" }).waitFor();
    insist((await title.inputValue()) === "one more", "a new order took it");
    await page.getByRole("searchbox", { name: "Filter tasks" }).fill("two");
    await until("the filter", async () => (await page.locator(".group .count").textContent()) === "2");
    insist((await title.inputValue()) === "one more", "a filter took it");
    await title.focus();
    await person.ask("PATCH", "/api/me/tasks/1", { due: "2020-01-01" });
    await page.getByRole("searchbox", { name: "Filter tasks" }).fill("");
    await page.getByRole("combobox", { name: "Sort" }).selectOption("By date");
    await page.getByRole("region", { name: "No date" }).waitFor();
    await title.press("Enter");
    // It was changed elsewhere: nothing is overwritten unasked.
    await page.getByRole("cell", { name: "2020-01-01" }).waitFor();
    await page.getByRole("button", { name: "Keep yours" }).click();
    await person.task("one more").waitFor();
    person.expectStatus(412);
    await person.leave();
  },

  async "tags that could not be saved are still there"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["one", "two"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    for (const title of ["one", "two"]) await person.task(title).click({ modifiers: ["Shift"] });
    let refused = 0;
    await page.route("**/tasks:batch", (route) => {
      if (refused > 0) return route.continue();
      refused += 1;
      const problem = { status: 503, code: "database_unavailable", detail: "Try again soon." };
      return route.fulfill({ status: 503, headers: { "Content-Type": "application/problem+json" }, body: JSON.stringify(problem) });
    });
    await page.getByRole("toolbar").getByRole("button", { name: "Tag", exact: true }).click();
    const tags = page.getByRole("textbox", { name: "Tags" });
    await tags.fill("spring");
    await tags.press("Enter");
    await page.locator(".quick").getByText("Try again soon.").waitFor();
    insist((await tags.inputValue()) === "spring", "it is gone");
    await tags.press("Enter");
    await page.getByText("2 selected").waitFor({ state: "detached" });
    await until("both tagged", async () => (await page.locator(".row").getByText("#spring").count()) === 2);
    person.expectStatus(503);
    await person.leave();
  },

  async "a task is added once, and what is typed meanwhile stays"() {
    const person = await Person.withAccount();
    const { page } = person;
    const box = page.getByRole("textbox", { name: "Add a task" });
    const held = await hold(page, "**/tasks:batch", "POST");
    await box.fill("buy milk");
    await box.press("Enter");
    await held.asked;
    await box.press("Enter");
    await box.fill("buy bread");
    await held.release();
    await person.task("buy milk").waitFor();
    insist((await box.inputValue()) === "buy bread", "what was typed is gone");
    await box.press("Enter");
    await person.task("buy bread").waitFor();
    const titles = (await person.ask("GET", "/api/me/tasks")).map((task) => task.title).sort();
    insist(titles.join() === "buy bread,buy milk", titles.join());
    await person.leave();
  },

  async "the list is sorted as one likes, and stays so"() {
    const person = await Person.withAccount();
    const { page } = person;
    const titles = () => page.locator(".row .title").allTextContents();
    const today = new Date().toISOString().slice(0, 10);
    await person.ask("POST", "/api/me/tasks", { title: "first", priority: "low", due: today });
    await person.ask("POST", "/api/me/tasks", { title: "second", priority: "high" });
    await person.ask("POST", "/api/me/tasks", { title: "third" });
    await page.reload();
    await until("by date", async () => (await titles()).join() === "first,second,third");
    const sort = page.getByRole("combobox", { name: "Sort" });
    await sort.selectOption("By priority");
    await until("by priority", async () => (await titles()).join() === "second,third,first");
    await sort.selectOption("Newest first");
    await until("the newest first", async () => (await titles()).join() === "third,second,first");
    await person.ask("PATCH", "/api/me/tasks/1", { description: "changed" });
    await sort.selectOption("Last changed");
    await until("the last changed first", async () => (await titles()).join() === "first,third,second");
    await page.reload();
    await until("as before", async () => (await titles()).join() === "first,third,second");
    await person.checkAccess("a list that is sorted otherwise");
    await person.leave();
  },

  async "panes keep the widths that somebody gave them"() {
    const person = await Person.withAccount();
    const { page } = person;
    const width = (selector) => page.locator(selector).evaluate((it) => it.offsetWidth);
    const before = { list: await width(".tasks"), side: await width(".side") };
    const edge = await page.getByRole("separator", { name: "Width of the tasks" }).boundingBox();
    await page.mouse.move(edge.x + edge.width / 2, 400);
    await page.mouse.down();
    await page.mouse.move(edge.x - 100, 400, { steps: 4 });
    await page.mouse.up();
    const wider = await width(".tasks");
    insist(wider > before.list + 80, `${before.list} became ${wider}`);
    await page.getByRole("separator", { name: "Width of the conversations" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await until("a wider side", async () => (await width(".side")) === before.side + 32);
    await page.reload();
    await person.message().waitFor();
    insist((await width(".tasks")) === wider, "the list forgot its width");
    insist((await width(".side")) === before.side + 32, "the side forgot its width");
    await page.getByRole("separator", { name: "Width of the tasks" }).dblclick();
    await until("the usual width", async () => (await width(".tasks")) === before.list);
    const side = page.getByRole("separator", { name: "Width of the conversations" });
    await until("the width is told", async () => Number(await side.getAttribute("aria-valuenow")) === before.side + 32);
    await side.press("Enter");
    await until("the usual width", async () => (await width(".side")) === before.side);
    await until("the width is told", async () => Number(await side.getAttribute("aria-valuenow")) === before.side);
    await person.leave();
  },

  async "in a narrower window the conversations are one click away"() {
    const person = await Person.withAccount({ viewport: { width: 1180, height: 760 } });
    const { page } = person;
    await person.say("add buy milk");
    const link = page.getByRole("link", { name: "add buy milk" });
    insist(!(await link.isVisible()), "the conversations take room");
    const toggle = page.getByRole("button", { name: "Conversations" });
    await toggle.click();
    await link.waitFor();
    await person.checkAccess("the conversations as a drawer");
    await page.keyboard.press("Escape");
    await link.waitFor({ state: "hidden" });
    await until("the focus back", () => toggle.evaluate((it) => it === document.activeElement));
    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByText("What is there to do?").waitFor();
    await toggle.click();
    await link.click();
    await person.answer("Added task 1: buy milk").waitFor();
    await link.waitFor({ state: "hidden" });
    await person.leave();
  },

  async "a date in words is shown before it is saved"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.ask("POST", "/api/me/tasks", { title: "call mum" });
    await page.reload();
    await person.openTask("call mum");
    await page.getByLabel("Date in words").fill("in two weeks");
    const expected = new Date(Date.now() + 14 * 86_400_000).toLocaleDateString("en-CA", { timeZone: "Europe/Berlin" });
    await until("the date", async () => (await page.getByLabel("Date", { exact: true }).inputValue()) === expected);
    // Whoever is quicker than the reading gets the same.
    await page.getByLabel("Date in words").fill("tomorrow at 15:00");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "This week" }).getByText("Tomorrow 15:00").waitFor();
    await person.leave();
  },

  async "many tasks are tagged at once"() {
    const person = await Person.withAccount();
    const { page } = person;
    const operations = Array.from({ length: 100 }, (_, index) => ({ op: "create", title: `task ${index + 1}` }));
    await person.ask("POST", "/api/me/tasks:batch", { operations });
    await person.ask("POST", "/api/me/tasks:batch", { operations: operations.slice(0, 20) });
    await page.reload();
    await until("120 rows", async () => (await page.locator(".row").count()) === 120);
    await page.evaluate(() => {
      for (const box of document.querySelectorAll(".row input")) {
        box.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true, cancelable: true }));
      }
    });
    await page.getByText("120 selected").waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Tag", exact: true }).click();
    await page.getByRole("textbox", { name: "Tags" }).fill("spring");
    await page.keyboard.press("Enter");
    await page.getByText("120 selected").waitFor({ state: "detached" });
    await until("all tagged", async () => {
      const [tag] = await person.ask("GET", "/api/me/tags");
      return tag?.tag === "spring" && tag.pending === 120;
    });
    await person.leave();
  },

  async "several tasks are moved and deleted at once"() {
    const person = await Person.withAccount();
    const { page } = person;
    for (const title of ["one", "two", "three"]) await person.ask("POST", "/api/me/tasks", { title });
    await page.reload();
    await person.task("one").click({ modifiers: ["Shift"] });
    await person.task("two").click({ modifiers: ["Shift"] });
    await page.getByRole("button", { name: "Tomorrow", exact: true }).click();
    await page.getByRole("region", { name: "This week" }).getByText("two").waitFor();
    await person.task("three").click({ modifiers: ["Shift"] });
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await person.task("three").waitFor({ state: "detached" });
    insist((await person.ask("GET", "/api/me/tasks")).length === 2, "more is gone");
    await person.leave();
  },

  async "settings are kept"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    await page.getByRole("button", { name: "Settings" }).click();
    await person.checkAccess("the settings");
    await page.getByLabel("Name").fill("Ada Lovelace");
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export everything" }).click();
    insist((await download).suggestedFilename() === "todo.jsonl", "another name");
    await page.getByLabel("Theme").selectOption("dark");
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    insist((await background()) === "rgb(21, 23, 26)", await background());
    await page.reload();
    insist((await background()) === "rgb(21, 23, 26)", await background());
    await page.getByText("Ada Lovelace").waitFor();
    await person.checkAccess("the dark page");
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("Delete account").first().click();
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByLabel("E-mail address").waitFor();
    await person.leave();
  },

  async "the page speaks German"() {
    const person = await Person.come({ locale: "de-DE" });
    await person.signUp();
    await person.page.goto(BASE);
    await person.page.getByRole("textbox", { name: "Nachricht" }).waitFor();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await person.ask("POST", "/api/me/tasks", { title: "Milch kaufen", due: tomorrow });
    await person.page.reload();
    await person.page.getByRole("region", { name: "Diese Woche" }).getByText("Morgen").waitFor();
    insist((await person.page.locator("html").getAttribute("lang")) === "de", "another language");
    await person.leave();
  },

  async "an answer that comes late changes nothing of the conversation that is shown"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    const held = await hold(page, "**/api/me/chat", "POST");
    await person.message().fill("add bread");
    await person.message().press("Enter");
    await held.asked;
    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByText("What is there to do?").waitFor();
    await held.release();
    await person.task("bread").waitFor();
    insist(new URL(page.url()).pathname === "/", page.url());
    await person.message().fill("add tea");
    await page.goBack();
    await person.answer("Added task 2: bread").waitFor();
    await page.goForward();
    insist((await person.message().inputValue()) === "add tea", "what was typed is gone");
    await person.leave();
  },

  async "who signs out in one tab is out in the others, and nothing of theirs is there for the next"() {
    const [one, other] = [await Person.withAccount(), await Person.come()];
    await other.signUp();
    const tab = await one.tab();
    await tab.goto(BASE);
    await one.page.getByRole("textbox", { name: "Add a task" }).fill("a secret of one");
    await tab.getByRole("button", { name: "Settings" }).click();
    await tab.getByRole("button", { name: "Sign out", exact: true }).click();
    await one.page.getByText("Your session has ended.").waitFor({ timeout: 2_000 });
    insist(!(await one.message().isVisible()), "the list is shown to whoever comes by");
    await tab.getByLabel("E-mail address").fill(other.email);
    await tab.getByLabel("Password").fill(password);
    await tab.getByRole("button", { name: "Sign in" }).click();
    await one.message(tab).waitFor();
    const { name } = await other.ask("GET", "/api/auth/me");
    await one.page.locator(".account").getByText(name, { exact: true }).waitFor();
    insist((await one.page.getByRole("textbox", { name: "Add a task" }).inputValue()) === "", "the words of another");
    insist((await other.ask("GET", "/api/me/tasks")).length === 0, "it is on the list of the other");
    one.expectStatus(401);
    await one.leave();
    await other.leave();
  },

  async "a browser that remembers nothing is enough"() {
    const person = await Person.come({ serviceWorkers: "block" });
    await person.page.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException("denied", "SecurityError");
          },
        });
      }
    });
    await person.signUp();
    const { page } = person;
    await page.goto(BASE);
    await person.say("add buy milk");
    await page.getByRole("combobox", { name: "Sort" }).selectOption("By priority");
    await page.getByRole("separator", { name: "Width of the tasks" }).press("ArrowLeft");
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("Theme").selectOption("dark");
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    insist(background === "rgb(21, 23, 26)", background);
    await page.getByLabel("Language").selectOption("");
    await person.task("buy milk").waitFor();
    await person.leave();
  },

  async "two clicks undo once"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    let undone = 0;
    page.on("request", (request) => (undone += request.url().endsWith("/undo") ? 1 : 0));
    await page.getByRole("button", { name: "Undo", exact: true }).dblclick();
    await page.getByText("Undone").waitFor();
    insist(undone === 1, `${undone} requests`);
    insist((await page.locator(".problem").count()) === 0, "something went wrong");
    await person.leave();
  },

  async "a clock that is set back keeps nobody waiting"() {
    const person = await Person.withAccount();
    const { page } = person;
    let refused = 0;
    await page.route("**/api/me/chat", (route) => {
      if (refused > 0) return route.continue();
      refused += 1;
      const problem = { status: 429, code: "chat_rate_limited", detail: "Too fast." };
      const headers = { "Retry-After": "2", "Content-Type": "application/problem+json" };
      return route.fulfill({ status: 429, headers, body: JSON.stringify(problem) });
    });
    await person.message().fill("add buy milk");
    await person.message().press("Enter");
    await page.getByText("Too many messages in a minute.").waitFor();
    await page.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() - 3_600_000;
    });
    await page.getByRole("button", { name: "Retry" }).click({ timeout: 8_000 });
    await person.answer("Added task 1: buy milk").waitFor();
    person.expectStatus(429);
    await person.leave();
  },

  async "the page says in German what is wrong with a field"() {
    const person = await Person.come({ locale: "de-DE" });
    const { page } = person;
    await page.goto(BASE);
    await page.getByRole("button", { name: "Konto anlegen" }).click();
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("E-Mail-Adresse").fill(`ada${Date.now()}@example.org`);
    await page.getByLabel("Passwort").fill("kurz");
    await page.getByRole("button", { name: "Konto anlegen" }).click();
    await page.getByText("braucht mindestens 8 Zeichen").waitFor();
    insist((await page.getByLabel("Name").inputValue()) === "Ada", "what was typed is gone");
    person.expectStatus(422);
    await person.leave();
  },

  async "a limit is counted down, and the message is sent once it is over"() {
    const person = await Person.withAccount();
    const { page } = person;
    let refused = 0;
    await page.route("**/api/me/chat", (route) => {
      if (refused > 0) return route.continue();
      refused += 1;
      const problem = { status: 429, code: "chat_rate_limited", detail: "Too fast.", request_id: "r1" };
      const headers = { "Retry-After": "2", "Content-Type": "application/problem+json" };
      return route.fulfill({ status: 429, headers, body: JSON.stringify(problem) });
    });
    await person.message().fill("add buy milk");
    await person.message().press("Enter");
    await page.getByText(/Try again in \d seconds?\./).waitFor();
    await page.getByRole("button", { name: "Retry" }).click();
    await person.answer("Added task 1: buy milk").waitFor();
    insist((await page.locator("article.said").count()) === 1, "it is there twice");
    person.expectStatus(429);
    await person.leave();
  },

  async "a session that ends loses nothing that was typed"() {
    const person = await Person.withAccount();
    const { page } = person;
    await person.say("add buy milk");
    await person.message().fill("add bread and butter");
    await page.getByRole("textbox", { name: "Add a task" }).fill("buy tea");
    await person.openTask("buy milk");
    await page.getByRole("textbox", { name: "Title" }).fill("buy oat milk");
    await person.ask("POST", "/api/auth/signout-all");
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.getByText("Your session has ended.").waitFor();
    insist(!(await page.getByText("buy milk").first().isVisible()), "the list is shown to whoever comes by");
    await page.getByLabel("E-mail address").fill(person.email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await person.answer("Added task 1: buy milk").waitFor();
    insist((await person.message().inputValue()) === "add bread and butter", "it is gone");
    insist((await page.getByRole("textbox", { name: "Add a task" }).inputValue()) === "buy tea", "it is gone");
    await page.getByRole("button", { name: "Save" }).click();
    await person.task("buy oat milk").waitFor();
    person.expectStatus(401);
    await person.leave();
  },

  async "tasks become overdue while the page is open"() {
    const person = await Person.come();
    await person.signUp();
    const { page } = person;
    const today = new Date().toLocaleDateString("en-CA", { timeZone: "Europe/Berlin" });
    await person.ask("POST", "/api/me/tasks", { title: "pay the rent", due: today });
    await page.clock.install({ time: new Date() });
    await page.goto(BASE);
    await page.getByRole("region", { name: "Today" }).getByText("pay the rent").waitFor();
    await page.clock.fastForward("25:00:00");
    await page.getByRole("region", { name: "Overdue" }).getByText("pay the rent").waitFor();
    await page.getByText("1 day late").waitFor();
    await person.leave();
  },

  async "without a network the page opens and says so"() {
    const person = await Person.withAccount({ serviceWorkers: "allow" });
    const { page } = person;
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await person.message().waitFor();
    await person.context.setOffline(true);
    await page.reload();
    await page.getByText("The service can't be reached.").waitFor();
    await person.context.setOffline(false);
    await page.getByRole("button", { name: "Retry" }).click();
    await person.message().waitFor();
    person.expectCut();
    await person.leave();
  },
};

await run(journeys);

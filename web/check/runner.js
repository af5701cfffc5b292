// Runs journeys one after another, and tells which of them failed.
import { browser } from "./browser.js";

/** Those whose names have one of the words of the command line; all without words. */
const wanted = process.argv.slice(2);

export async function run(journeys) {
  let failed = 0;
  for (const [name, journey] of Object.entries(journeys)) {
    if (wanted.length > 0 && !wanted.some((it) => name.includes(it))) continue;
    const started = Date.now();
    try {
      await journey();
      console.log(`ok   ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.message}`);
    }
  }
  await browser.close();
  if (failed > 0) {
    console.log(`${failed} journeys failed`);
    process.exit(1);
  }
}

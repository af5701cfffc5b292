// Compares the committed build with one of now, and weighs what a first visit loads.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";

const [, , committed, built] = process.argv;
/** Script and style of a first visit, compressed with gzip. */
const FIRST_LOAD = ["index.html", "theme.js", "app.js", "app.css"];
const MOST = 140_000;

const names = (directory) => readdirSync(directory).sort();
const read = (directory, name) => readFileSync(join(directory, name));
const faults = [];

if (names(committed).join() !== names(built).join()) {
  faults.push(`the files are ${names(committed)}, but a build makes ${names(built)}`);
} else {
  for (const name of names(built)) {
    // Compressors of other versions write other bytes; what counts is what comes out of them.
    const plain = name.replace(/\.(gz|br)$/, "");
    const expand = name.endsWith(".gz") ? gunzipSync : name.endsWith(".br") ? brotliDecompressSync : (it) => it;
    if (!expand(read(committed, name)).equals(read(built, plain))) faults.push(`${name} is not what a build makes`);
  }
}
const size = FIRST_LOAD.reduce((sum, name) => sum + gzipSync(read(built, name), { level: 9 }).length, 0);
console.log(`a first visit loads ${size} bytes of at most ${MOST}, compressed with gzip; icons and the files that are loaded on demand apart`);
if (size >= MOST) faults.push(`that is more than ${MOST}`);

if (faults.length > 0) {
  console.log(`web/dist: ${faults.join("\n          ")}\nBuild it anew: cd web && npm ci && npm run build`);
  process.exit(1);
}
console.log(`${names(built).length} files of web/dist are what a build makes`);

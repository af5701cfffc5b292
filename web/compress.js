// Writes each file of the build compressed beside it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const directory = process.env.OUT_DIR ?? "dist";
for (const name of readdirSync(directory)) {
  const plain = readFileSync(join(directory, name));
  writeFileSync(join(directory, `${name}.gz`), gzipSync(plain, { level: 9 }));
  writeFileSync(
    join(directory, `${name}.br`),
    brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  );
}

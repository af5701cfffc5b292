import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Schemas check what the service sends. The page turns none into a JSON schema: a twentieth of the first load is left out. */
const withoutJsonSchemas = {
  name: "without-json-schemas",
  enforce: "pre",
  load(id) {
    if (!/\/zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/.test(id)) return;
    const names = [...readFileSync(id, "utf8").matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
    return names.map((name) => `export const ${name} = () => {};`).join("\n");
  },
};

// Fixed names, so that the program can have the files built in; nothing of the place or the time.
export default defineConfig({
  plugins: [react(), withoutJsonSchemas],
  base: "/assets/",
  build: {
    outDir: process.env.OUT_DIR ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    cssTarget: ["chrome125", "firefox128", "safari18"],
    target: ["chrome120", "firefox121", "safari17"],
    license: { fileName: "licenses.md" },
    rollupOptions: {
      // Nothing is done by reading a property.
      treeshake: { propertyReadSideEffects: false },
      output: {
        // A page that is open since before an upgrade loads newer files on demand: names of the build would be others.
        minifyInternalExports: false,
        entryFileNames: "app.js",
        chunkFileNames: ({ name }) => (name === "page" ? "admin.js" : `${name}.js`),
        assetFileNames: ({ names: [name] }) => (!name?.endsWith(".css") ? "[name][extname]" : name === "page.css" ? "admin.css" : "app.css"),
      },
    },
  },
  server: { proxy: { "/api": process.env.API ?? "http://127.0.0.1:8000" } },
});

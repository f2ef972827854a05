// Bundles plotly.js with only the trace types that the report draws, and the licences of all that is in it.
// Run by `make plotly`; writes optimiser/report/assets/vendor/.
import { build } from "esbuild";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../optimiser/report/assets/vendor");
const version = JSON.parse(readFileSync(join(here, "node_modules/plotly.js/package.json"))).version;
// `scatter` is part of the core
const traces = ["bar", "heatmap", "sankey"];
const entry = `const Plotly = require("plotly.js/lib/core");
Plotly.register([${traces.map((name) => `require("plotly.js/lib/${name}")`).join(", ")}]);
module.exports = Plotly;`;

const made = await build({
  stdin: { contents: entry, resolveDir: here },
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2020",
  define: { global: "window" },
  loader: { ".css": "empty" },
  legalComments: "none",
  banner: { js: `/* plotly.js ${version} with scatter, ${traces.join(", ")} alone; MIT, see the licences beside it */` },
  metafile: true,
  outfile: join(out, `plotly-${version}.min.js`),
});

const packages = new Set(
  Object.values(made.metafile.outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, part]) => part.bytesInOutput > 0)
    .map(([path]) => path.match(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)/))
    .filter(Boolean)
    .map((found) => found[0]),
);
const licences = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json")));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}`.trim();
});
const rule = `\n\n${"-".repeat(72)}\n\n`;
writeFileSync(join(out, `plotly-${version}.LICENSES.txt`), licences.join(rule).replace(/\r/g, "") + "\n");

// Bundles our scripts and the libraries from node_modules into static/dist (git-ignored),
// and copies the TrueType fonts that PDFs embed.
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const out = "static/dist";
rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/fonts`, { recursive: true });

await esbuild.build({
  entryPoints: { app: "static/js/app.js", style: "static/css/style.css" },
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".woff": "file", ".svg": "file" },
  legalComments: "linked",
  logLevel: "warning",
});

for (const weight of ["400Regular", "700Bold"]) {
  const source = `node_modules/@expo-google-fonts/noto-sans-sc/${weight}/NotoSansSC_${weight}.ttf`;
  copyFileSync(source, `${out}/fonts/NotoSansSC-${weight}.ttf`);
}

// One sprite of the icons that pages name: the whole set would be a hundred times as large.
const symbols = JSON.parse(readFileSync("static/icons.json", "utf8")).map((name) => {
  const drawn = readFileSync(`node_modules/bootstrap-icons/icons/${name}.svg`, "utf8");
  const [, box, shapes] = drawn.match(/viewBox="([^"]+)"[^>]*>([^]*)<\/svg>/);
  return `<symbol id="${name}" viewBox="${box}">${shapes.trim()}</symbol>`;
});
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
const mark = createHash("sha256").update(sprite).digest("hex").slice(0, 8).toUpperCase();
writeFileSync(`${out}/icons-${mark}.svg`, sprite);

const manifest = {};
for (const name of readdirSync(out)) {
  if (name !== "fonts") manifest[name.replace(/-[A-Z0-9]{8}\./, ".")] = name;
}
writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));

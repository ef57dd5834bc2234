// Bundles our scripts and the libraries from node_modules into static/dist (git-ignored),
// and copies the TrueType fonts that PDFs embed.
import * as esbuild from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

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

const manifest = {};
for (const name of readdirSync(out)) {
  if (name !== "fonts") manifest[name.replace(/-[A-Z0-9]{8}\./, ".")] = name;
}
writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));

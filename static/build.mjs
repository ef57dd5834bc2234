// Bundles our scripts and the libraries from node_modules into static/dist (git-ignored),
// and copies the TrueType fonts that PDFs embed, and what the reader of PDFs fetches when it needs it.
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const out = "static/dist";
rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/fonts`, { recursive: true });

await esbuild.build({
  entryPoints: {
    app: "static/js/app.js",
    room: "static/js/room/room.js",
    "pdf-worker": "node_modules/pdfjs-dist/legacy/build/pdf.worker.mjs",
    seal: "static/js/seal.js",
    "seal-worker": "static/js/seal/worker.js",
    style: "static/css/style.css",
  },
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

// Characters of old Chinese PDFs, fonts that a PDF need not embed, and decoders of scanned pages in
// plain JavaScript: our content policy lets no WebAssembly run.
for (const part of ["cmaps", "standard_fonts"]) {
  cpSync(`node_modules/pdfjs-dist/${part}`, `${out}/pdf/${part}`, { recursive: true });
}
mkdirSync(`${out}/pdf/decoders`);
for (const name of ["jbig2", "openjpeg"]) {
  const file = `${name}_nowasm_fallback.js`;
  copyFileSync(`node_modules/pdfjs-dist/wasm/${file}`, `${out}/pdf/decoders/${file}`);
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
  if (!["fonts", "pdf"].includes(name)) manifest[name.replace(/-[A-Z0-9]{8}\./, ".")] = name;
}
writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));

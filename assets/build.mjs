// Puts everything a browser needs below build/static/<digest>/, each file gzipped once. The digest names all of it,
// so that files may be cached for good and scripts may import each other by plain relative paths.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ASSETS = join(ROOT, "assets");
const USWDS = join(ROOT, "node_modules", "@uswds", "uswds");
const BUILD = join(ROOT, "build");
const FONTS = [
  "public-sans/PublicSans-Regular.woff2",
  "public-sans/PublicSans-SemiBold.woff2",
  "public-sans/PublicSans-Bold.woff2",
  "roboto-mono/roboto-mono-v5-latin-regular.woff2",
];
const GZIPPED = /\.(css|js|svg|json|txt)$/;

async function files(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

// What the output depends on: our sources, and the versions of what is installed.
async function digestOfSources() {
  const hash = createHash("sha256");
  const sources = [...(await files(ASSETS)), join(ROOT, "package.json")];
  for (const name of ["@uswds/uswds", "sass"]) sources.push(join(ROOT, "node_modules", name, "package.json"));
  for (const path of sources) hash.update(relative(ROOT, path)).update(await readFile(path));
  return hash.digest("hex").slice(0, 12);
}

async function styles(out) {
  const sass = await import("sass");
  const { css } = await sass.compileAsync(join(ASSETS, "styles", "hub.scss"), {
    loadPaths: [join(USWDS, "packages")],
    style: "compressed",
    quietDeps: true,
  });
  await writeFile(join(out, "hub.css"), css);
  const images = new Set([...css.matchAll(/url\("?\.\/(img\/[^")]+)"?\)/g)].map((match) => match[1]));
  for (const image of images) await cp(join(USWDS, "dist", image), join(out, image));
}

async function fonts(out) {
  for (const font of FONTS) await cp(join(USWDS, "dist", "fonts", font), join(out, "fonts", basename(font)));
}

// One sprite: USWDS icons by name, and the few the hub drew itself (assets/icons/*.svg).
async function icons(out) {
  const names = (await readFile(join(ASSETS, "icons", "uswds.txt"), "utf8")).split("\n").filter((name) => name && !name.startsWith("#"));
  const paths = names.map((name) => join(USWDS, "dist", "img", "usa-icons", `${name}.svg`));
  paths.push(...(await files(join(ASSETS, "icons"))).filter((path) => path.endsWith(".svg")));
  const symbols = [];
  for (const path of paths) {
    const [, attributes, body] = (await readFile(path, "utf8")).match(/<svg([^>]*)>([\s\S]*)<\/svg>/);
    const box = attributes.match(/viewBox="([^"]+)"/)?.[1] ?? "0 0 24 24";
    const shape = body.replace(/<path fill="none" d="M0 0h24v24H0z"\s*\/>|<path d="M0 0h24v24H0z" fill="none"\s*\/>/g, "").trim();
    symbols.push(`<symbol id="${basename(path, ".svg")}" viewBox="${box}">${shape}</symbol>`);
  }
  await writeFile(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

async function compress(out) {
  for (const path of await files(out)) {
    if (GZIPPED.test(path)) await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
  }
}

async function build() {
  const started = Date.now();
  const digest = await digestOfSources();
  const manifest = join(BUILD, "assets.json");
  const current = await readFile(manifest, "utf8").then(JSON.parse, () => ({}));
  if (current.digest === digest) return console.log(`assets: ${digest} is there already`);

  const making = join(BUILD, `static.making.${process.pid}`);
  const out = join(making, digest);
  await rm(making, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await Promise.all([styles(out), fonts(out), icons(out), cp(join(ASSETS, "scripts"), join(out, "scripts"), { recursive: true })]);
  await compress(out);
  await rm(join(BUILD, "static"), { recursive: true, force: true });
  await rename(making, join(BUILD, "static"));
  await writeFile(manifest, JSON.stringify({ digest }) + "\n");
  console.log(`assets: ${digest} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await build();

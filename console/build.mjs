// Bundles the console into the folder named by the first argument and writes console_bundle.cc there, which makes the
// files part of the server: the bytes themselves, a gzip'd copy where that is shorter, and what HTTP needs to know.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, 'dist'));
const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { console: 'src/main.tsx', style: 'style/all.css', icon: 'icon.svg' },
    loader: { '.svg': 'copy' },
    outdir: path.join(out, 'files/assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const names = {};
  for (const [file, info] of Object.entries(result.metafile.outputs)) {
    if (info.entryPoint) names[info.entryPoint] = path.basename(file);
  }
  return names;
}

function writePage(names) {
  const assets = { SCRIPT: 'src/main.tsx', STYLE: 'style/all.css', ICON: 'icon.svg' };
  const page = readFileSync(path.join(here, 'index.html'), 'utf8')
    .replace(/\{(SCRIPT|STYLE|ICON)\}/g, (_, name) => `/assets/${names[assets[name]]}`);
  writeFileSync(path.join(out, 'files/index.html'), page);
}

/// Assembler that makes a file's bytes a symbol, and the C++ that names them.
function embed(symbol, file, bytes) {
  return {
    assembler: `    ".global ${symbol}\\n${symbol}:\\n.incbin \\"${file}\\"\\n"\n`,
    declaration: `extern "C" const char ${symbol}[];\n`,
    view: `{${symbol}, ${bytes.length}}`,
  };
}

function writeSource() {
  const folder = path.join(out, 'files');
  const files = [
    { web: '/', file: path.join(folder, 'index.html') },
    ...readdirSync(path.join(folder, 'assets')).sort().map((name) => ({ web: `/assets/${name}`, file: path.join(folder, 'assets', name) })),
  ];
  let assembler = '';
  let declarations = '';
  let rows = '';
  files.forEach(({ web, file }, i) => {
    const bytes = readFileSync(file);
    const packed = gzipSync(bytes, { level: 9 });
    const plain = embed(`orrery_console_${i}`, file, bytes);
    assembler += plain.assembler;
    declarations += plain.declaration;
    let gzip = '{}';
    if (packed.length < bytes.length) {
      writeFileSync(`${file}.gz`, packed);
      const short = embed(`orrery_console_${i}_gz`, `${file}.gz`, packed);
      assembler += short.assembler;
      declarations += short.declaration;
      gzip = short.view;
    }
    const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const keep = web === '/' ? 'kAskAgain' : 'kForEver';
    rows += `    {"${web}", "${types[path.extname(file)]}", ${plain.view}, ${gzip},\n     "\\"${tag}\\"", ConsoleFile::Keep::${keep}},\n`;
  });
  const text = `// Made by console/build.mjs.
#include "server/console_files.h"

asm(".pushsection .rodata\\n"
${assembler}    ".popsection\\n");
${declarations}
namespace orrery::server {

std::span<const ConsoleFile> console_files() {
  static constexpr ConsoleFile kFiles[] = {
${rows}  };
  return kFiles;
}

}  // namespace orrery::server
`;
  const target = path.join(out, 'console_bundle.cc');
  let before = '';
  try {
    before = readFileSync(target, 'utf8');
  } catch {
    // The first build.
  }
  // Left alone where nothing changed, so that nothing is compiled or linked again.
  if (text !== before) writeFileSync(target, text);
}

rmSync(path.join(out, 'files'), { recursive: true, force: true });
mkdirSync(path.join(out, 'files/assets'), { recursive: true });
writePage(await bundle());
writeSource();

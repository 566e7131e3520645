/**
 * Compiles the AssemblyScript kernels and embeds the wasm as base64 in a TypeScript module, so that
 * neither Node nor bundlers need a file path at run time.
 *
 * usage: node scripts/build-wasm.mjs [out folder, default codecs/kernels/generated]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'codecs/kernels/assembly');
const asc = join(
  dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
  'bin/asc.js',
);

/** @returns {Buffer} the module's bytes */
function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'gradwire-wasm-'));
  try {
    const file = join(folder, 'kernels.wasm');
    // Paths in asconfig.json are relative to it.
    execFileSync(process.execPath, [asc, '--config', 'asconfig.json', '--outFile', file], {
      cwd: sources,
      stdio: 'inherit',
    });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A module that exports the bytes as one string constant. */
function embed(/** @type {Buffer} */ wasm) {
  return (
    '/** Generated from codecs/kernels/assembly by `npm run wasm:build`; do not edit. */\n\n' +
    `/** The kernels' WebAssembly module, base64. */\n` +
    `export const simdModule: string =\n  '${wasm.toString('base64')}';\n`
  );
}

const outFolder = resolve(process.argv[2] ?? join(root, 'codecs/kernels/generated'));
mkdirSync(outFolder, { recursive: true });
writeFileSync(join(outFolder, 'simd.ts'), embed(compile()));

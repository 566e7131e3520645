/**
 * Compiles every `proto/*.proto` with protobuf.js into `<out>/<name>.js` (ES module) and
 * `<name>.d.ts`.
 *
 * usage: node scripts/proto-generate.mjs [out folder, default proto/generated]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pbjs = join(
  dirname(createRequire(import.meta.url).resolve('protobufjs-cli/package.json')),
  'bin/pbjs',
);

/**
 * Only encode and decode are generated: headers are checked by hand-written code, and every unused
 * method would travel to browsers. No message has a 64-bit field (they are two fixed32).
 */
const options = [
  '--target=static-module',
  '--wrap=esm',
  '--dts',
  '--alt-comment',
  '--force-number',
  '--no-verify',
  '--no-convert',
  '--no-delimited',
  '--no-typeurl',
  '--no-service',
];

/** protobuf.js imports Long's types into every declaration file; drop the line where it is unused. */
function dropUnusedLong(/** @type {string} */ declarations) {
  const rest = declarations.replace(/^import Long = require\("long"\);\n/m, '');
  return /\bLong\b/.test(rest) ? declarations : rest;
}

function generate(/** @type {string} */ protoFile, /** @type {string} */ outFolder) {
  const name = basename(protoFile, '.proto');
  const script = join(outFolder, `${name}.js`);
  // A root per file: modules that share one replace each other's package object, and decode of the
  // module loaded first then fails.
  const target = [`--root=gradwire/${name}`, '--out', script];
  execFileSync(process.execPath, [pbjs, ...options, ...target, protoFile], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const declarations = join(outFolder, `${name}.d.ts`);
  writeFileSync(declarations, dropUnusedLong(readFileSync(declarations, 'utf8')));
}

const outFolder = resolve(process.argv[2] ?? join(root, 'proto/generated'));
mkdirSync(outFolder, { recursive: true });
const sources = readdirSync(join(root, 'proto')).filter((file) => file.endsWith('.proto'));
for (const file of sources) generate(join(root, 'proto', file), outFolder);

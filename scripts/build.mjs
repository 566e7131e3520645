/**
 * Builds dist/ from nothing: generated protobuf code, `tsc`, then the files tsc does not copy.
 *
 * usage: node scripts/build.mjs
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Source folders of the package, and what in them is needed at run time besides TypeScript. */
const sourceFolders = ['proto', 'codecs', 'src'];
const copied = /(\.js|\.d\.ts|\.mjs|\.css|\.html|\.wasm)$/;

/** Runs a Node script; a failed one has said why, so it only ends the build. */
function run(/** @type {string} */ script, /** @type {string[]} */ ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

/** @returns {string[]} paths below the repository, of all files in a folder of it */
function filesBelow(/** @type {string} */ folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

function copyRuntimeFiles() {
  for (const file of sourceFolders.flatMap(filesBelow)) {
    if (!copied.test(file)) continue;
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    copyFileSync(join(root, file), join(dist, file));
  }
}

function makeCommandsExecutable() {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of Object.values(bin ?? {}))
    if (existsSync(join(root, file))) chmodSync(join(root, file), 0o755);
}

rmSync(dist, { recursive: true, force: true });
run(join(root, 'scripts/proto-generate.mjs'));
run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json');
copyRuntimeFiles();
makeCommandsExecutable();

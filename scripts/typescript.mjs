/**
 * Lets Node run TypeScript sources as they are: `node --import ./scripts/typescript.mjs file.ts`.
 *
 * Node 20 cannot strip types by itself. Relative imports in this repository carry `.ts` and no syntax
 * needs more than its types erased, so translating file by file is enough. Children started with
 * `fork` inherit the option.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transform } from 'esbuild';

// Node runs hooks in a thread of their own, which imports this file again.
if (isMainThread) {
  register(import.meta.url);
  process.setSourceMapsEnabled(true);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    sourcefile: path,
    sourcemap: 'inline',
  });
  return { format: 'module', shortCircuit: true, source: code };
}

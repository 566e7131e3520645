/** Source files as programs of their own, for tests that start a process. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../house/structure.ts';

/** A new folder of ES modules outside the repository, which may import packages all the same. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gradwire-test-'));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'), 'dir');
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }');
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a user's import of a public entry stands for in the repository. */
export const publicEntries: Readonly<Record<string, string>> = {
  'gradwire/codecs': join(ROOT, 'codecs/index.ts'),
  'gradwire/testing': join(ROOT, 'src/testing/index.ts'),
  'gradwire/threads': join(ROOT, 'src/threads/index.ts'),
  'gradwire/comm': join(ROOT, 'src/comm.ts'),
  'gradwire/tfjs': join(ROOT, 'src/train/index.ts'),
  gradwire: join(ROOT, 'src/index.ts'),
};

/**
 * Bundles entries for Node; packages stay imports.
 * @param entries output name without ending → source file
 * @returns output name → path of the program
 */
export async function bundle(
  entries: Readonly<Record<string, string>>,
  folder: string,
): Promise<Record<string, string>> {
  await build({
    entryPoints: { ...entries },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    alias: { ...publicEntries },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return Object.fromEntries(
    Object.keys(entries).map((name) => [name, join(folder, `${name}.mjs`)]),
  );
}

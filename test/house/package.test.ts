import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './structure.ts';

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Pack {
  /** Bytes of the tarball, and of the files in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Bounds with some room (0.8 and 3.1 MB when recorded); raise them on purpose only. */
const PACKED_BYTES = 1_400_000;
const UNPACKED_BYTES = 5_800_000;

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** Files that the manifest points at, as paths inside the package. */
function targets(): string[] {
  const exported = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  return [...exported, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''));
}

describe('the packed package', () => {
  let pack: Pack;
  let paths: string[];

  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist'))) throw new Error('no dist/ here: run npm run build first');
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    pack = (JSON.parse(output) as [Pack])[0];
    paths = pack.files.map((file) => file.path);
  });

  it('holds what exports and bin point at, the byte layout and the legal texts', () => {
    const needed = [
      ...targets(),
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'proto/README.md',
      'proto/gradwire.proto',
      'dist/proto/generated/gradwire.js',
      'dist/proto/generated/gradwire.d.ts',
      'codecs/README.md',
      'data/digits.csv.gz',
    ];
    expect(needed.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('holds no tests, benches, vectors or tooling', () => {
    const unwanted = /^(test|bench|scripts|docs|\.)|\.test\.|^proto\/vectors\/|tsconfig|\.tgz$/;
    expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
  });

  it('has, for every source map, the sources it points at', () => {
    const maps = paths.filter((path) => path.endsWith('.js.map'));
    expect(maps.length).toBeGreaterThan(0);
    const sources = maps.map((map) => map.replace(/^dist\/(.*)\.js\.map$/, '$1.ts'));
    expect(sources.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('stays small', () => {
    expect(pack.size).toBeLessThan(PACKED_BYTES);
    expect(pack.unpackedSize).toBeLessThan(UNPACKED_BYTES);
  });
});

describe('the manifest', () => {
  it('puts types first in every export', () => {
    const entries = Object.values(manifest.exports).filter((entry) => typeof entry !== 'string');
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(Object.keys(entry)[0]).toBe('types');
  });

  it('pins every dependency to one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const versions = { ...dependencies, ...devDependencies, ...optionalDependencies };
    const loose = Object.entries(versions).filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range));
    expect(loose).toEqual([]);
  });
});

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('the lock file', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };

  /** True if Node's resolution from the package at `from` reaches a locked `name`. */
  function isLocked(from: string, name: string): boolean {
    if (`${from}${from && '/'}node_modules/${name}` in packages) return true;
    const parent = from.lastIndexOf('/node_modules/');
    return from !== '' && isLocked(from.slice(0, Math.max(0, parent)), name);
  }

  // npm leaves out what a registry could not give, and `npm ci` then refuses the lock.
  it('has the optional packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([from, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter((name) => !isLocked(from, name)),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    expect(JSON.stringify(packages)).not.toContain('"resolved":"http');
  });
});

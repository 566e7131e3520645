/** What README.md shows is run as it stands there. */
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, parseCodec, streamsFor } from '../codecs/index.ts';
import { UniformSource } from '../codecs/random.ts';
import { ROOT } from './house/structure.ts';
import { temporaryFolder } from './support/bundle.ts';
import { bundleExamples, examplesOf, typeProblems, writeExamples } from './support/examples.ts';

const page = readFileSync(join(ROOT, 'README.md'), 'utf8');

describe('the examples of README.md', () => {
  const folder = temporaryFolder();
  const examples = examplesOf('README.md');
  const sources = writeExamples(examples, folder.path);
  let programs: Record<string, string>;

  beforeAll(async () => {
    // As in the package, where it lies beside package.json.
    symlinkSync(join(ROOT, 'data'), join(folder.path, 'data'), 'dir');
    programs = await bundleExamples(sources, folder.path);
  });
  afterAll(() => folder.remove());

  it('are there', () => expect(examples).toHaveLength(5));

  it.each(examples)('run: $name', ({ name, output }) => {
    const printed = execFileSync(process.execPath, [programs[name]!], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    expect(printed).toBe(output);
  });

  it('type-check under the strict settings of this repository', () => {
    expect(typeProblems(sources)).toEqual([]);
  });
});

it('the bits of README.md are those of a million Gaussian elements', () => {
  const noise = new UniformSource();
  noise.reset(streamsFor({ seed: 1 }).own);
  const gradient = Float32Array.from(
    { length: 1_000_000 },
    () => Math.sqrt(-2 * Math.log(1 - noise.next())) * Math.cos(2 * Math.PI * noise.next()),
  );
  const [table = ''] = page.slice(page.indexOf('| spec ')).split('\n\n');
  const rows = [...table.matchAll(/^\| ((?:`[^`]+`,? ?)+)\s*\| ([\d., ]+?)\s*\|/gm)];
  expect(rows.length).toBeGreaterThanOrEqual(6);
  for (const [, names = '', figures = ''] of rows) {
    const specs = [...names.matchAll(/`([^`]+)`/g)].map(([, spec]) => spec!);
    const bits = figures.split(',').map((figure) => figure.trim());
    for (const [i, spec] of specs.entries()) {
      const written = bits[Math.min(i, bits.length - 1)]!;
      const actual = (8 * encode(parseCodec(spec), gradient, { seed: 1 }).length) / 1e6;
      const digits = written.split('.')[1]?.length ?? 0;
      expect(actual.toFixed(digits), spec).toBe(written);
    }
  }
});

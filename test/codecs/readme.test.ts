/** What codecs/README.md says, held against the code; its examples are run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, parseCodec, registry, streamsFor } from '../../codecs/index.ts';
import { UniformSource } from '../../codecs/random.ts';
import { ROOT } from '../house/structure.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { bundleExamples, examplesOf, typeProblems, writeExamples } from '../support/examples.ts';

const page = readFileSync(join(ROOT, 'codecs/README.md'), 'utf8');

/** Rows of all tables whose first heading is `first`, as trimmed cells without code marks. */
function tableRows(first: string, text: string = page): string[][] {
  const tables = text.split(/\n(?=\|)(?<!\|\n)/).map((part) => part.split('\n'));
  return tables
    .map((lines) => lines.filter((line) => line.startsWith('|')).map(cells))
    .filter((rows) => rows[0]?.[0] === first)
    .flatMap((rows) => rows.slice(2));
}

function cells(line: string): string[] {
  const parts = line.trim().slice(1, -1).split('|');
  return parts.map((cell) => cell.trim().replaceAll('`', ''));
}

describe('the tables of codecs/README.md', () => {
  it('name every codec', () => {
    expect(tableRows('name').map(([name]) => name)).toEqual(Object.keys(registry));
  });

  it.each(Object.entries(registry))('have the keys of %s in canonical order', (name, stage) => {
    const headings = [...page.matchAll(/^### (.*)$/gm)];
    const heading = headings.findIndex((match) => match[1]!.includes(`\`${name}\``));
    const start = headings[heading]!.index;
    const text = page.slice(start, page.indexOf('\n#', start + 1));
    const listed = tableRows('key', text);
    expect(listed.map(([key, allowed]) => [key, allowed])).toEqual(
      stage.parameters.map(({ key, allowed }) => [key, allowed]),
    );
    stage.parameters.forEach((parameter, i) => {
      const { default: value } = parameter;
      const word = typeof value === 'function' ? value(false) : value;
      if (word !== undefined) expect(listed[i]![2]!.split(';')[0]).toBe(String(word));
    });
  });

  it('show canonical forms as they are', () => {
    const rows = tableRows('written');
    expect(rows.length).toBeGreaterThan(3);
    for (const [written = '', canonical] of rows)
      expect(parseCodec(written).spec, written).toBe(canonical);
  });

  it('show what entropy codings save', () => {
    const heading = 'bits per element, 2²⁰ Gaussian elements';
    const rows = tableRows(heading);
    expect(rows.length).toBeGreaterThan(3);
    const gradient = gaussianNoise();
    for (const [spec = '', ...bits] of rows) {
      const found = ['none', 'elias', 'rans'].map((entropy) => {
        const coded = `${spec}${spec.includes(':') ? ',' : ':'}entropy=${entropy}`;
        const payload = encode(coded, gradient, { seed: 1 });
        return ((8 * payload.length) / gradient.length).toPrecision(4);
      });
      expect(found, spec).toEqual(bits);
    }
  });

  it('show sizes and errors as they are', () => {
    const gradient = gaussianNoise();
    const rows = tableRows('spec');
    expect(rows.length).toBeGreaterThan(10);
    for (const [spec = '', bits, error] of rows) {
      const payload = encode(spec, gradient, { seed: 1 });
      const decoded = decode(payload);
      let lost = 0;
      let energy = 0;
      gradient.forEach((value, i) => {
        lost += (decoded[i]! - value) ** 2;
        energy += value ** 2;
      });
      expect(((8 * payload.length) / gradient.length).toPrecision(4), spec).toBe(bits);
      expect(relativeGap(lost / energy, Number(error)), spec).toBeLessThan(0.06);
    }
  });
});

/** 2²⁰ elements, the same every time. */
function gaussianNoise(): Float32Array {
  const noise = new UniformSource();
  noise.reset(streamsFor({ seed: 1 }).own);
  return Float32Array.from(
    { length: 2 ** 20 },
    () => Math.sqrt(-2 * Math.log(1 - noise.next())) * Math.cos(2 * Math.PI * noise.next()),
  );
}

/** Zero for two zeros. */
function relativeGap(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

const examples = examplesOf('codecs/README.md');

describe('the examples of codecs/README.md', () => {
  const folder = temporaryFolder();
  const sources = writeExamples(examples, folder.path);
  let programs: Record<string, string>;

  beforeAll(async () => {
    programs = await bundleExamples(sources, folder.path);
  });
  afterAll(() => folder.remove());

  it('are there', () => {
    expect(examples.map(({ name }) => name)).toEqual(['example-0', 'example-1', 'sign', 'prove']);
  });

  it.each(examples)('run and print what they say: $name', ({ name, output }) => {
    const printed = execFileSync(process.execPath, [programs[name]!], { encoding: 'utf8' });
    // An example that imports another prints what that one prints, first.
    expect(printed.slice(-output.length)).toBe(output);
  });

  it('type-check under the strict settings of this repository', () => {
    expect(typeProblems(sources)).toEqual([]);
  });
});

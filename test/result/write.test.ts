import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseResults, ResultsError, writeResults } from '../../src/result/index.ts';
import { sampleResults } from '../report/sample.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradwire-result-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('writeResults', () => {
  it('writes what parseResults reads, making the folder, leaving nothing else', async () => {
    const path = join(folder, 'a/b/results.json');
    await writeResults(path, sampleResults());
    expect(parseResults(JSON.parse(await readFile(path, 'utf8')))).toEqual(sampleResults());
    expect(await readdir(join(folder, 'a/b'))).toEqual(['results.json']);
  });

  it('leaves the old file alone when the results are invalid', async () => {
    const path = join(folder, 'results.json');
    await writeFile(path, 'old');
    await expect(writeResults(path, { ...sampleResults(), ranks: 0 })).rejects.toThrow(
      ResultsError,
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['results.json']);
  });
});

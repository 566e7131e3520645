/** What src/collective/README.md shows and lists, held against the code. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EngineCommunicator } from '../../src/collective/engine-communicator.ts';
import { ROOT } from '../house/structure.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { bundleExamples, examplesOf, typeProblems, writeExamples } from '../support/examples.ts';

const PAGE = 'src/collective/README.md';

describe(PAGE, () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());

  it('has examples that compile, run, and give what their comments say', async () => {
    const examples = examplesOf(PAGE).map(({ code, ...rest }) => ({
      ...rest,
      // The comments as assertions.
      code: code
        .replace('// in place: 6, 4', 'print(vector);')
        .replace('// 0, 1, 2, 3', 'print(all);')
        .replace('message.source; // who', 'print(message.data); // who')
        .replace('// in place: 4', 'print(input);')
        .replace('survivors.formerRanks;', 'print(survivors.formerRanks);')
        .replace(
          /^/,
          'const lines = new Set<string>();\n' +
            'const print = (array: ArrayLike<number>): unknown => lines.add(Array.from(array).join());\n',
        )
        .concat("console.log([...lines].join('; '));\n"),
    }));
    expect(examples).toHaveLength(2);
    const sources = writeExamples(examples, folder.path);
    expect(typeProblems(sources)).toEqual([]);
    const programs = Object.values(await bundleExamples(sources, folder.path));
    const printed = programs.map((program) =>
      execFileSync(process.execPath, [program], { encoding: 'utf8' }),
    );
    expect(printed).toEqual(['6,4; 0,1,2,3; 1,2,3\n', '4; 0,1,3\n']);
  });

  it('names every operation of a communicator', () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8');
    const properties = Object.getOwnPropertyDescriptors(EngineCommunicator.prototype);
    const methods = Object.entries(properties).flatMap(([name, { value }]) =>
      typeof value === 'function' && name !== 'constructor' ? [name] : [],
    );
    // Not operations: what happens when the job ends, and what proxies of an engine call.
    const others = ['abort', 'admitted', 'onFailure', 'runBody'];
    const missing = methods.filter((name) => !page.includes(`\`${name}\``));
    expect(missing.toSorted()).toEqual(others);
  });
});

import { describe, expect, it } from 'vitest';
import { readSources, violations } from './structure.ts';

describe('import directions', () => {
  it('hold in every source file', () => {
    const sources = readSources();
    expect(sources.length).toBeGreaterThan(0);
    expect(violations(sources)).toEqual([]);
  });
});

describe('the checker refuses', () => {
  const check = (path: string, text: string): string[] => violations([{ path, text }]);

  it.each([
    ['an import against the direction', 'codecs/a.ts', "import '../src/train/loop.ts';"],
    ['a type-only import', 'proto/a.ts', "import type { A } from '../codecs/registry.ts';"],
    ['a re-export', 'src/transport/a.ts', "export * from '../collective/ring.ts';"],
    ['a dynamic import', 'src/collective/a.ts', "await import('../../codecs/registry.ts');"],
    ['an import type', 'src/report/a.ts', "type A = import('../train/loop.ts').A;"],
    ['an import over two lines', 'src/result/a.ts', "import {\n  a,\n} from '../report/page.ts';"],
    ['the kernels from outside', 'src/strategy/a.ts', "import '../../codecs/kernels/pack.ts';"],
    ['the gathering file from inside', 'codecs/a.ts', "import './index.ts';"],
    ['the command line', 'src/index.ts', "import './cli/main.ts';"],
    ['tests in sources', 'src/train/a.ts', "import '../../test/oracle/qsgd.ts';"],
    ['tfjs outside the trainers', 'src/exchange/a.ts', "import '@tensorflow/tfjs-core';"],
    ['a Node module in codecs', 'codecs/a.ts', "import { hash } from 'node:crypto';"],
    ['a Node module by its bare name', 'proto/a.ts', "import { join } from 'path';"],
    ['a package in codecs', 'codecs/a.ts', "import fc from 'fast-check';"],
    ['a folder nobody listed', 'src/misc/a.ts', ''],
  ])('%s', (_, path, text) => {
    expect(check(path, text)).toHaveLength(1);
  });

  it.each(['Buffer.from(x)', 'new Map([[process.pid, 1]])', 'const b: Buffer = x', 'f(global)'])(
    'the Node global in `%s`',
    (text) => {
      expect(check('codecs/a.ts', text)).toHaveLength(1);
      expect(check('src/train/a.ts', text)).toEqual([]);
    },
  );

  it('a cycle between folders, naming its way round', () => {
    const found = violations([
      { path: 'src/transport/a.ts', text: "import '../collective/b.ts';" },
      { path: 'src/collective/b.ts', text: "import '../transport/a.ts';" },
    ]);
    expect(found).toContain('import cycle: src/transport → src/collective → src/transport');
  });
});

describe('the checker allows', () => {
  it.each([
    ['codecs/a.ts', "import { A } from '../proto/errors.ts'; import './kernels/pack.ts';"],
    ['codecs/stages/a.ts', "import '../random.ts'; import '../../proto/ids.ts';"],
    ['codecs/a.ts', 'const o = { process: 1 }; o.process; // Buffer, require and process'],
    ['codecs/a.ts', 'const { process } = globalThis as { process?: object }; f(process);'],
    ['proto/a.ts', "import { gradwire } from './generated/gradwire.js';"],
    ['src/train/a.ts', "import '@tensorflow/tfjs-core'; import 'node:fs';"],
    ['src/exchange/a.ts', "import '../../codecs/index.ts'; import '../gradient/layout.ts';"],
    ['src/cli/a.ts', "import '../train/loop.ts'; import '../index.ts';"],
  ])('%s: %s', (path, text) => {
    expect(violations([{ path, text }])).toEqual([]);
  });
});

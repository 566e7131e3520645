/**
 * Decodes mutated payloads of every codec and entropy coding, far more of them than the tests do:
 * ten million each unless told otherwise, which takes hours. The rules are those of
 * test/codecs/fuzz.test.ts: a PayloadError or finite values, nothing written before everything was
 * checked, at least half of the mutations past the container.
 *
 * usage: npm run fuzz [-- --cases 10000000] [--only qsgd] [--seed 1]
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';

const HELP = `usage: npm run fuzz -- [options]

  --cases N     mutated payloads a codec (default 10000000)
  --only TEXT   codecs whose spec begins with TEXT, such as qsgd or topk:k=4
  --seed N      another sequence of mutations (default: today's date, which is printed)
  --help        this text
`;

const { values, refuse } = readArguments(
  { cases: '10000000', only: '', seed: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
  HELP,
);
const { cases = '', only = '', seed = '' } = values;
for (const [name, value] of Object.entries({ cases, seed }))
  if (!/^[1-9]\d{0,12}$/.test(value)) refuse(`--${name} must be a positive integer, got ${value}`);

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
const pattern = `mutated payloads ${only.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
process.stdout.write(`${cases} mutated payloads a codec, seed ${seed}\n`);
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    'test/codecs/fuzz.test.ts',
    '-t',
    pattern,
    '--testTimeout=0',
    '--reporter=verbose',
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GRADWIRE_FUZZ_CASES: cases, GRADWIRE_SEED: seed },
  },
);
process.exit(status ?? 1);

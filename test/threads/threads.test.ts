/** Threads change the time that encoding takes, and nothing else. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allocateBytes,
  allocateVector,
  ArgumentRangeError,
  NonFiniteGradientError,
  parseCodec,
  releaseMemory,
  streamsFor,
} from '../../codecs/index.ts';
import { bounds, LEAST_FOR_THREADS } from '../../codecs/kernels/simd/crew.ts';
import { attachCrew, attachedCrew, vectorMemory } from '../../codecs/memory.ts';
import type { StagedCodec } from '../../codecs/staged.ts';
import { CrewThread } from '../../src/threads/thread.ts';
import { startThreads, type CodecThreads } from '../../src/threads/index.ts';
import { ROOT } from '../house/structure.ts';

/** Not a multiple of anything: the last range ends in the middle of every group. */
const LENGTH = LEAST_FOR_THREADS + 655_361 + 77;
const SPECS = [
  'qsgd',
  'qsgd:levels=1,block=1000',
  'qsgd:levels=3,norm=l2',
  'qsgd:levels=31,block=65536',
  'qsgd:levels=127',
  'qsgd:block=268435456',
  'qsgd:block=1000000',
  'qsgd:block=1000000,norm=l2',
  'terngrad',
  'terngrad:clip=2.5',
  'terngrad:pack=bits',
];

let running: CodecThreads | undefined;
const held: (Float32Array | Uint8Array)[] = [];

function vector(values: Float32Array): Float32Array {
  const own = allocateVector(values.length);
  own.set(values);
  held.push(own);
  return own;
}

function bytes(length: number): Uint8Array {
  const own = allocateBytes(length);
  held.push(own);
  return own;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
  held.splice(0).forEach(releaseMemory);
});

const gradient = new Float32Array(LENGTH).map(
  (_, i) => Math.sin(i * 0.37) * Math.exp(-((i % 1000) / 300)),
);
const earlier = gradient.map((value, i) => value * (0.25 + (i % 5) / 10));
const random = streamsFor({ seed: 9, rank: 1, step: 2 });

/** What a codec makes of the gradient: payload, payload and residual with feedback, decoded, summed. */
function results(spec: string): Buffer[] {
  const codec = parseCodec(spec);
  const x = vector(gradient);
  const out = bytes(codec.maxBytes(LENGTH));
  const payload = out.subarray(0, codec.encodeInto(x, out, random));
  const decoded = vector(new Float32Array(LENGTH));
  codec.decodeInto(payload, decoded);
  const sum = vector(earlier);
  codec.decodeAdd(payload, sum);
  codec.decodeAdd(payload, sum, -0.3);
  const fed = parseCodec(`${spec}+ef`) as StagedCodec;
  const residual = vector(earlier);
  const fedOut = bytes(fed.maxBytes(LENGTH));
  const fedBytes = fed.encodeWithResidual(x, residual, fedOut, random);
  return [payload, decoded, sum, residual, fedOut.subarray(0, fedBytes), x].map((array) =>
    Buffer.from(Buffer.from(array.buffer, array.byteOffset, array.byteLength)),
  );
}

describe('any number of threads', () => {
  it.each(SPECS)('gives the same bytes and values: %s', async (spec) => {
    const expected = results(spec);
    for (const threads of [1, 2, 3]) {
      running = await startThreads({ threads });
      expect(running.threads).toBe(threads);
      const actual = results(spec);
      actual.forEach((buffer, i) =>
        expect(Buffer.compare(buffer, expected[i]!), `${threads} threads, result ${i}`).toBe(0),
      );
      await running.close();
    }
  });

  it('refuses what is not finite before anything changes, wherever it is', async () => {
    running = await startThreads({ threads: 3 });
    const codec = parseCodec('qsgd') as StagedCodec;
    for (const at of [0, LENGTH >> 1, LENGTH - 1]) {
      const bad = gradient.slice();
      bad[LENGTH - 1] = Infinity;
      bad[at] = NaN;
      const x = vector(bad);
      const residual = vector(earlier);
      const out = bytes(codec.maxBytes(LENGTH)).fill(7);
      for (const run of [
        () => codec.encodeInto(x, out, random),
        () => codec.encodeWithResidual(x, residual, out, random),
      ])
        expect(run).toThrow(new NonFiniteGradientError(at, NaN));
      expect(out.every((byte) => byte === 7)).toBe(true);
      expect(
        Buffer.compare(Buffer.from(residual.slice().buffer), Buffer.from(earlier.buffer)),
      ).toBe(0);
    }
  });
});

describe('threads are used', () => {
  /** How often the crew ran while `work` did. */
  function runsDuring(work: () => unknown): number {
    const crew = attachedCrew()!;
    let runs = 0;
    attachCrew({
      memories: crew.memories,
      run: (...given) => {
        runs++;
        return crew.run(...given);
      },
    });
    try {
      work();
    } finally {
      attachCrew(crew);
    }
    return runs;
  }

  it('for long vectors in the memory, and for no others', async () => {
    running = await startThreads({ threads: 2 });
    const codec = parseCodec('qsgd');
    const x = vector(gradient);
    const out = bytes(codec.maxBytes(LENGTH));
    const heapOut = new Uint8Array(out.length);
    const short = x.subarray(0, LEAST_FOR_THREADS - 1);
    // One dispatch measures, one encodes.
    expect(runsDuring(() => codec.encodeInto(x, out, random))).toBe(2);
    expect(runsDuring(() => codec.decodeInto(out, x))).toBe(1);
    expect(runsDuring(() => codec.encodeInto(short, out, random))).toBe(0);
    expect(runsDuring(() => codec.encodeInto(gradient, out, random))).toBe(0);
    expect(runsDuring(() => codec.encodeInto(x, heapOut, random))).toBe(0);
  });
});

describe('starting and closing', () => {
  it('is refused while threads run, and works again after', async () => {
    running = await startThreads({ threads: 2 });
    await expect(startThreads({ threads: 2 })).rejects.toMatchObject({
      code: 'GRADWIRE_THREADS_RUNNING',
    });
    await running.close();
    await running.close();
    running = await startThreads();
    expect(running.threads).toBeGreaterThan(0);
  });

  it.each([0, -1, 1.5, 65])('with %d threads is refused', async (threads) => {
    await expect(startThreads({ threads })).rejects.toThrow(ArgumentRangeError);
  });

  it('gives back the memory of the windows', async () => {
    const before = allocateVector(1);
    releaseMemory(before);
    running = await startThreads({ threads: 3 });
    await running.close();
    const after = allocateVector(1);
    releaseMemory(after);
    expect(after.byteOffset).toBe(before.byteOffset);
  });

  it('a thread that does not answer is an error, not a hang', async () => {
    const thread = new CrewThread(vectorMemory()!, 50);
    await thread.ready();
    await thread.close();
    thread.start('measureBlocks', [0, 0, 0]);
    expect(() => thread.finish()).toThrow(
      expect.objectContaining({ code: 'GRADWIRE_THREADS_LOST' }) as Error,
    );
  });

  it('a program that is done ends, though it never closed them', () => {
    const program = `
      import { startThreads } from ${JSON.stringify(`${ROOT}dist/src/threads/index.js`)};
      const { threads } = await startThreads({ threads: 2 });
      console.log(threads, 'threads');`;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 30_000 },
    );
    expect([status, stdout]).toEqual([0, '2 threads\n']);
  });

  it('needs kernels that share memory', () => {
    const program = `
      import { startThreads } from ${JSON.stringify(`${ROOT}dist/src/threads/index.js`)};
      await startThreads({ threads: 2 }).catch(({ code }) => console.log(code));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, GRADWIRE_KERNELS: 'reference' },
    });
    expect(stdout).toBe('GRADWIRE_THREADS_UNAVAILABLE\n');
  });
});

describe('ranges', () => {
  it('cover everything once, at multiples of the unit', () => {
    for (const total of [0, 1, 79, 80, 81, 1000, 65536 * 7 + 3])
      for (const unit of [1, 80, 65536])
        for (const parts of [1, 2, 3, 8]) {
          const at = bounds(total, unit, parts);
          expect(at.length).toBe(parts + 1);
          expect([at[0], at.at(-1)]).toEqual([0, total]);
          expect(at.every((end, i) => i === 0 || end >= at[i - 1]!)).toBe(true);
          expect(at.slice(0, -1).every((start) => start % unit === 0 || start === total)).toBe(
            true,
          );
        }
  });
});

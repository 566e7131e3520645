/**
 * Payloads of this library against `decode.py`, which was written from proto/README.md: the page,
 * the library and the decoder must all say the same.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { decode, encode, errorFeedback, isGradwireError, streamsFor } from '../../codecs/index.ts';
import { UniformSource } from '../../codecs/random.ts';
import { laneChecksum } from '../../proto/checksum.ts';
import { FrameKind, FRAME_PREFIX_BYTES, writeFramePrefix } from '../../proto/frame.ts';
import { resealPayload } from '../../proto/payload.ts';
import { specs } from '../../src/testing/index.ts';
import { ROOT } from '../house/structure.ts';
import { commandWorks, requirement } from '../support/requirements.ts';

const needsPython = requirement('python3', () => commandWorks('python3', '--version'));

/** One decode.py for all tests, started by the first request: starting takes longer than answering. */
let python: ChildProcessWithoutNullStreams | undefined;
let answers: AsyncIterator<string> | undefined;

afterAll(() => void python?.stdin.end());

/** Answers of decode.py, one for each request. */
async function ask(requests: readonly string[]): Promise<string[]> {
  if (!python || !answers) {
    python = spawn('python3', [join(ROOT, 'test/vectors/decode.py')]);
    python.stderr.pipe(process.stderr);
    answers = createInterface(python.stdout)[Symbol.asyncIterator]();
  }
  python.stdin.write(requests.join('\n') + '\n');
  const found: string[] = [];
  while (found.length < requests.length) {
    const { done, value } = await answers.next();
    if (done) throw new Error('decode.py ended before its last answer');
    found.push(value);
  }
  return found;
}

function hex(bytes: ArrayBufferView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function payloadRequest(payload: Uint8Array): string {
  return `payload ${hex(payload)}`;
}

/** Deterministic numbers in [0, 1). */
function noiseFor(name: string): () => number {
  const source = new UniformSource();
  source.reset(streamsFor({ seed: laneChecksum(new TextEncoder().encode(name)) }).own);
  return () => source.next();
}

/** Bell-shaped values with zeros of both signs, denormals and a few large ones among them. */
function gradientOf(length: number, name: string): Float32Array {
  const noise = noiseFor(name);
  return Float32Array.from({ length }, () => {
    const value = noise() + noise() + noise() - 1.5;
    const kind = Math.floor(noise() * 20);
    if (kind === 0) return 0;
    if (kind === 1) return -0;
    if (kind === 2) return value * 2 ** -140;
    return kind === 3 ? value * 1000 : value;
  });
}

/** Every stage, its keys, chains, and feedback. */
const chosen = [
  ['none', 'bf16', 'fp16', 'fp16+ef'],
  [1, 2, 3, 4, 7, 8, 15, 31, 64, 127].map((levels) => `qsgd:levels=${levels}`),
  ['qsgd:levels=5,block=1', 'qsgd:block=100,norm=l2', 'qsgd:levels=1,block=4096+ef'],
  ['elias', 'rans'].flatMap((entropy) => [
    `qsgd:levels=1,norm=l2,entropy=${entropy}`,
    `qsgd:block=100,norm=l2,entropy=${entropy}`,
    `qsgd:levels=127,block=4096,norm=l2,entropy=${entropy}`,
    `qsgd:levels=5,block=1,entropy=${entropy}`,
    `terngrad:entropy=${entropy}`,
    `terngrad:clip=1,pack=bits,entropy=${entropy}+ef`,
    `topk:density=0.5/qsgd:levels=3,norm=l2,entropy=${entropy}+ef`,
  ]),
  ['terngrad', 'terngrad:clip=2.5', 'terngrad:pack=bits', 'terngrad:clip=1,pack=bits+ef'],
  ['topk:k=1', 'topk:density=0.01', 'topk:density=0.5', 'topk:k=3,block=16', 'topk:density=1'],
  ['topk:density=0.3/bf16', 'topk:k=20/qsgd:levels=3+ef', 'topk:density=0.2/terngrad+ef'],
  ['topk:k=16,block=64/quantile+ef', 'topk:density=0.1/quantile:bits=1,block=7'],
  ['quantile', 'quantile:bits=1', 'quantile:block=5+ef'],
  ['randomk:k=1', 'randomk:density=0.1', 'randomk:density=0.37,select=uniform', 'randomk:k=9+ef'],
  ['randomk:density=0.3/qsgd', 'randomk:density=0.25,scale=none/quantile', 'randomk:k=1000000'],
].flat();

const lengths = [0, 1, 2, 15, 16, 17, 63, 80, 81, 128, 129, 512, 513, 1000];

describe('decode.py', () => {
  beforeEach(needsPython);

  const expectSame = async (payloads: readonly Uint8Array[]): Promise<void> => {
    const found = await ask(payloads.map(payloadRequest));
    payloads.forEach((payload, i) => expect(found[i]).toBe(hex(decode(payload))));
  };

  it.each(chosen)('decodes %s at all lengths, bit for bit', async (spec) => {
    await expectSame(
      lengths.map((length) =>
        encode(spec, gradientOf(length, spec), { seed: length, rank: 3, step: 2, bucket: 1 }),
      ),
    );
  });

  it('decodes whatever spec the registry admits', async () => {
    const drawn = fc.sample(specs(), { seed: 20260101, numRuns: 200 });
    expect(new Set(drawn.map((spec) => spec.split(/\W/)[0]))).toHaveProperty('size', 8);
    await expectSame(drawn.map((spec) => encode(spec, gradientOf(300, spec), { seed: 5 })));
  });

  it('draws on past the chunk at which generators are seeded anew', async () => {
    const gradient = gradientOf(150_000, 'long');
    await expectSame([
      encode('randomk:density=0.45', gradient, { seed: 1 }),
      encode('randomk:density=0.001,select=uniform', gradient, { seed: 1 }),
    ]);
    const key = { low: 0xfedcba98, high: 0x01234567 };
    const source = new UniformSource();
    source.reset(key);
    const draws = Array.from({ length: 70_000 }, () => source.next() * 2 ** 53);
    const [answer] = await ask([`draws ${key.low} ${key.high} 70000`]);
    expect(answer === draws.join(' ')).toBe(true);
  });

  it('refuses damaged payloads for the reason the library gives', async () => {
    const payload = encode('topk:k=5', gradientOf(100, 'damage'), { seed: 1 });
    const keyed = encode('randomk:k=5', gradientOf(100, 'damage'), { seed: 1 });
    const start = 16 * payload[3]!;
    const edit = (bytes: Uint8Array, ...changes: [number, number][]): Uint8Array => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    };
    const body = (...changes: [number, number][]): Uint8Array =>
      resealPayload(edit(payload, ...changes));
    const damaged: [Uint8Array, string][] = [
      [payload.slice(0, 0), 'TRUNCATED'],
      [payload.slice(0, 7), 'TRUNCATED'],
      [payload.slice(0, 20), 'TRUNCATED'],
      [payload.slice(0, -1), 'TRUNCATED'],
      [Uint8Array.of(...payload, 0), 'OVERSIZED'],
      [edit(payload, [0, 0x50]), 'FOREIGN'],
      [edit(payload, [2, 2]), 'VERSION'],
      [edit(payload, [3, 1]), 'HEADER'],
      [edit(payload, [6, 1]), 'HEADER'],
      [edit(payload, [8, 0x0b]), 'HEADER'],
      [edit(payload, [payload.length - 1, payload.at(-1)! ^ 0x80]), 'CHECKSUM'],
      [edit(payload, [start - 1, 1]), 'CHECKSUM'],
      // The tag of the spec's first letter: an unknown codec; its id; its length beyond the limit.
      [resealPayload(edit(payload, [13, 0x78])), 'CODEC'],
      [resealPayload(edit(payload, [10, 4])), 'CODEC'],
      [edit(payload, [messageEnd(payload) - 16, 0x7f]), 'LIMIT'],
      [resealPayload(edit(keyed, [10, 6], [13, 0x78])), 'CODEC'],
      [body([start, 6]), 'BODY'],
      [body([start, 4]), 'BODY'],
      [body([start + 4, 21]), 'BODY'],
      [body([start + 12, 25]), 'BODY'],
      [body([start + 19, 0x7f], [start + 18, 0xff]), 'BODY'],
      [body([payload.length - 1, 0xff]), 'BODY'],
      [resealPayload(Uint8Array.of(...payload, 0)), 'BODY'],
    ];
    const found = await ask(damaged.map(([bytes]) => payloadRequest(bytes)));
    damaged.forEach(([bytes, code], i) => {
      expect(found[i], `${i}`).toMatch(new RegExp(`^refused ${code} `));
      expect(() => decode(bytes), `${i}`).toThrow(
        expect.objectContaining({ code: `GRADWIRE_PAYLOAD_${code}` }),
      );
    });
  });

  it.each(chosen.filter((spec) => !spec.includes('1000000')))(
    'takes and refuses the same bodies of %s',
    async (spec) => {
      const payload = encode(spec, gradientOf(150, spec), { seed: 9 });
      const noise = noiseFor(`edits of ${spec}`);
      const start = 16 * payload[3]!;
      const mutants = Array.from({ length: 60 }, () => {
        const copy = payload.slice();
        const at = start + Math.floor(noise() * (copy.length - start));
        copy.fill(Math.floor(noise() * 256), at, at + 1 + Math.floor(noise() * 3));
        return resealPayload(copy);
      });
      const found = await ask(mutants.map(payloadRequest));
      mutants.forEach((mutant, i) => {
        const library = outcome(() => hex(decode(mutant)));
        expect(found[i]!.replace(/^refused (\w+) .*/, 'GRADWIRE_PAYLOAD_$1')).toBe(library);
      });
    },
  );

  it('reads snapshots of error feedback', async () => {
    const gradient = gradientOf(40, 'snapshot');
    const feedback = errorFeedback('topk:k=3', gradient.length);
    for (let step = 0; step < 5; step++) feedback.encode(gradient, { seed: 1 });
    const snapshot = feedback.snapshot();
    const damaged = Uint8Array.from(snapshot);
    damaged[snapshot.length - 20]! ^= 1;
    expect(await ask([`snapshot ${hex(snapshot)}`, `snapshot ${hex(damaged)}`])).toEqual([
      `topk:k=3+ef 5 ${hex(feedback.residual)}`,
      'refused SNAPSHOT checksum',
    ]);
  });

  it('reads frames', async () => {
    const payload = Uint8Array.from({ length: 70 }, (_, i) => 3 * i);
    const frame = new Uint8Array(FRAME_PREFIX_BYTES + payload.length);
    frame.set(payload, FRAME_PREFIX_BYTES);
    const checksum = laneChecksum(payload);
    writeFramePrefix(
      {
        kind: FrameKind.data,
        flags: 5,
        context: 3_000_001,
        epoch: 1,
        operation: 2 ** 31,
        tag: 7,
        length: 70,
        checksum,
      },
      frame,
    );
    const damaged = frame.slice();
    damaged[12]! ^= 1;
    expect(await ask([`frame ${hex(frame)}`, `frame ${hex(damaged)}`])).toEqual([
      `6 5 3000001 1 ${2 ** 31} 7 ${hex(payload)}`,
      'refused HEADER check',
    ]);
  });
});

function messageEnd(payload: Uint8Array): number {
  return 8 + payload[4]! + 256 * payload[5]!;
}

/** The result, or the code of the error. */
function outcome(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (isGradwireError(error)) return error.code;
    throw error;
  }
}

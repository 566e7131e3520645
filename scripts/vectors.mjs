/**
 * Writes the golden vectors of proto/vectors/: what this format version's bytes are, for good.
 *
 * Vectors freeze the format. Adding some is fine at any time. CHANGING ONE MEANS A NEW FORMAT
 * VERSION (proto/ids.ts, FORMAT_VERSION): payloads in files and peers of another release depend on
 * these bytes. So this script refuses to change a vector that exists, unless `--new-format-version`
 * says that this is meant.
 *
 * usage: node scripts/vectors.mjs [--new-format-version]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'proto/vectors');

/** The library from source, in one module. */
async function loadLibrary() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export * from './codecs/index.ts'; export { UniformSource } from './codecs/random.ts';" +
        "export { DitherSource } from './codecs/kernels/reference/dither.ts';" +
        "export { FORMAT_VERSION } from './proto/ids.ts';",
      resolveDir: root,
      loader: 'ts',
    },
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

const gradwire = await loadLibrary();

/** @typedef {Record<string, unknown>} Vector */

function hex(/** @type {ArrayBufferView} */ array) {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
}

/** 32-bit integers of a fixed recurrence (Numerical Recipes): inputs are the same everywhere. */
function* integers(/** @type {number} */ seed) {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

/** `length` values by a rule that needs no rounding, so that every machine computes the same. */
function values(
  /** @type {number} */ length,
  /** @type {(draw: () => number, i: number) => number} */ rule,
) {
  const source = integers(length);
  const draw = () => /** @type {number} */ (source.next().value);
  return Float32Array.from({ length }, (_, i) => rule(draw, i));
}

/** A bell: the sum of four integers below 2¹⁶, in units of 2⁻¹⁶. */
function bell(/** @type {() => number} */ draw) {
  let sum = -4 * 2 ** 15;
  for (let i = 0; i < 4; i++) sum += draw() % 2 ** 16;
  return sum * 2 ** -16;
}

/** @type {Record<string, Float32Array>} */
const inputs = {
  empty: new Float32Array(0),
  one: Float32Array.of(-0.7),
  signs: Float32Array.of(1, -0, 0, -2.5, 2 ** -149, -1e-40, 3.5),
  zeros: new Float32Array(33),
  bell100: values(100, bell),
  wide100: values(100, (draw) => bell(draw) * 2 ** ((draw() % 60) - 30)),
  huge17: values(17, (draw) => (draw() % 2 ? 1 : -1) * 2 ** 127 * (1 + (draw() % 128) / 128)),
  sparse100: values(100, (draw, i) => (i % 9 === 4 ? bell(draw) : 0)),
  bell1000: values(1000, bell),
};

/** Every stage, packing and corner of the parameters. */
const short = [
  'none',
  'bf16',
  'fp16',
  'qsgd:levels=1',
  'qsgd:levels=2,block=16',
  'qsgd:levels=3',
  'qsgd',
  'qsgd:levels=15,block=33',
  'qsgd:levels=31',
  'qsgd:levels=63,block=1',
  'qsgd:levels=127',
  'qsgd:levels=7,norm=l2',
  'qsgd:levels=1,block=64,norm=l2+ef',
  'qsgd+ef',
  'terngrad',
  'terngrad:pack=bits',
  'terngrad:clip=2.5',
  'terngrad+ef',
  'terngrad:clip=0.5,pack=bits+ef',
  'topk:density=0.01',
  'topk:density=0.1',
  'topk:k=7',
  'topk:density=1',
  'topk:k=2,block=16+ef',
  'randomk:density=0.1',
  'randomk:k=7,select=uniform',
  'randomk:density=0.3,scale=none',
  'randomk:density=0.2+ef',
  'quantile',
  'quantile:bits=1,block=16',
  'topk:density=0.1/qsgd:levels=3',
  'topk:density=0.2/quantile+ef',
  'topk:k=9/terngrad+ef',
  'topk:density=0.3/bf16',
  'randomk:density=0.25/qsgd:levels=7,block=16',
  'randomk:density=0.5,select=uniform/fp16',
];

/** These also on 1000 elements. */
const long = [
  'qsgd',
  'qsgd:levels=127,norm=l2',
  'terngrad',
  'topk:density=0.05',
  'topk:k=8,block=128/quantile+ef',
  'randomk:density=0.1',
];

/** Entropy codings, on these inputs: fixed-width codes are shorter for the first, longer for others. */
const coded = [
  'qsgd:levels=1,block=64,norm=l2,entropy=elias',
  'qsgd:norm=l2,entropy=elias+ef',
  'qsgd:levels=127,norm=l2,entropy=elias',
  'terngrad:entropy=elias',
  'qsgd:levels=1,block=64,norm=l2,entropy=rans',
  'qsgd:norm=l2,entropy=rans+ef',
  'qsgd:levels=127,norm=l2,entropy=rans',
  'terngrad:entropy=rans',
  'topk:density=0.5/qsgd:levels=3,norm=l2,entropy=rans',
];
const codedInputs = ['empty', 'signs', 'zeros', 'bell100', 'sparse100', 'bell1000'];

function vectorOf(
  /** @type {string} */ spec,
  /** @type {string} */ input,
  /** @type {number} */ i,
) {
  const options = { seed: 1000 + i, rank: i % 5, step: 3 * i, bucket: i % 3 };
  const payload = gradwire.encode(spec, inputs[input], options);
  return { spec, input, ...options, payload: hex(payload), decoded: hex(gradwire.decode(payload)) };
}

function codecVectors() {
  const names = Object.keys(inputs).filter((name) => name !== 'bell1000');
  const cases = [
    ...short.flatMap((spec, i) => [
      [spec, 'bell100'],
      [spec, names[i % names.length] ?? 'one'],
      [spec, i % 2 ? 'signs' : 'wide100'],
    ]),
    ...long.map((spec) => [spec, 'bell1000']),
    ...coded.flatMap((spec) => codedInputs.map((input) => [spec, input])),
  ];
  const unique = [...new Map(cases.map((pair) => [pair.join(' '), pair])).values()];
  return unique.map(([spec = '', input = ''], i) => vectorOf(spec, input, i));
}

function streamVectors() {
  const places = [
    { seed: 0 },
    { seed: 1 },
    { seed: 1, rank: 1 },
    { seed: 1, step: 1 },
    { seed: 1, bucket: 1 },
    { seed: 1, chunk: 1 },
    { seed: 1, phase: 1 },
    { seed: 2 ** 40 + 5, rank: 1023, step: 2 ** 33, bucket: 7, chunk: 65535, phase: 2 },
  ];
  return places.map((at) => {
    const { shared, own } = gradwire.streamsFor(at);
    const uniform = new gradwire.UniformSource();
    uniform.reset(shared);
    const dither = new gradwire.DitherSource();
    const first = new Uint16Array(64);
    dither.reset(own);
    dither.fill(first, 64);
    return {
      at,
      shared,
      own,
      uniformOfShared: Array.from({ length: 4 }, () => uniform.next()),
      ditherOfOwn: [...first.subarray(0, 36)],
    };
  });
}

function feedbackVectors() {
  return ['qsgd:levels=1,norm=l2', 'topk:density=0.2', 'randomk:k=3', 'terngrad'].map((spec) => {
    const feedback = gradwire.errorFeedback(spec, 20);
    const payloads = [1, 2, 3].map((t) =>
      hex(feedback.encode(inputs['bell100']?.subarray(20 * t, 20 * t + 20), { seed: 9, rank: 1 })),
    );
    return {
      spec: feedback.spec,
      input: 'bell100',
      windows: [20, 40, 60],
      length: 20,
      seed: 9,
      rank: 1,
      payloads,
      snapshot: hex(feedback.snapshot()),
    };
  });
}

/** Refuses to change what an older file holds; new entries are welcome. */
function checkFrozen(
  /** @type {string} */ path,
  /** @type {Vector[]} */ vectors,
  /** @type {(vector: Vector) => string} */ nameOf,
) {
  if (!existsSync(path) || process.argv.includes('--new-format-version')) return;
  const fresh = new Map(vectors.map((vector) => [nameOf(vector), JSON.stringify(vector)]));
  for (const old of JSON.parse(readFileSync(path, 'utf8')).vectors)
    if (fresh.get(nameOf(old)) !== JSON.stringify(old))
      throw new Error(
        `${path}: ${nameOf(old)} changed or is gone. That needs a new format version ` +
          '(proto/ids.ts), then run this with --new-format-version.',
      );
}

function write(
  /** @type {string} */ name,
  /** @type {Vector[]} */ vectors,
  /** @type {(vector: Vector) => string} */ nameOf,
) {
  const path = join(folder, name);
  checkFrozen(path, vectors, nameOf);
  const used = Object.entries(inputs).filter(([key]) => vectors.some(({ input }) => input === key));
  const hexInputs = used.map(
    ([key, array]) => `    ${JSON.stringify(key)}: ${JSON.stringify(hex(array))}`,
  );
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path,
    `{\n  "formatVersion": ${gradwire.FORMAT_VERSION},\n` +
      (used.length === 0 ? '' : `  "inputs": {\n${hexInputs.join(',\n')}\n  },\n`) +
      `  "vectors": [\n${lines.join(',\n')}\n  ]\n}\n`,
  );
  console.log(`${path}: ${vectors.length} vectors`);
}

write('codecs.json', codecVectors(), ({ spec, input }) => `${String(spec)} of ${String(input)}`);
write('streams.json', streamVectors(), ({ at }) => JSON.stringify(at));
write('feedback.json', feedbackVectors(), ({ spec }) => String(spec));

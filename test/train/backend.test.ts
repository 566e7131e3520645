import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BackendUnavailableError,
  backendNames,
  initialParameters,
  loadProblem,
  GradientComputer,
  selectBackend,
  UnknownNameError,
} from '../../src/train/index.ts';
import { conv2dBackpropFilter } from '../../src/train/kernels/conv2d-backprop-filter.ts';
import { SeededRandom } from '../../src/train/random.ts';
import { naiveFilterGradient } from '../oracle/train.ts';

/** tfjs-node is optional: absent wherever its native library could not be downloaded. */
const packageName: string = '@tensorflow/tfjs-node';
const nodePresent = await import(packageName).then(
  () => true,
  () => false,
);

/** Emscripten's own would rethrow whatever the program does not catch. */
function processHandlers(): unknown[] {
  return ['uncaughtException', 'unhandledRejection'].flatMap((event) =>
    process.rawListeners(event),
  );
}
const handlersAtStart = processHandlers();

describe('selectBackend', () => {
  it('takes the first that is present, and says what it passed over', async () => {
    const backend = await selectBackend();
    expect(backend.name).toBe(nodePresent ? 'node' : 'wasm');
    expect(backend.skipped.map(({ name }) => name)).toEqual(nodePresent ? [] : ['node']);
    expect(backend.description).toMatch(/@tensorflow\/tfjs-(node|backend-wasm) 4\./);
  });

  it.each(['wasm', 'cpu'] as const)('%s on demand, also again', async (name) => {
    for (let i = 0; i < 2; i++) {
      expect(await selectBackend(name)).toMatchObject({ name, skipped: [] });
      expect(tf.getBackend()).toBe(name);
    }
  });

  it('fails clearly for node where it is missing, and leaves the current backend in use', async () => {
    if (nodePresent) {
      expect(await selectBackend('node')).toMatchObject({ name: 'node' });
      return;
    }
    await selectBackend('cpu');
    const error: unknown = await selectBackend('node').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BackendUnavailableError);
    expect(error).toMatchObject({ code: 'GRADWIRE_BACKEND_UNAVAILABLE', backend: 'node' });
    expect((error as Error).message).toBe(
      'backend node is not available: its package is not installed',
    );
    expect(tf.getBackend()).toBe('cpu');
  });

  it('lists the backends when there is no such one', async () => {
    const error: unknown = await selectBackend('webgl' as never).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnknownNameError);
    expect((error as Error).message).toMatch(/auto, node, wasm, cpu/);
    expect(backendNames).toEqual(['node', 'wasm', 'cpu']);
  });

  it('leaves no handlers on the process', async () => {
    await selectBackend('wasm');
    expect(processHandlers()).toEqual(handlersAtStart);
  });
});

function random(shape: readonly number[], purpose: string): Float32Array {
  const source = new SeededRandom(21, purpose);
  const length = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length }, () => 2 * source.uniform() - 1);
}

type Pad =
  | 'same'
  | 'valid'
  | number
  | [[number, number], [number, number], [number, number], [number, number]];

interface Convolution {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly pad: Pad;
}

const CONVOLUTIONS: Convolution[] = [
  { x: [2, 8, 8, 1], filter: [3, 3, 1, 4], strides: [1, 1], pad: 'same' },
  { x: [3, 7, 5, 2], filter: [3, 3, 2, 3], strides: [1, 1], pad: 'valid' },
  { x: [1, 9, 9, 3], filter: [5, 5, 3, 2], strides: [2, 2], pad: 'same' },
  { x: [2, 8, 8, 2], filter: [3, 3, 2, 2], strides: [2, 2], pad: 'valid' },
  { x: [2, 10, 7, 2], filter: [2, 4, 2, 3], strides: [3, 2], pad: 'same' },
  { x: [2, 6, 6, 3], filter: [1, 1, 3, 5], strides: [1, 1], pad: 'same' },
  { x: [2, 6, 6, 1], filter: [1, 1, 1, 1], strides: [2, 3], pad: 'valid' },
  { x: [2, 5, 6, 2], filter: [3, 2, 2, 2], strides: [1, 1], pad: 2 },
  {
    x: [2, 5, 6, 2],
    filter: [3, 3, 2, 2],
    strides: [2, 1],
    pad: [
      [0, 0],
      [2, 0],
      [1, 3],
      [0, 0],
    ],
  },
  { x: [1, 3, 3, 1], filter: [3, 3, 1, 1], strides: [1, 1], pad: 'valid' },
  { x: [1, 2, 2, 1], filter: [3, 3, 1, 2], strides: [1, 1], pad: 'same' },
];

function sizesOf({ x, filter, strides, pad }: Convolution): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad);
}

/** The filter gradient on the current backend, through its registered kernel. */
function filterGradient({ x, filter, strides, pad }: Convolution): Float32Array {
  const { outShape } = sizesOf({ x, filter, strides, pad });
  return tf.tidy(() => {
    const inputs = {
      x: tf.tensor4d(random(x, 'x'), x),
      dy: tf.tensor(random(outShape, 'dy'), outShape),
    };
    const attrs = { strides, pad, dataFormat: 'NHWC', filterShape: filter };
    const dw = tf.engine().runKernel(tf.Conv2DBackpropFilter, inputs, attrs);
    expect((dw as tf.Tensor).shape).toEqual(filter);
    return (dw as tf.Tensor).dataSync<'float32'>();
  });
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

describe('the filter gradient on wasm', () => {
  it.each(CONVOLUTIONS)('agrees with the cpu backend and with loops: %j', async (convolution) => {
    await selectBackend('wasm');
    const before = tf.memory().numTensors;
    const wasm = filterGradient(convolution);
    expect(tf.memory().numTensors).toBe(before);
    await selectBackend('cpu');
    const cpu = filterGradient(convolution);
    const info = sizesOf(convolution);
    const naive = naiveFilterGradient(random(convolution.x, 'x'), random(info.outShape, 'dy'), {
      n: info.batchSize,
      h: info.inHeight,
      w: info.inWidth,
      c: info.inChannels,
      d: info.outChannels,
      fh: info.filterHeight,
      fw: info.filterWidth,
      oh: info.outHeight,
      ow: info.outWidth,
      strideH: info.strideHeight,
      strideW: info.strideWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
    });
    expect(distance(wasm, naive)).toBeLessThan(2e-5);
    expect(distance(wasm, cpu)).toBeLessThan(2e-5);
    // The comparison has power: one weight of dy changes the outcome.
    expect(Math.max(...naive.map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('does not take the channel first', async () => {
    await selectBackend('wasm');
    const x = tf.zeros<tf.Rank.R4>([1, 1, 4, 4]);
    const attrs = {
      strides: 1,
      pad: 'same',
      dataFormat: 'NCHW',
      filterShape: [3, 3, 1, 1],
    } as const;
    expect(() => conv2dBackpropFilter({ x, dy: x }, attrs as never)).toThrow(/must be "NHWC"/);
    x.dispose();
  });
});

describe('wasm and cpu', () => {
  beforeAll(async () => {
    await selectBackend('wasm');
  });

  it.each(['mlp', 'cnn', 'logistic'] as const)(
    'compute the same gradient of %s on digits',
    async (model) => {
      const problem = await loadProblem({ task: 'digits', model, seed: 1 });
      const parameters = initialParameters(problem.model, 1);
      const positions = Uint32Array.from({ length: 32 }, (_, i) => 3 * i);
      const gradients = [];
      for (const name of ['wasm', 'cpu'] as const) {
        await selectBackend(name);
        const gradient = problem.layout.allocate();
        new GradientComputer(problem, 32).compute(parameters, positions, gradient);
        gradients.push(gradient);
      }
      const [wasm, cpu] = gradients as [Float32Array, Float32Array];
      const scale = Math.max(...cpu.map(Math.abs));
      expect(scale).toBeGreaterThan(0.01);
      expect(distance(wasm, cpu) / scale).toBeLessThan(1e-5);
    },
  );
});

/**
 * `none`: float32 as it is, the baseline every codec is compared with.
 *
 * Payload body: n little-endian float32. Exact, unbiased (ω = 0), additive. 32 bits an element.
 */
import { bodyError, checkBodyLength } from './body.ts';
import { kernels } from './kernels/index.ts';
import type { StageDefinition } from './registry-types.ts';
import type { ValueStage } from './stage.ts';

const WINDOW = 4096;
const window = new Float32Array(WINDOW);
const windowBytes = new Uint8Array(window.buffer);

/** Calls `use(start, values)` for windows of the body, whatever its alignment. */
function forEachWindow(body: Uint8Array, use: (start: number, values: Float32Array) => void): void {
  const length = body.length >>> 2;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    windowBytes.set(body.subarray(4 * start, 4 * (start + count)));
    use(start, window.subarray(0, count));
  }
}

/** The raw float32 stage. */
export const rawStage: ValueStage = {
  unbiased: true,
  raw: true,
  omega: () => 0,
  delta: () => 1,
  maxBodyBytes: (length) => 4 * length,
  encode(x, body) {
    body.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
    return x.byteLength;
  },
  check(body, length) {
    checkBodyLength(body, 4 * length);
    forEachWindow(body, (start, values) => {
      const index = kernels.firstNonFinite(values);
      if (index >= 0) throw bodyError(`element ${start + index} is ${values[index]}`);
    });
  },
  decode(body, out) {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(body);
  },
  add(body, sum, weight) {
    const w = Math.fround(weight);
    forEachWindow(body, (start, values) => {
      for (let i = 0; i < values.length; i++)
        sum[start + i] = sum[start + i]! + Math.fround(values[i]! * w);
    });
  },
  sections: (body) => [{ name: 'values', bytes: body.length }],
};

/** Registry entry. */
export const none: StageDefinition = {
  summary: 'float32 as it is',
  parameters: [],
  build: () => ({ role: 'values', stage: rawStage }),
};

/**
 * `none`: float32 as it is, the baseline every codec is compared with.
 *
 * Payload body: n little-endian float32. Exact, unbiased (ω = 0), additive. 32 bits an element.
 */
import { bodyError, checkBodyLength } from './body.ts';
import { kernels } from './kernels/index.ts';
import { getFloat32 } from './kernels/reference/float.ts';
import type { StageDefinition } from './registry-types.ts';
import type { ValueStage } from './stage.ts';

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
    const index = kernels.firstNonFiniteRaw(body);
    if (index >= 0) throw bodyError(`element ${index} is ${getFloat32(body, 4 * index)}`);
    return body;
  },
  decode(body, out) {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(body);
  },
  add: (body, sum, weight) => kernels.addRaw(body, sum, weight),
  sections: (body) => [{ name: 'values', bytes: body.length }],
};

/** Registry entry. */
export const none: StageDefinition = {
  summary: 'float32 as it is',
  parameters: [],
  build: () => ({ role: 'values', stage: rawStage }),
};

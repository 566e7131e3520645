/**
 * `bf16` and `fp16`: round every element to a 16-bit float, to nearest, ties to even.
 *
 * bfloat16: float32 cut to 8 significand bits; binary16: IEEE 754-2019, 11 significand bits.
 * Payload body: n little-endian 16-bit words. Deterministic and biased; in range the relative error
 * is at most 2⁻⁸ (bf16) or 2⁻¹¹ (fp16), so δ = 1 − 2⁻¹⁶ or 1 − 2⁻²². Finite values beyond the range
 * are saturated and counted in the header; values below it lose up to half the smallest step.
 * 16 bits an element.
 */
import { bodyError, checkBodyLength } from './body.ts';
import { kernels, type HalfFormat } from './kernels/index.ts';
import type { StageDefinition } from './registry-types.ts';
import type { ValueStage } from './stage.ts';

const formats = {
  bf16: { delta: 1 - 2 ** -16, smallest: 2 ** -133, largest: (2 - 2 ** -7) * 2 ** 127 },
  fp16: { delta: 1 - 2 ** -22, smallest: 2 ** -24, largest: 65504 },
} as const;

function halfStage(format: HalfFormat): ValueStage {
  const { delta, smallest, largest } = formats[format];
  return {
    unbiased: false,
    delta: () => delta,
    range: { smallest, largest },
    maxBodyBytes: (length) => 2 * length,
    encode(x, body, _random, report) {
      report.saturated += kernels.encodeHalf(x, format, body);
      return 2 * x.length;
    },
    check(body, length) {
      checkBodyLength(body, 2 * length);
      const index = kernels.firstNonFiniteHalf(body, format);
      if (index >= 0) throw bodyError(`element ${index} is not finite`);
      return body;
    },
    decode: (body, out) => kernels.decodeHalf(body, format, out),
    add: (body, sum, weight) => kernels.addHalf(body, format, sum, weight),
    sections: (body) => [{ name: 'values', bytes: body.length }],
  };
}

function halfDefinition(format: HalfFormat, summary: string): StageDefinition {
  const stage = halfStage(format);
  return { summary, parameters: [], build: () => ({ role: 'values', stage }) };
}

/** Registry entries. */
export const bf16: StageDefinition = halfDefinition(
  'bf16',
  'bfloat16: float32 range, 8 significant bits',
);
export const fp16: StageDefinition = halfDefinition(
  'fp16',
  'IEEE half precision: 11 significant bits up to 65504',
);

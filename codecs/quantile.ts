/**
 * `quantile`: sign and one of two magnitudes, one 16-bit scale per block. Made for the values that
 * a select stage keeps: they share a narrow band of magnitudes. (Compare the 2-bit top-k values of
 * SparseLoCo, Sarfi et al. 2025, arXiv 2508.15706.)
 *
 * A value v of a block decodes to sign(v) · scale · (hi ? 1 : ratio).
 * The ratio ∈ {1/64 … 64/64} is fitted once per payload: two-means over |v| / (mean |v| of its block).
 * Per block, magnitudes are split where they are nearer to one or the other, then the scale is the
 * least-squares one: ⟨|v|, m⟩ / ‖m‖² with m ∈ {ratio, 1}.
 *
 * Payload body: 16 bytes (byte 0: 64 · ratio, the rest zero); one 16-bit scale per block (float32
 * without sign and with 8 fraction bits, i.e. bits 30..15 of the pattern), padded to 16 bytes; codes
 * (bit 0: negative, bit 1: hi) in a 2-bit plane. bits=1 has no magnitude bit: every value of a block
 * decodes to ± its mean magnitude (scaled sign, Karimireddy et al. 2019, arXiv 1901.09847).
 * Statistics: deterministic and biased. The block's decoded vector is its projection onto ±m, so
 * ‖C(v) − v‖² = ‖v‖² − ⟨|v|, m⟩²/‖m‖² up to the rounding of the scale: δ ≥ 1/d for blocks of d.
 * Edge cases: an all-zero block has scale 0. A block whose scale would overflow gets one magnitude.
 * Scales step by 2⁻¹³⁴ among denormals, so a block below 2⁻¹³⁵ decodes to zeros.
 * Cost: 2 + 16/d bits a value; two sweeps and six for the fit; 5 bytes a value. Sums are in float64 and
 * in index order.
 */
import { bodyError, checkBodyLength, entropyBits, Scratch } from './body.ts';
import { kernels } from './kernels/index.ts';
import { floatFromBits } from './kernels/reference/float.ts';
import { planeBytes } from './kernels/reference/planes.ts';
import { LARGEST_SCALE, RATIO_STEPS } from './kernels/reference/quantile.ts';
import type { StageDefinition } from './registry-types.ts';
import { integer } from './spec.ts';
import type { ValueStage } from './stage.ts';

const SUBHEADER = 16;
/** Rounding to 9 significant bits moves a least-squares scale by at most 2⁻⁹ of itself. */
const SCALE_LOSS = 2 ** -18;

interface Shape {
  readonly bits: 1 | 2;
  readonly block: number;
  readonly length: number;
}

function blocksOf(plan: Shape): number {
  return Math.ceil(plan.length / plan.block);
}

function codesOffset(plan: Shape): number {
  return SUBHEADER + ((2 * blocksOf(plan) + 15) & ~15);
}

function bodyBytes(plan: Shape): number {
  return codesOffset(plan) + planeBytes(plan.bits, plan.length);
}

function encodeQuantile(
  x: Float32Array,
  plan: Shape,
  body: Uint8Array,
  scratch: Scratch,
  codes: Uint8Array,
): void {
  const { bits, block, length } = plan;
  const codesAt = codesOffset(plan);
  body.fill(0, 0, codesAt);
  const steps = bits === 1 ? RATIO_STEPS : kernels.fitQuantile(x, block, scratch.floats(length));
  body[0] = steps;
  kernels.encodeQuantile(x, { bits, block, steps }, body.subarray(SUBHEADER, codesAt), codes);
  codes.fill(0, length, length + 128);
  kernels.packPlane(codes, length, { bits, shift: 0 }, body, codesAt);
}

/** Calls `use(start, end, values)`, values being the four a code of that block stands for. */
function forEachBlock(
  body: Uint8Array,
  plan: Shape,
  codes: Uint8Array,
  use: (start: number, end: number, values: Float32Array) => void,
): void {
  const { bits, block, length } = plan;
  kernels.unpackPlane(body, codesOffset(plan), { bits, shift: 0 }, codes, length);
  const ratio = body[0]! / RATIO_STEPS;
  const values = new Float32Array(4);
  for (let start = 0, b = 0; start < length; start += block, b++) {
    const scale = floatFromBits(
      (body[SUBHEADER + 2 * b]! | (body[SUBHEADER + 2 * b + 1]! << 8)) << 15,
    );
    const low = bits === 1 ? scale : scale * ratio;
    values.set([low, -low, scale, -scale]);
    use(start, Math.min(length, start + block), values);
  }
}

function checkQuantile(body: Uint8Array, plan: Shape): Uint8Array {
  checkBodyLength(body, bodyBytes(plan));
  if (body[0]! < 1 || body[0]! > RATIO_STEPS)
    throw bodyError(`ratio ${body[0]} is outside 1..${RATIO_STEPS}`);
  for (let b = 0; b < blocksOf(plan); b++) {
    const scale = body[SUBHEADER + 2 * b]! | (body[SUBHEADER + 2 * b + 1]! << 8);
    if (scale > LARGEST_SCALE) throw bodyError(`scale of block ${b} is not finite`);
  }
  return body;
}

function quantileStage(bits: 1 | 2, block: number): ValueStage {
  const scratch = new Scratch();
  let codes = new Uint8Array(0);
  const planFor = (length: number): Shape => ({ bits, block, length });
  const codesFor = (length: number): Uint8Array => {
    if (codes.length < length + 128) codes = new Uint8Array(length + 128);
    return codes;
  };
  return {
    unbiased: false,
    block,
    delta: (length) => (1 - SCALE_LOSS) / Math.max(1, Math.min(block, length)),
    maxBodyBytes: (length) => bodyBytes(planFor(length)),
    encode(x, body) {
      const plan = planFor(x.length);
      encodeQuantile(x, plan, body, scratch, codesFor(x.length));
      return bodyBytes(plan);
    },
    check: (body, length) => checkQuantile(body, planFor(length)),
    decode(body, out) {
      const found = codesFor(out.length);
      forEachBlock(body, planFor(out.length), found, (start, end, values) => {
        for (let i = start; i < end; i++) out[i] = values[found[i]!]!;
      });
    },
    add(body, sum, weight) {
      const w = Math.fround(weight);
      const found = codesFor(sum.length);
      forEachBlock(body, planFor(sum.length), found, (start, end, values) => {
        for (let i = start; i < end; i++) sum[i] = sum[i]! + Math.fround(values[found[i]!]! * w);
      });
    },
    sections(body, length) {
      const plan = planFor(length);
      const found = codesFor(length);
      const counts = [0, 0, 0, 0];
      forEachBlock(body, plan, found, (start, end) => {
        for (let i = start; i < end; i++) counts[found[i]!]!++;
      });
      return [
        { name: 'ratio', bytes: SUBHEADER },
        { name: 'scales', bytes: codesOffset(plan) - SUBHEADER },
        {
          name: 'codes',
          bytes: planeBytes(bits, length),
          symbols: length,
          entropyBits: entropyBits(counts),
        },
      ];
    },
  };
}

/** Registry entry. */
export const quantile: StageDefinition = {
  summary: 'sign and one of two magnitudes, for values a select stage kept',
  parameters: [integer('bits', 1, 2, 2), integer('block', 1, 2 ** 28, 64)],
  build: ({ values }) => ({
    role: 'values',
    stage: quantileStage(values.get('bits') as 1 | 2, values.get('block') as number),
  }),
};

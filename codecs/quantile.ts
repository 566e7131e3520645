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
 * Cost: 2 + 16/d bits a value; two sweeps; all sums in float64 and in index order.
 */
import { bodyError, checkBodyLength, entropyBits, Scratch } from './body.ts';
import { packPlane, planeBytes, unpackPlane } from './kernels/reference/planes.ts';
import type { StageDefinition } from './registry-types.ts';
import { integer } from './spec.ts';
import type { ValueStage } from './stage.ts';

const SUBHEADER = 16;
const RATIO_STEPS = 64;
const FIT_ROUNDS = 6;
const LARGEST_SCALE = 0xfeff;
const FLOAT32_MAX = 3.4028234663852886e38;
/** Rounding to 9 significant bits moves a least-squares scale by at most 2⁻⁹ of itself. */
const SCALE_LOSS = 2 ** -18;

const pattern = new Int32Array(1);
const patternFloat = new Float32Array(pattern.buffer);

/** Nearest 16-bit scale of a non-negative value, saturating. */
function toScale(value: number): number {
  patternFloat[0] = Math.min(value, FLOAT32_MAX);
  return Math.min(LARGEST_SCALE, (pattern[0]! + 0x3fff + ((pattern[0]! >>> 15) & 1)) >>> 15);
}

function fromScale(scale: number): number {
  pattern[0] = scale << 15;
  return patternFloat[0]!;
}

interface QuantilePlan {
  readonly bits: 1 | 2;
  readonly block: number;
  readonly length: number;
}

function blocksOf(plan: QuantilePlan): number {
  return Math.ceil(plan.length / plan.block);
}

function codesOffset(plan: QuantilePlan): number {
  return SUBHEADER + ((2 * blocksOf(plan) + 15) & ~15);
}

function bodyBytes(plan: QuantilePlan): number {
  return codesOffset(plan) + planeBytes(plan.bits, plan.length);
}

function meanMagnitude(x: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.abs(x[i]!);
  return sum / Math.max(1, end - start);
}

/** Bit pattern of the smallest float32 that is not below `value` ≥ 0, up to Infinity. */
function patternNotBelow(value: number): number {
  patternFloat[0] = value;
  return patternFloat[0] < value ? pattern[0]! + 1 : pattern[0]!;
}

/** Writes |v| / (mean |v| of its block) to relative[0..length); returns how many are not zero. */
function relateToMeans(x: Float32Array, plan: QuantilePlan, relative: Float32Array): number {
  const { block, length } = plan;
  let nonZero = 0;
  for (let start = 0; start < length; start += block) {
    const end = Math.min(length, start + block);
    const mean = meanMagnitude(x, start, end);
    for (let i = start; i < end; i++) {
      const value = mean === 0 ? 0 : Math.fround(Math.abs(x[i]!) / mean);
      relative[i] = value;
      if (value !== 0) nonZero++;
    }
  }
  return nonZero;
}

const PART = 512;
const lowPart = new Float32Array(PART);
const highPart = new Float32Array(PART);
const lowPatterns = new Int32Array(lowPart.buffer);
const highPatterns = new Int32Array(highPart.buffer);

/** Sums of the values below `split` and of the others, each in index order, and their numbers. */
interface Halves {
  lowSum: number;
  highSum: number;
  highCount: number;
}

/**
 * Either half is added up with zeros in place of the other: which half a value belongs to is as good
 * as random, so branches would be mispredicted and cost more than the additions.
 */
function sumHalves(values: Float32Array, split: number, halves: Halves): void {
  const patterns = new Int32Array(values.buffer, values.byteOffset, values.length);
  const splitPattern = patternNotBelow(split);
  let lowSum = 0;
  let highSum = 0;
  let highCount = 0;
  for (let start = 0; start < patterns.length; start += PART) {
    const count = Math.min(PART, patterns.length - start);
    for (let i = 0; i < count; i++) {
      const bits = patterns[start + i]!;
      const isLow = (bits - splitPattern) >> 31;
      lowPatterns[i] = bits & isLow;
      highPatterns[i] = bits & ~isLow;
      highCount += 1 + isLow;
    }
    for (let i = 0; i < count; i++) {
      lowSum += lowPart[i]!;
      highSum += highPart[i]!;
    }
  }
  halves.lowSum = lowSum;
  halves.highSum = highSum;
  halves.highCount = highCount;
}

/** Two-means of |v| relative to its block's mean; returns 64 · low / high, at least 1. */
function fitRatio(x: Float32Array, plan: QuantilePlan, relative: Float32Array): number {
  const nonZero = relateToMeans(x, plan, relative);
  const halves: Halves = { lowSum: 0, highSum: 0, highCount: 0 };
  let low = 0.5;
  let high = 1.5;
  for (let round = 0; round < FIT_ROUNDS; round++) {
    sumHalves(relative, (low + high) / 2, halves);
    const lowCount = nonZero - halves.highCount;
    if (lowCount === 0 || halves.highCount === 0) return RATIO_STEPS;
    low = halves.lowSum / lowCount;
    high = halves.highSum / halves.highCount;
  }
  return Math.max(1, Math.min(RATIO_STEPS, Math.round((RATIO_STEPS * low) / high)));
}

/** The two magnitudes in units of the scale, and their squares. */
const magnitudes = Float64Array.of(0, 1);
const squares = Float64Array.of(0, 1);

/**
 * Splits and scales one block; writes codes[at..) and returns the least-squares scale. The split
 * starts from the scale that the mean suggests and is repeated once with the fitted one. No branch
 * depends on a value: it would be mispredicted half the time.
 * @param patterns bit patterns of `x`
 */
function encodeBlock(
  x: Float32Array,
  patterns: Int32Array,
  start: number,
  end: number,
  ratio: number,
  bits: number,
  codes: Uint8Array,
): number {
  magnitudes[0] = ratio;
  squares[0] = ratio * ratio;
  let scale = meanMagnitude(x, start, end) / (bits === 1 ? 1 : (1 + ratio) / 2);
  for (let round = 0; round < 2; round++) {
    const split = bits === 1 ? 0 : patternNotBelow((scale * (1 + ratio)) / 2);
    let dot = 0;
    let energy = 0;
    for (let i = start; i < end; i++) {
      const magnitude = patterns[i]! & 0x7fffffff;
      const isHigh = 1 + ((magnitude - split) >> 31);
      dot += Math.abs(x[i]!) * magnitudes[isHigh]!;
      energy += squares[isHigh]!;
      // −0 is not negative.
      const isNegative = (patterns[i]! >>> 31) & (-magnitude >>> 31);
      codes[i] = isNegative | ((isHigh << 1) & bits);
    }
    scale = dot / energy;
  }
  if (scale <= FLOAT32_MAX) return scale;
  // Most values are at the smaller magnitude and near the range's end: the larger one, which the
  // scale stands for, would overflow. One magnitude will do.
  for (let i = start; i < end; i++) codes[i] = codes[i]! | 2;
  return meanMagnitude(x, start, end);
}

function encodeQuantile(
  x: Float32Array,
  plan: QuantilePlan,
  body: Uint8Array,
  scratch: Scratch,
  codes: Uint8Array,
): void {
  const { bits, block, length } = plan;
  body.fill(0, 0, codesOffset(plan));
  const steps = bits === 1 ? RATIO_STEPS : fitRatio(x, plan, scratch.floats(length));
  body[0] = steps;
  const patterns = new Int32Array(x.buffer, x.byteOffset, x.length);
  for (let start = 0, b = 0; start < length; start += block, b++) {
    const end = Math.min(length, start + block);
    const scale = toScale(encodeBlock(x, patterns, start, end, steps / RATIO_STEPS, bits, codes));
    body[SUBHEADER + 2 * b] = scale;
    body[SUBHEADER + 2 * b + 1] = scale >>> 8;
  }
  codes.fill(0, length, length + 128);
  packPlane(codes, length, { bits, shift: 0 }, body, codesOffset(plan));
}

/** Calls `use(start, end, values)`, values being the four a code of that block stands for. */
function forEachBlock(
  body: Uint8Array,
  plan: QuantilePlan,
  codes: Uint8Array,
  use: (start: number, end: number, values: Float32Array) => void,
): void {
  const { bits, block, length } = plan;
  unpackPlane(body, codesOffset(plan), { bits, shift: 0 }, codes, length);
  const ratio = body[0]! / RATIO_STEPS;
  const values = new Float32Array(4);
  for (let start = 0, b = 0; start < length; start += block, b++) {
    const scale = fromScale(body[SUBHEADER + 2 * b]! | (body[SUBHEADER + 2 * b + 1]! << 8));
    const low = bits === 1 ? scale : scale * ratio;
    values.set([low, -low, scale, -scale]);
    use(start, Math.min(length, start + block), values);
  }
}

function checkQuantile(body: Uint8Array, plan: QuantilePlan): Uint8Array {
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
  const planFor = (length: number): QuantilePlan => ({ bits, block, length });
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

/** Laws about values that hold for every single encoding. */
import fc from 'fast-check';
import { streamsFor } from '../../../codecs/index.ts';
import { encodeWith, firstDifference, forEachDraw, throughCodec } from '../encoding.ts';
import { gradients, moderateKinds, awkwardLengths } from '../gradients.ts';
import { demand, forAll, type Law, type Subject } from '../law.ts';
import { Noise } from '../noise.ts';
import { distanceLimit, distributionDistance } from '../statistics.ts';

const anySeed = fc.nat(0xffff);

/** Zeros stay zeros. */
export const zeroLaw: Law = {
  name: 'zero',
  check(subject) {
    const { codec } = subject;
    const zeros = gradients({ kinds: ['zeros', 'negative zeros'] });
    forAll(
      subject,
      fc.property(zeros, anySeed, (x, seed) => {
        const decoded = throughCodec(codec, x, streamsFor({ seed }));
        demand(
          decoded.every((value) => value === 0),
          () => 'the zero gradient does not stay zero',
        );
      }),
    );
  },
};

/** No more elements differ from zero than `traits.density` says. */
export const densityLaw: Law = {
  name: 'density',
  applies: ({ traits }) => traits.support === 'sparse' || traits.density !== undefined,
  check(subject) {
    const { codec } = subject;
    const { density } = codec.traits;
    demand(density !== undefined, () => 'traits.support is sparse and traits.density is missing');
    forAll(
      subject,
      fc.property(gradients(), anySeed, (x, seed) => {
        const share = density(x.length);
        demand(share > 0 && share <= 1, () => `density(${x.length}) is ${share}`);
        const decoded = throughCodec(codec, x, streamsFor({ seed }));
        const kept = decoded.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
        demand(
          kept <= share * x.length + 1e-6,
          () => `${kept} of ${x.length} elements kept where density says ${share}`,
        );
      }),
    );
  },
};

/** Smallest magnitude that a scaled element may have: far enough above the denormals for any scale. */
const SMALLEST = 2 ** -112;

/**
 * decode(encode(2ᵏx)) = 2ᵏ·decode(encode(x)), bit for bit, with the same streams, as long as
 * nothing leaves float32's normal range. Codecs with a `range` of their own claim less.
 */
export const scaleLaw: Law = {
  name: 'scale',
  applies: ({ traits }) => traits.range === undefined,
  check(subject) {
    const { codec } = subject;
    forAll(
      subject,
      fc.property(
        gradients({ kinds: moderateKinds }),
        fc.integer({ min: -100, max: 100 }),
        anySeed,
        (x, exponent, seed) => {
          const factor = 2 ** exponent;
          fc.pre(x.every((v) => v === 0 || Math.abs(v) * Math.min(1, factor) > SMALLEST));
          const random = streamsFor({ seed });
          const expected = throughCodec(codec, x, random).map((value) => value * factor);
          const scaled = throughCodec(
            codec,
            x.map((value) => value * factor),
            random,
          );
          const at = firstDifference(expected, scaled);
          demand(
            at < 0,
            () => `scaling by 2^${exponent} gives ${scaled[at]} for ${expected[at]} at [${at}]`,
          );
        },
      ),
    );
  },
};

/** Chance that equal distributions look different. */
const ALPHA = 1e-9;

/** ±⟨decoded, direction⟩ of many encodings, for each direction. */
function projections(
  { codec, draws }: Subject,
  x: Float32Array,
  directions: readonly Float32Array[],
  sign: number,
  seed: number,
): Float64Array[] {
  const values = directions.map(() => new Float64Array(draws));
  forEachDraw(codec, x, draws, seed, (decoded, draw) => {
    for (const [d, direction] of directions.entries())
      values[d]![draw] = sign * decoded.reduce((sum, v, i) => sum + v * direction[i]!, 0);
  });
  return values;
}

/**
 * Without zeros among the elements, −x is encoded as x is: for codecs that draw nothing
 * decode(encode(−x)) = −decode(encode(x)); for others the two sides have one distribution, which is
 * compared along x and along random signs (Dvoretzky–Kiefer–Wolfowitz, false alarms below 10⁻⁹ each).
 */
export const signLaw: Law = {
  name: 'sign',
  check(subject) {
    const { codec, draws } = subject;
    const withoutZeros = gradients({
      kinds: ['gaussian', 'uniform', 'positive', 'lognormal', 'equal magnitudes', 'ramp'],
      lengths: awkwardLengths.filter((length) => length > 0 && length < 1000),
    });
    forAll(
      { ...subject, runs: Math.ceil(subject.runs / 10) },
      fc.property(withoutZeros, anySeed, (x, seed) => {
        const negative = x.map((value) => -value);
        const random = streamsFor({ seed });
        const mirrored = throughCodec(codec, negative, random).map((value) => -value);
        if (firstDifference(throughCodec(codec, x, random), mirrored) < 0) return;
        const noise = new Noise(seed);
        const directions = [x, x.map(() => noise.sign())];
        const left = projections(subject, x, directions, 1, seed);
        const right = projections(subject, negative, directions, -1, seed + 1);
        for (const [d, values] of left.entries()) {
          const distance = distributionDistance(values, right[d]!);
          demand(
            distance <= distanceLimit(draws, ALPHA),
            () => `x and −x are encoded differently (distributions ${distance.toFixed(3)} apart)`,
          );
        }
      }),
    );
  },
};

/** Sums of projected values stand for sums of decoded gradients, bit for bit. */
export const valuesLaw: Law = {
  name: 'values',
  applies: ({ values }) => values !== undefined,
  check(subject) {
    const { codec } = subject;
    const values = codec.values!;
    forAll(
      subject,
      fc.property(gradients({ kinds: moderateKinds }), anySeed, (x, seed) => {
        const { length } = x;
        const count = values.count(length);
        demand(
          Number.isInteger(count) && count >= 0 && count <= length,
          () => `count(${length}) is ${count}`,
        );
        const sum = new Float32Array(count);
        const decodedSum = new Float32Array(length);
        const { shared } = streamsFor({ seed });
        for (let rank = 0; rank < 3; rank++) {
          const local = x.map((value) => value * (1 + rank));
          const projected = new Float32Array(count);
          values.project(local, projected, shared);
          for (let j = 0; j < count; j++) sum[j] = sum[j]! + projected[j]!;
          codec.decodeAdd(encodeWith(codec, local, streamsFor({ seed, rank })), decodedSum);
        }
        const expanded = new Float32Array(length).fill(NaN);
        values.expand(sum, expanded, shared);
        const at = firstDifference(decodedSum, expanded);
        demand(
          at < 0,
          () => `summed values expand to ${expanded[at]} for ${decodedSum[at]} at [${at}]`,
        );
      }),
    );
  },
};

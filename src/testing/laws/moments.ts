/**
 * Laws about expectations. False-alarm rates: a z of 7 is 3·10⁻¹² for a normal mean; what is left of
 * skewness at these sample sizes, and a few dozen comparisons a codec, keep the total below 10⁻⁶.
 */
import fc from 'fast-check';
import { streamsFor, type Codec } from '../../../codecs/index.ts';
import { encodeWith, energy, forEachDraw, isDeterministic, largest } from '../encoding.ts';
import { gradients, makeGradient, moderateKinds } from '../gradients.ts';
import { demand, forAll, type Law, type Subject } from '../law.ts';
import { Noise } from '../noise.ts';
import { MEDIAN_GROUPS, medianOfMeans, Moments } from '../statistics.ts';

const Z = 7;
/** ln(1/α) of the Bernstein terms, α = 10⁻⁹. */
const LOG_ALPHA = 20.7;

const anySeed = fc.nat(0xffff);
const shortLengths = [2, 3, 9, 17, 33, 64, 129, 300, 513];

/** Non-zero gradients within the codec's range. */
function fittingGradients(codec: Codec): fc.Arbitrary<Float32Array> {
  const limit = codec.traits.range?.largest ?? Infinity;
  return gradients({ kinds: moderateKinds, lengths: shortLengths }).filter(
    (x) => energy(x) > 0 && largest(x) <= limit,
  );
}

/** Gradients on which any codec that draws at all shows it. */
function probes(): Float32Array[] {
  return [
    makeGradient('gaussian', 300, 1),
    makeGradient('lognormal', 129, 2),
    makeGradient('uniform', 33, 3),
  ];
}

/** Squared error of formats with a smallest step, beside the relative one. */
function rangeError(codec: Codec, length: number): number {
  return length * ((codec.traits.range?.smallest ?? 0) / 2) ** 2;
}

/** Moments of ‖decoded − x‖² / ‖x‖². */
function relativeErrors(codec: Codec, x: Float32Array, draws: number, seed: number): Moments {
  const moments = new Moments();
  const total = energy(x);
  forEachDraw(codec, x, draws, seed, (decoded) => moments.add(energy(x, decoded) / total));
  return moments;
}

/**
 * Where errors of quantisers are largest: equal magnitudes (Euclidean norms), and one element above
 * a floor of equal ones (maximum norms; how far above depends on the number of levels).
 */
function adversaries(codec: Codec): Float32Array[] {
  const ratios = [1, 2 ** -2, 2 ** -3, 2 ** -4, 2 ** -5, 2 ** -7];
  const limit = Math.min(1, codec.traits.range?.largest ?? Infinity);
  return [9, 129, 513].flatMap((length) =>
    ratios.map((ratio) =>
      Float32Array.from(
        { length },
        (_, i) => limit * (i === length >> 1 ? 1 : i & 1 ? -ratio : ratio),
      ),
    ),
  );
}

/** Adds to a violation what gradient it was found on. */
function within(shape: string, run: () => void): void {
  try {
    run();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new Error(`${cause.message} (${shape})`, { cause });
  }
}

/** Adversaries with a quarter of the draws each, then gradients of all kinds. */
function forHardAndAny(
  subject: Subject,
  runs: number,
  checkOne: (x: Float32Array, draws: number, seed: number) => void,
): void {
  const { codec, draws, seed } = subject;
  for (const x of adversaries(codec)) {
    const shape = `${x.length} elements, ${x[x.length >> 1]} among ±${x[0]}`;
    within(shape, () => checkOne(x, Math.ceil(draws / 4), seed));
  }
  forAll(
    { ...subject, runs },
    fc.property(fittingGradients(codec), anySeed, (x, at) => checkOne(x, draws, at)),
  );
}

/**
 * E‖decoded − x‖² ≤ (1 − δ)‖x‖²: for every gradient where the codec draws nothing, else in the
 * mean. Samples may miss rare good draws (random-k that hits the one spike), so to z standard errors
 * is added what Bernstein's inequality allows an error in [0, ‖x‖²] of that mean.
 */
export const contractionLaw: Law = {
  name: 'contraction',
  applies: ({ traits }) => traits.delta !== undefined,
  check(subject) {
    const { codec } = subject;
    const exact = isDeterministic(codec, probes());
    forHardAndAny(subject, exact ? subject.runs : few(subject), (x, draws, seed) => {
      const delta = codec.traits.delta!(x.length);
      demand(delta > 0 && delta <= 1, () => `delta(${x.length}) is ${delta}`);
      const { mean, standardError } = relativeErrors(codec, x, exact ? 1 : draws, seed);
      const sampling =
        Z * standardError +
        Math.sqrt((2 * delta * (1 - delta) * LOG_ALPHA) / draws) +
        (delta * LOG_ALPHA) / (3 * draws);
      const slack = exact ? 2 ** -30 : sampling + 2 ** -14;
      const limit = 1 - delta + slack + rangeError(codec, x.length) / energy(x);
      demand(
        mean <= limit,
        () => `‖error‖² is ${mean.toPrecision(6)} ‖x‖², delta ${delta} allows ${1 - delta}`,
      );
    });
  },
};

/** Statistical laws try an eighth of the gradients, many times each. */
function few({ runs }: Subject): number {
  return Math.ceil(runs / 8);
}

/** E‖decoded − x‖² ≤ ω‖x‖², up to what 15-bit dither and the rounding of scales may add (2⁻¹⁴). */
export const varianceLaw: Law = {
  name: 'variance',
  applies: ({ traits }) => traits.omega !== undefined,
  check(subject) {
    const { codec } = subject;
    forHardAndAny(subject, few(subject), (x, draws, seed) => {
      const omega = codec.traits.omega!(x.length);
      demand(omega >= 0, () => `omega(${x.length}) is ${omega}`);
      const { mean, standardError } = relativeErrors(codec, x, draws, seed);
      const slack =
        Z * standardError + 2 ** -8 * omega + 2 ** -14 + rangeError(codec, x.length) / energy(x);
      demand(
        mean <= omega + slack,
        () => `‖error‖² is ${mean.toPrecision(6)} ‖x‖² on average, omega says ${omega}`,
      );
    });
  },
};

/** Unit vectors along which a bias would show: along x, a common offset, random signs. */
function directions(x: Float32Array, seed: number): Record<string, Float64Array> {
  const noise = new Noise(seed);
  const norm = Math.sqrt(energy(x));
  const unit = 1 / Math.sqrt(x.length);
  return {
    'its own direction': Float64Array.from(x, (value) => value / norm),
    'a common offset': new Float64Array(x.length).fill(unit),
    'random signs': Float64Array.from(x, () => noise.sign() * unit),
  };
}

function alongDirection(decoded: Float32Array, x: Float32Array, u: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (decoded[i]! - x[i]!) * u[i]!;
  return sum;
}

/** z-test along three directions, for gradients whose energy many elements share. */
function checkSpreadGradient(codec: Codec, x: Float32Array, draws: number, seed: number): void {
  const along = Object.entries(directions(x, seed)).map(([name, u]) => ({
    name,
    u,
    moments: new Moments(),
  }));
  forEachDraw(codec, x, draws, seed, (decoded) => {
    for (const { u, moments } of along) moments.add(alongDirection(decoded, x, u));
  });
  const norm = Math.sqrt(energy(x));
  // The promise is an expectation within 2⁻¹⁶ of a step per element, and a step is at most the norm.
  const promise = 2 ** -16 * norm * Math.sqrt(x.length);
  for (const { name, moments } of along)
    demand(
      Math.abs(moments.mean) <= Z * moments.standardError + promise,
      () =>
        `the mean of ${draws} encodings is off by ${(moments.mean / norm).toPrecision(3)} ‖x‖ along ${name}, ` +
        `standard error ${(moments.standardError / norm).toPrecision(3)} ‖x‖`,
    );
}

/** Any gradient: the median of means along x, of which the claimed ω bounds the variance. */
function checkAnyGradient(codec: Codec, x: Float32Array, seed: number): void {
  const groupSize = 10;
  const norm = Math.sqrt(energy(x));
  const u = Float64Array.from(x, (value) => value / norm);
  const values = new Float64Array(groupSize * MEDIAN_GROUPS);
  forEachDraw(codec, x, values.length, seed, (decoded, draw) => {
    values[draw] = alongDirection(decoded, x, u);
  });
  const offset = medianOfMeans(values) / norm;
  const limit = 2 * Math.sqrt(codec.traits.omega!(x.length) / groupSize) + 2 ** -12;
  demand(
    Math.abs(offset) <= limit,
    () => `encodings are off by ${offset.toPrecision(3)} ‖x‖, omega allows ${limit.toPrecision(3)}`,
  );
}

/** E[decoded] = x. */
export const unbiasedLaw: Law = {
  name: 'unbiased',
  applies: ({ traits }) => traits.unbiased,
  check(subject) {
    const { codec } = subject;
    const draws = 2 * subject.draws;
    const spread = gradients({
      kinds: ['gaussian', 'uniform', 'positive', 'equal magnitudes'],
      lengths: [64, 129, 300, 513],
    });
    forAll(
      { ...subject, runs: Math.ceil(subject.runs / 13) },
      fc.property(spread, anySeed, (x, seed) => checkSpreadGradient(codec, x, draws, seed)),
    );
    if (codec.traits.omega === undefined) return;
    forAll(
      { ...subject, runs: Math.ceil(subject.runs / 20) },
      fc.property(fittingGradients(codec), anySeed, (x, seed) => checkAnyGradient(codec, x, seed)),
    );
  },
};

/** Errors of two encodings of `x`, multiplied. */
function errorProduct(x: Float32Array, a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (a[i]! - x[i]!) * (b[i]! - x[i]!);
  return sum;
}

/**
 * Errors of different ranks, and of different steps, are uncorrelated: averaging over P ranks
 * divides the squared error by P. For dense codecs; sparse ones may share their selection.
 */
export const independenceLaw: Law = {
  name: 'independent ranks',
  applies: (codec) =>
    codec.traits.unbiased && codec.traits.support === 'dense' && !isDeterministic(codec, probes()),
  check(subject) {
    const { codec, draws, seed } = subject;
    for (const [what, second] of [
      ['ranks', (t: number) => ({ seed, rank: 1, step: t })],
      ['steps', (t: number) => ({ seed, rank: 0, step: t + draws })],
    ] as const) {
      for (const x of probes().slice(1)) {
        const moments = new Moments();
        const decoded = [new Float32Array(x.length), new Float32Array(x.length)] as const;
        for (let t = 0; t < draws; t++) {
          codec.decodeInto(
            encodeWith(codec, x, streamsFor({ seed, rank: 0, step: t })),
            decoded[0],
          );
          codec.decodeInto(encodeWith(codec, x, streamsFor(second(t))), decoded[1]);
          moments.add(errorProduct(x, ...decoded) / energy(x));
        }
        demand(
          Math.abs(moments.mean) <= Z * moments.standardError + 2 ** -20,
          () =>
            `errors of two ${what} correlate: mean product ${moments.mean.toPrecision(3)} ‖x‖², ` +
            `standard error ${moments.standardError.toPrecision(3)} ‖x‖²`,
        );
      }
    }
  },
};

/** A case for every place, number of ranks and codec, compared with float32 in the same place. */
import { parseCodec } from '../../codecs/index.ts';
import { ensure, type BenchCase, type Facts } from '../support/case.ts';
import type { Job, Place } from './jobs.ts';
import type { RankFindings } from './rank.ts';

/** Codecs measured when none are named. */
export const DEFAULT_SPECS: readonly string[] = [
  'none',
  'bf16',
  'qsgd:levels=7',
  'terngrad',
  'topk:density=0.01+ef',
  'randomk:density=0.1',
];

const REFERENCE = 'none';
/** Worst cases hold for expectations: one exchange may exceed them a little. */
const SLACK = 1.5;
const STANDARD_DEVIATIONS = 6;
/** float32 sums of a few ranks. */
const ROUNDING = 1e-12;

export interface Setting {
  readonly place: Place;
  readonly size: number;
  readonly elements: number;
  readonly job: Job;
  /** Exchanges a call; more where a call costs something by itself. */
  readonly steps: number;
}

/** The reference comes first: the others' savings are reckoned from its bytes. */
export function exchangeCases(at: Setting, specs: readonly string[]): BenchCase[] {
  const canonical = specs.map((spec) => parseCodec(spec).spec);
  const others = canonical.filter((spec) => spec !== REFERENCE);
  let referenceBytes = 0;
  return [REFERENCE, ...others].map((spec) => ({
    name: nameOf(at, spec),
    facts: { place: at.place, ranks: at.size, codec: spec },
    references: { none: nameOf(at, REFERENCE) },
    operations: at.steps,
    async check() {
      const findings = await at.job.inspect(spec);
      ensureSound(spec, at, findings);
      const facts = factsOf(findings);
      if (spec === REFERENCE) referenceBytes = facts['wireBytes'] as number;
      return { ...facts, reduction: referenceBytes / (facts['wireBytes'] as number) };
    },
    run: () => at.job.exchange(spec, at.steps),
  }));
}

function nameOf({ place, size }: Setting, spec: string): string {
  return `${place} ×${size} ${spec}`;
}

function factsOf(findings: readonly RankFindings[]): Facts {
  const mean = (value: (one: RankFindings) => number): number =>
    findings.reduce((sum, one) => sum + value(one), 0) / findings.length;
  return {
    algorithm: findings[0]!.algorithm,
    wireBytes: mean(({ wireBytes }) => wireBytes),
    payloadBytes: mean(({ payloadBytes }) => payloadBytes),
    squaredError: findings[0]!.squaredError,
  };
}

/** @throws Error unless all ranks have the same mean, as near the true one as the codec's traits promise */
function ensureSound(spec: string, at: Setting, findings: readonly RankFindings[]): void {
  const [first] = findings;
  ensure(
    findings.length === at.size && findings.every(({ checksum }) => checksum === first!.checksum),
    'ranks have different means',
  );
  const { squaredError, projection, peak } = first!;
  const { traits } = parseCodec(spec);
  const omega = traits.omega?.(at.elements);
  const delta = traits.delta?.(at.elements);
  if (omega !== undefined && traits.unbiased) {
    // Rounded by every rank and once more by the owner; gradients of ranks are independent here.
    const bound = SLACK * ((1 + omega) ** 2 - 1) + ROUNDING;
    ensure(squaredError <= bound, `squared error ${squaredError} above ${bound}`);
    const allowed = STANDARD_DEVIATIONS * peak * Math.sqrt(squaredError) + 1e-6;
    ensure(Math.abs(projection - 1) <= allowed, `projection ${projection}, not 1 ± ${allowed}`);
  } else if (delta !== undefined) {
    // Each rank keeps at least δ of its energy, of which the mean over P ranks keeps as much.
    ensure(projection >= delta - ROUNDING, `projection ${projection} below δ = ${delta}`);
    const bound = 4 * at.size * (1 - delta);
    ensure(squaredError <= bound, `squared error ${squaredError} above ${bound}`);
  }
}

/** Law of error feedback. */
import fc from 'fast-check';
import {
  ArgumentTypeError,
  CodecSpecError,
  errorFeedback,
  streamsFor,
  type Codec,
  type FeedbackCodec,
} from '../../../codecs/index.ts';
import { decodeBytes, encodeWith, firstDifference, sameBytes } from '../encoding.ts';
import { makeGradient, moderateKinds, type GradientKind } from '../gradients.ts';
import { demand, forAll, type Law } from '../law.ts';

const STEPS = 12;
const SMALLEST_DENORMAL = 2 ** -149;

/** False for codecs not known to contract, and for those that neither parser nor `defineCodec` made. */
function takesFeedback(codec: Codec): boolean {
  try {
    errorFeedback(codec, 1);
    return true;
  } catch (error) {
    if (error instanceof CodecSpecError || error instanceof ArgumentTypeError) return false;
    throw error;
  }
}

/** Sums over the steps so far, and how far rounding may have moved them apart. */
interface Totals {
  readonly sent: Float64Array;
  readonly given: Float64Array;
  readonly slack: Float64Array;
}

/** One step: payload and residual are those of p = g + e, c = C(p), e ← p − c. */
function step(feedback: FeedbackCodec, gradient: Float32Array, seed: number, totals: Totals): void {
  const before = feedback.residual.slice();
  const random = streamsFor({ seed, step: feedback.step });
  const compensated = before.map((value, i) => value + gradient[i]!);
  const payload = feedback.encode(gradient, { seed });
  demand(
    sameBytes(payload, encodeWith(feedback.codec, compensated, random)),
    () => 'the payload is not that of gradient + residual',
  );
  const sent = decodeBytes(feedback.codec, payload);
  const at = firstDifference(
    compensated.map((value, i) => value - sent[i]!),
    feedback.residual,
  );
  demand(at < 0, () => `residual[${at}] is not what encoding lost`);
  for (let i = 0; i < sent.length; i++) {
    totals.sent[i]! += sent[i]!;
    totals.given[i]! += gradient[i]!;
    totals.slack[i]! +=
      2 ** -24 * (Math.abs(compensated[i]!) + Math.abs(feedback.residual[i]!)) + SMALLEST_DENORMAL;
  }
}

function telescopes(codec: Codec, kind: GradientKind, length: number, seed: number): void {
  const feedback = errorFeedback(codec, length);
  const totals: Totals = {
    sent: new Float64Array(length),
    given: new Float64Array(length),
    slack: new Float64Array(length),
  };
  for (let t = 0; t < STEPS; t++)
    step(feedback, makeGradient(kind, length, seed + t), seed, totals);
  const { sent, given, slack } = totals;
  const at = sent.findIndex(
    (value, i) => !(Math.abs(value + feedback.residual[i]! - given[i]!) <= slack[i]!),
  );
  demand(at < 0, () => {
    const total = sent[at]! + feedback.residual[at]!;
    return `after ${STEPS} steps, sent + residual is ${total} and the gradients add up to ${given[at]} at [${at}]`;
  });
}

/** Σ sent + residual = Σ gradients, up to the rounding of the float32 sums. */
export const feedbackLaw: Law = {
  name: 'feedback',
  applies: takesFeedback,
  check(subject) {
    forAll(
      { ...subject, runs: Math.ceil(subject.runs / 2) },
      fc.property(
        fc.constantFrom(...moderateKinds),
        fc.constantFrom(0, 1, 3, 33, 129, 600),
        fc.nat(0xffff),
        (kind, length, seed) => telescopes(subject.codec, kind, length, seed),
      ),
    );
  },
};

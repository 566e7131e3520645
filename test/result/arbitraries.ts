/** Random results that the format allows, for properties. */
import fc from 'fast-check';
import type { Evaluation, JsonValue, Results, Run } from '../../src/result/index.ts';

/** Losses are sums of float32 values; 10¹⁰⁰ is far beyond them. */
const finite = fc.double({ min: -1e100, max: 1e100, noNaN: true }).map((x) => (x === 0 ? 0 : x)); // JSON has no −0
/** Nothing or something: no byte, second or bit count is below a billionth. */
const amount = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e12, noNaN: true }));
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => (x === 0 ? 0 : x));
const count = fc.integer({ min: 0, max: 1e6 });
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue); // no −0

const history: fc.Arbitrary<Evaluation[]> = fc
  .uniqueArray(count, { maxLength: 6 })
  .map((steps) => steps.sort((a, b) => a - b))
  .chain((steps) =>
    fc.tuple(
      ...steps.map((step) =>
        fc.record({
          step: fc.constant(step),
          epoch: amount,
          seconds: amount,
          wireBytes: amount,
          loss: nullable(finite),
          accuracy: nullable(fraction),
        }),
      ),
    ),
  );

/** One run. */
export const run: fc.Arbitrary<Run> = fc.record({
  codec: fc.oneof(fc.constantFrom('none', 'topk:density=0.01+ef'), fc.string()),
  strategy: fc.constantFrom('sync', 'local'),
  algorithm: nullable(fc.string()),
  backend: fc.string(),
  seed: count,
  status: fc.constantFrom('complete', 'interrupted', 'failed'),
  error: nullable(fc.record({ code: fc.string(), message: fc.string() })),
  steps: count,
  bitsPerElement: nullable(amount),
  payloadBytesPerStep: nullable(amount),
  wireBytesPerStep: nullable(amount),
  compressionRatio: nullable(amount),
  wireReduction: nullable(amount),
  finalLoss: nullable(finite),
  finalAccuracy: nullable(fraction),
  target: nullable(finite),
  stepsToTarget: nullable(count),
  wireBytesToTarget: nullable(amount),
  secondsToTarget: nullable(amount),
  wallSeconds: nullable(amount),
  stageMilliseconds: fc.dictionary(fc.string(), amount, { noNullPrototype: true, maxKeys: 5 }),
  residualNorm: nullable(amount),
  modelHash: nullable(fc.string()),
  history,
});

/** A whole file. */
export const results: fc.Arbitrary<Results> = fc.record({
  formatVersion: fc.constant(1 as const),
  task: fc.string(),
  model: fc.string(),
  parameters: count,
  ranks: fc.integer({ min: 1, max: 64 }),
  transport: fc.string(),
  link: nullable(fc.string()),
  environment: fc
    .tuple(
      fc.record({
        command: fc.string(),
        startedAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        configuration: fc.dictionary(fc.string(), json, { noNullPrototype: true, maxKeys: 4 }),
      }),
      fc.dictionary(fc.stringMatching(/^[a-b]{1,3}$/), json, { noNullPrototype: true, maxKeys: 3 }),
    )
    .map(([known, others]) => ({ ...others, ...known })),
  runs: fc.array(run, { maxLength: 8 }),
});

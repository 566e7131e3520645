import {
  arrayOf,
  integer,
  json,
  nullable,
  number,
  object,
  oneOf,
  openObject,
  recordOf,
  string,
  type Check,
} from './check.ts';
import { ResultsError } from './errors.ts';
import {
  RESULTS_FORMAT_VERSION,
  type Environment,
  type Evaluation,
  type Results,
  type Run,
  type RunError,
} from './types.ts';

const amount = number(0);
const fraction = number(0, 1);

const evaluation = object<Evaluation>({
  step: integer(0),
  epoch: amount,
  seconds: amount,
  wireBytes: amount,
  loss: nullable(number()),
  accuracy: nullable(fraction),
});

const history: Check<readonly Evaluation[]> = (value, path) => {
  const evaluations = arrayOf(evaluation)(value, path);
  evaluations.forEach(({ step }, i) => {
    const previous = evaluations[i - 1];
    if (previous !== undefined && step <= previous.step)
      throw new ResultsError(
        `${path}[${i}].step`,
        `expected more than ${previous.step}, the step before it, got ${step}`,
      );
  });
  return evaluations;
};

const run = object<Run>({
  codec: string,
  strategy: string,
  algorithm: nullable(string),
  backend: string,
  seed: integer(0),
  status: oneOf('complete', 'interrupted', 'failed'),
  error: nullable(object<RunError>({ code: string, message: string })),
  steps: integer(0),
  bitsPerElement: nullable(amount),
  payloadBytesPerStep: nullable(amount),
  wireBytesPerStep: nullable(amount),
  compressionRatio: nullable(amount),
  wireReduction: nullable(amount),
  finalLoss: nullable(number()),
  finalAccuracy: nullable(fraction),
  target: nullable(number()),
  stepsToTarget: nullable(integer(0)),
  wireBytesToTarget: nullable(amount),
  secondsToTarget: nullable(amount),
  wallSeconds: nullable(amount),
  stageMilliseconds: recordOf(amount),
  residualNorm: nullable(amount),
  modelHash: nullable(string),
  history,
});

const environment: Check<Environment> = openObject({
  command: string,
  startedAt: string,
  configuration: recordOf(json),
});

const results = object<Results>({
  formatVersion: oneOf(RESULTS_FORMAT_VERSION),
  task: string,
  model: string,
  parameters: integer(0),
  ranks: integer(1),
  transport: string,
  link: nullable(string),
  environment,
  runs: arrayOf(run),
});

/**
 * Checks that a value, usually fresh from `JSON.parse`, is a results file, and returns a typed copy.
 *
 * @throws ResultsError (`GRADWIRE_RESULTS`) naming the first field at fault and its value
 */
export function parseResults(value: unknown): Results {
  return results(value, '');
}

/** Results of training runs: the types of `results.json`, reading, writing and averaging them. */
export {
  average,
  averageHistory,
  averageStages,
  groupRuns,
  statistic,
  type AverageEvaluation,
  type Metric,
  type RunGroup,
  type Statistic,
} from './aggregate.ts';
export { ResultsError } from './errors.ts';
export { parseResults } from './parse.ts';
export { serializeResults, writeResults } from './write.ts';
export {
  RESULTS_FORMAT_VERSION,
  type Environment,
  type Evaluation,
  type JsonValue,
  type Results,
  type Run,
  type RunError,
  type RunStatus,
} from './types.ts';

/** Models, data, optimiser and the synchronous training loop, on TensorFlow.js. */
export { backendNames, selectBackend } from './backend.ts';
export type { Backend, BackendName } from './backend.ts';
export type { Dataset, ProblemKind, Samples } from './data/dataset.ts';
export type { Standardiser } from './data/standardise.ts';
export type { CheckpointOptions } from './checkpoint/checkpoints.ts';
export { inspectCheckpoint } from './checkpoint/folder.ts';
export type { CheckpointInfo } from './checkpoint/folder.ts';
export {
  BackendUnavailableError,
  CheckpointError,
  DataError,
  DivergenceError,
  UnknownNameError,
} from './errors.ts';
export type { CheckpointErrorCode, DataPosition, NameKind } from './errors.ts';
export { evaluate } from './evaluate.ts';
export type { Evaluation } from './evaluate.ts';
export { GradientComputer } from './gradient.ts';
export { hashParameters } from './hash.ts';
export type { LossName } from './loss.ts';
export { initialParameters } from './models/initialise.ts';
export type { Model, ParameterShape } from './models/model.ts';
export { modelsFor } from './models/registry.ts';
export type { ModelName } from './models/registry.ts';
export { MomentumSgd } from './optimiser.ts';
export type { MomentumOptions } from './optimiser.ts';
export { loadProblem, stepsForEpochs } from './problem.ts';
export type { Problem, ProblemOptions } from './problem.ts';
export { learningRateAt, scheduleNames } from './schedule.ts';
export type { ScheduleName } from './schedule.ts';
export { Sharder } from './sharding.ts';
export type { ShardOptions } from './sharding.ts';
export { builtinTaskNames, taskNames } from './tasks.ts';
export type { Recipe, TaskName } from './tasks.ts';
export { FINAL_EVALUATIONS, singleRank, train } from './train.ts';
export type {
  GradientExchange,
  HistoryEntry,
  StageTimes,
  TrainOptions,
  TrainResult,
} from './train.ts';

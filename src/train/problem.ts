/** A task, its data and its model, ready to train: what `train` needs and what the exchange must know. */
import { ArgumentRangeError } from '../../proto/errors.ts';
import { Layout } from '../gradient/index.ts';
import type { Dataset, ProblemKind } from './data/dataset.ts';
import { createDataset } from './data/dataset.ts';
import { readTable } from './data/read.ts';
import { UnknownNameError } from './errors.ts';
import type { LossName } from './loss.ts';
import { lossFor, outputsFor } from './loss.ts';
import type { Model } from './models/model.ts';
import type { ModelName } from './models/registry.ts';
import { buildModel } from './models/registry.ts';
import type { Recipe, TaskName } from './tasks.ts';
import { builtinTaskNames, findTask, recipeFor } from './tasks.ts';

/** What to train. All ranks must be given the same. */
export interface ProblemOptions {
  /** Default: `digits`, or with `data` whichever of `classification` and `regression` the labels suggest. */
  readonly task?: TaskName;
  /** Default: the first model of the task. */
  readonly model?: ModelName;
  /** The user's own files instead of the task's: CSV, IDX pairs or CIFAR-10 binaries, gzip or not. */
  readonly data?: readonly string[];
  /** Files of held-out samples. Default: a stratified split of `data`. */
  readonly test?: readonly string[];
  /** Label column of CSV files: its name or its number from 1 (−1: the last, the default). */
  readonly label?: string | number;
  /** Whether CSV files start with a header. Default: guessed. */
  readonly header?: boolean;
  /** Share of samples to hold out. Default 0.2. */
  readonly testFraction?: number;
  /** Decides the split. The trainer takes the same seed for weights and shards. */
  readonly seed: number;
  /** Bound of a bucket of the gradient's layout, in bytes. Default 4 MiB. */
  readonly bucketBytes?: number;
}

/** Everything about a run that does not depend on ranks and codecs. */
export interface Problem {
  readonly task: TaskName;
  readonly modelName: ModelName;
  readonly kind: ProblemKind;
  /** What `target` is compared with. */
  readonly metric: 'accuracy' | 'loss';
  readonly dataset: Dataset;
  readonly model: Model;
  readonly loss: LossName;
  /** The gradient: one tensor a parameter. */
  readonly layout: Layout;
  /** The task's defaults. */
  readonly recipe: Recipe;
}

/**
 * Reads the data and builds the model.
 *
 * @throws UnknownNameError for an unknown task, model or label
 * @throws DataError for a missing or malformed file
 */
export async function loadProblem(options: ProblemOptions): Promise<Problem> {
  const { task, dataset } = await (options.data ? loadOwn(options) : loadBuiltin(options));
  const definition = findTask(task);
  const modelName = options.model ?? definition.models[0];
  if (!definition.models.includes(modelName))
    throw new UnknownNameError('model', modelName, definition.models, ` for task ${task}`);
  const { kind, shape } = dataset;
  const model = buildModel(modelName, { kind, shape, outputs: outputsFor(dataset) });
  return {
    task,
    modelName,
    kind,
    metric: kind === 'classification' ? 'accuracy' : 'loss',
    dataset,
    model,
    loss: lossFor(dataset),
    layout: new Layout(
      model.parameters,
      options.bucketBytes === undefined ? {} : { bucketBytes: options.bucketBytes },
    ),
    recipe: recipeFor(definition, modelName),
  };
}

/** Steps that make so many epochs, rounded up, at P·b samples a step. */
export function stepsForEpochs(
  { dataset }: Problem,
  epochs: number,
  batch: number,
  ranks: number,
): number {
  return Math.max(1, Math.ceil((epochs * dataset.train.rows.length) / (batch * ranks)));
}

interface Loaded {
  readonly task: TaskName;
  readonly dataset: Dataset;
}

async function loadBuiltin(options: ProblemOptions): Promise<Loaded> {
  const task = options.task ?? 'digits';
  const { read } = findTask(task);
  if (!read)
    throw new ArgumentRangeError(
      `task ${task} needs files ("data"); tasks with data of their own: ${builtinTaskNames.join(', ')}`,
    );
  if (options.test || options.label !== undefined)
    throw new ArgumentRangeError(
      `"${options.test ? 'test' : 'label'}" needs "data": task ${task} was asked to use its own`,
    );
  const { table, options: known } = await read();
  return {
    task,
    dataset: createDataset(table, {
      ...known,
      ...splitOptions(options),
      kind: findTask(task).kind,
    }),
  };
}

async function loadOwn(options: ProblemOptions): Promise<Loaded> {
  const definition = options.task === undefined ? undefined : findTask(options.task);
  const csv = {
    ...(options.label === undefined ? {} : { label: options.label }),
    ...(options.header === undefined ? {} : { header: options.header }),
  };
  const table = await readTable(options.data!, csv);
  const test = options.test ? { test: await readTable(options.test, csv) } : {};
  const dataset = createDataset(table, {
    ...test,
    ...splitOptions(options),
    ...(definition ? { kind: definition.kind } : {}),
    ...(definition?.pixels ? { pixels: true } : {}),
  });
  return { task: options.task ?? dataset.kind, dataset };
}

function splitOptions({ seed, testFraction }: ProblemOptions): {
  seed: number;
  testFraction?: number;
} {
  return testFraction === undefined ? { seed } : { seed, testFraction };
}

/** The tasks: what to learn from which data, with which models, and a recipe that is known to work. */
import { UnknownNameError } from './errors.ts';
import type { BuiltinData } from './data/builtin.ts';
import { readBreastCancer, readDiabetes, readDigits } from './data/builtin.ts';
import type { ProblemKind } from './data/dataset.ts';
import type { ModelName } from './models/registry.ts';
import type { ScheduleName } from './schedule.ts';

/** How a task is trained. Every field can be overridden. */
export interface Recipe {
  readonly steps: number;
  /** Samples a rank takes at a step. */
  readonly batch: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Steps between two evaluations on the held-out samples. */
  readonly evaluateEvery: number;
  /** Held-out accuracy to reach (classification), or loss to fall to (regression). */
  readonly target: number;
}

/** One row of the table of tasks. */
export interface TaskDefinition {
  readonly kind: ProblemKind;
  /** The first is the default. */
  readonly models: readonly [ModelName, ...ModelName[]];
  readonly recipe: Recipe;
  /** What a model wants otherwise. */
  readonly exceptions?: Readonly<Partial<Record<ModelName, Partial<Recipe>>>>;
  /** Absent: the task is for the user's own data. */
  readonly read?: () => Promise<BuiltinData>;
  /** The user's data are pixels as well, when they are given as text. */
  readonly pixels?: true;
}

const SGD = {
  learningRate: 0.1,
  schedule: 'linear',
  momentum: 0.9,
  weightDecay: 0,
} as const;

/** At 0.1 about a fifth of the seeds leave the convolutional network stuck or noisy. */
const GENTLE_CNN = { cnn: { learningRate: 0.02 } } as const;

/** A task as users name it. The last two are for the user's own data. */
export type TaskName = 'digits' | 'breast-cancer' | 'diabetes' | 'classification' | 'regression';

const TASKS: Readonly<Record<TaskName, TaskDefinition>> = {
  digits: {
    kind: 'classification',
    models: ['mlp', 'cnn', 'logistic'],
    recipe: { ...SGD, steps: 800, batch: 16, evaluateEvery: 20, target: 0.96 },
    exceptions: GENTLE_CNN,
    read: readDigits,
    pixels: true,
  },
  'breast-cancer': {
    kind: 'classification',
    models: ['logistic', 'mlp'],
    recipe: { ...SGD, steps: 300, batch: 16, evaluateEvery: 10, target: 0.95 },
    read: readBreastCancer,
  },
  diabetes: {
    kind: 'regression',
    models: ['linear', 'mlp'],
    recipe: { ...SGD, learningRate: 0.01, steps: 300, batch: 16, evaluateEvery: 10, target: 0.6 },
    read: readDiabetes,
  },
  classification: {
    kind: 'classification',
    models: ['mlp', 'cnn', 'logistic'],
    recipe: { ...SGD, learningRate: 0.05, steps: 800, batch: 16, evaluateEvery: 20, target: 0.9 },
    exceptions: GENTLE_CNN,
  },
  regression: {
    kind: 'regression',
    models: ['linear', 'mlp', 'cnn'],
    recipe: { ...SGD, learningRate: 0.01, steps: 800, batch: 16, evaluateEvery: 20, target: 0.5 },
  },
};

/** Every task. */
export const taskNames: readonly TaskName[] = Object.keys(TASKS) as TaskName[];

/** The tasks that bring their own data. */
export const builtinTaskNames: readonly TaskName[] = taskNames.filter(
  (name) => TASKS[name].read !== undefined,
);

/** @throws UnknownNameError when there is no such task */
export function findTask(name: TaskName): TaskDefinition {
  if (!Object.hasOwn(TASKS, name)) throw new UnknownNameError('task', String(name), taskNames);
  return TASKS[name];
}

/** The recipe of a task for one of its models. */
export function recipeFor({ recipe, exceptions }: TaskDefinition, model: ModelName): Recipe {
  return { ...recipe, ...exceptions?.[model] };
}

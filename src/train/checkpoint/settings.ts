/** What two runs must have in common for one to go on where the other stopped, as text. */
import { createHash } from 'node:crypto';
import { currentBackend } from '../backend.ts';
import type { Dataset, Samples } from '../data/dataset.ts';
import type { Problem } from '../problem.ts';
import type { Recipe } from '../tasks.ts';

/** Everything the loss curve depends on. */
export interface RunIdentity {
  readonly problem: Problem;
  readonly recipe: Omit<Recipe, 'target'>;
  readonly target: number | null;
  readonly microBatch: number;
  readonly seed: number;
  readonly ranks: number;
  /** The exchange's own. */
  readonly exchange: Readonly<Record<string, string>>;
}

/** Names and values; the same for all ranks of a run. */
export function settingsOf(run: RunIdentity): Record<string, string> {
  const { problem, recipe } = run;
  return {
    ...run.exchange,
    seed: String(run.seed),
    ranks: String(run.ranks),
    task: problem.task,
    model: problem.modelName,
    backend: currentBackend(),
    layout: problem.layout.digest,
    data: digestOf(problem.dataset),
    steps: String(recipe.steps),
    batch: String(recipe.batch),
    'micro-batch': String(run.microBatch),
    'learning rate': String(recipe.learningRate),
    schedule: recipe.schedule,
    momentum: String(recipe.momentum),
    'weight decay': String(recipe.weightDecay),
    'evaluate every': String(recipe.evaluateEvery),
    target: String(run.target),
  };
}

/** SHA-256 over both sets of samples, cut to 128 bits, as hexadecimal digits. */
function digestOf({ train, test, standardiser }: Dataset): string {
  const hash = createHash('sha256');
  const samples = ({ features, targets, rows }: Samples): ArrayBufferView[] => [
    features,
    targets,
    rows,
  ];
  const { mean, scale } = standardiser;
  for (const array of [...samples(train), ...samples(test), mean, scale])
    hash.update(viewOf(array));
  return hash.digest('hex').slice(0, 32);
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

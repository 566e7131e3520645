/** `gradwire train`: one task with one codec. */
import type { Command } from 'commander';
import type { Cli, CommandDefinition } from './command.ts';
import { UsageError } from './errors.ts';
import {
  defineTrainingOptions,
  planOf,
  runPlans,
  type TrainingOptions,
} from './training-options.ts';

const NOTES = `
Like compare, with a single codec: the same processes, results.json and report.html.

Examples:
  $ gradwire train --codec qsgd:levels=7
  $ gradwire train --codec topk:density=0.01+ef --task breast-cancer --ranks 3
  $ gradwire train --codec qsgd --checkpoint-every 100 --out run1
  $ gradwire train --codec qsgd --checkpoint-every 100 --out run1 --resume    # after Ctrl-C, kill -9, a power cut
  $ gradwire train --data train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz --model cnn --epochs 2`;

async function run(options: TrainingOptions, cli: Cli): Promise<void> {
  const codecs = options.codec ?? ['none'];
  if (codecs.length > 1)
    throw new UsageError(`train takes one codec, got ${codecs.length}; use compare for several`);
  const { runTraining } = await import('./training.ts');
  const runs = runPlans(codecs, options.seed ?? [1], cli);
  await runTraining('train', planOf(options, runs), options, cli);
}

function define(command: Command, cli: Cli): void {
  command
    .summary('train one task with one codec')
    .description('Trains a task on several processes that exchange compressed gradients.');
  defineTrainingOptions(command, 'codec to train with (default: none)');
  command.addHelpText('after', NOTES).action((options: TrainingOptions) => run(options, cli));
}

export const trainCommand: CommandDefinition = { name: 'train', define };

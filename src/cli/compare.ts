/** `gradwire compare`: one task with several codecs, and what each saved bit costs. */
import type { Command } from 'commander';
import type { Cli, CommandDefinition } from './command.ts';
import {
  defineTrainingOptions,
  planOf,
  runPlans,
  type TrainingOptions,
} from './training-options.ts';

/** Codecs compared when none are named. */
const DEFAULT_CODECS = [
  'none',
  'bf16',
  'qsgd:levels=7',
  'terngrad',
  'topk:density=0.01+ef',
  'topk:density=0.01',
  'randomk:density=0.1',
];

const NOTES = `
Starts one process per rank on this machine; they exchange their gradients over TCP on the loopback interface.
Every codec gets the same data, initial weights and batches. The folder of --out receives results.json and
report.html, a page that needs no network.

Examples:
  $ gradwire compare
  $ gradwire compare --codec none --codec "topk:density=0.01/qsgd:levels=3+ef" --seed 1 --seed 2 --seed 3
  $ gradwire compare --link 100mbit --model cnn --steps 400
  $ gradwire compare --checkpoint-every 100 --resume                         # after Ctrl-C, kill -9, a power cut
  $ gradwire compare --data measurements.csv --label species --codec none --codec terngrad`;

async function run(options: TrainingOptions, cli: Cli): Promise<void> {
  const { runTraining } = await import('./training.ts');
  const runs = runPlans(options.codec ?? DEFAULT_CODECS, options.seed ?? [1], cli);
  await runTraining('compare', planOf(options, runs), options, cli);
}

function define(command: Command, cli: Cli): void {
  command
    .summary('train one task with several codecs and compare them')
    .description('Trains a task on several processes with each codec and shows the trade.');
  defineTrainingOptions(
    command,
    'codec to compare; repeat it (default: seven of all kinds, float32 among them)',
  );
  command.addHelpText('after', NOTES).action((options: TrainingOptions) => run(options, cli));
}

export const compareCommand: CommandDefinition = { name: 'compare', define };

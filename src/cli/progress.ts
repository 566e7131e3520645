/** Progress of an experiment: a bar per run on a terminal, plain lines elsewhere. On standard error. */
import { Presets, SingleBar } from 'cli-progress';
import type { ExperimentListeners } from '../experiment/experiment.ts';
import type { WorkPlan } from '../experiment/messages.ts';
import type { Evaluation, Run } from '../result/index.ts';
import type { Cli } from './command.ts';
import { figure } from './format.ts';

/** Shows how far an experiment is. */
export interface Progress {
  readonly listeners: ExperimentListeners;
  /** Takes the bar away. */
  stop(): void;
}

function quality({ loss, accuracy }: Pick<Evaluation, 'loss' | 'accuracy'>): string {
  if (accuracy !== null) return `accuracy ${(100 * accuracy).toFixed(1)} %`;
  return `loss ${figure(loss)}`;
}

function runName(plan: WorkPlan, index: number): string {
  const { codec, seed } = plan.runs[index]!;
  const seeds = new Set(plan.runs.map((run) => run.seed)).size;
  return seeds > 1 ? `${codec} (seed ${seed})` : codec;
}

function ended(run: Run): string {
  if (run.status !== 'complete') return run.status;
  return quality({ loss: run.finalLoss, accuracy: run.finalAccuracy });
}

function resumed(steps: number, from: number | null): string {
  if (from === null) return '';
  return from === steps
    ? ', all of them done in its checkpoint: nothing to do'
    : `, going on from its checkpoint after step ${from}`;
}

/** The progress that suits the terminal and the log level. */
export function createProgress(plan: WorkPlan, cli: Cli): Progress {
  const wants = cli.log.level === 'info' || cli.log.level === 'debug';
  if (!wants) return { listeners: {}, stop: () => undefined };
  return cli.io.stderr.isTTY ? barProgress(plan, cli) : lineProgress(plan, cli);
}

function introduction({ log }: Cli): NonNullable<ExperimentListeners['onIntroduction']> {
  return ({ task, model, parameters, backendDescription, kernels }) =>
    log.info(
      `${task} / ${model}, ${parameters} parameters; ${backendDescription}; ${kernels} kernels`,
    );
}

function lineProgress(plan: WorkPlan, cli: Cli): Progress {
  const position = (index: number): string => `[${index + 1}/${plan.runs.length}]`;
  return {
    listeners: {
      onIntroduction: introduction(cli),
      onRunStart: (index, steps, resumedFrom) =>
        cli.log.info(
          `${position(index)} ${runName(plan, index)}: ${steps} steps${resumed(steps, resumedFrom)}`,
        ),
      onRunEnd: (index, run) =>
        cli.log.info(
          `${position(index)} ${runName(plan, index)}: ${ended(run)}, ` +
            `${figure(run.bitsPerElement)} bits/element, ${figure(run.wallSeconds)} s`,
        ),
    },
    stop: () => undefined,
  };
}

function barProgress(plan: WorkPlan, cli: Cli): Progress {
  const width = Math.max(...plan.runs.map((_, index) => runName(plan, index).length));
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    listeners: {
      onIntroduction: introduction(cli),
      onRunStart: (index, steps, resumedFrom) => {
        stop();
        bar = new SingleBar(
          {
            stream: cli.io.stderr,
            format: '{name} {bar} {percentage} % | {quality}',
            barsize: 30,
            hideCursor: true,
            gracefulExit: false,
          },
          Presets.rect,
        );
        bar.start(steps, resumedFrom ?? 0, {
          name: runName(plan, index).padEnd(width),
          quality: resumed(steps, resumedFrom).slice(2),
        });
      },
      onStep: (_index, step) => bar?.update(step),
      onEvaluation: (_index, record) => {
        const last = record.history.at(-1);
        if (last) bar?.update(last.step, { quality: quality(last) });
      },
      onRunEnd: (_index, run) => {
        bar?.update(run.steps, { quality: ended(run) });
        stop();
      },
    },
    stop,
  };
}

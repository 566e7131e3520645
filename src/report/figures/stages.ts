/** What a step's time goes into, codec by codec. */
import { averageStages } from '../../result/index.ts';
import type { Axis } from '../charts/scale.ts';
import { drawStages, stageColor, type StageBar } from '../charts/stages.ts';
import { formatMilliseconds, formatNumber, NOTHING } from '../format.ts';
import type { Series } from '../series.ts';
import { drawnFigure, missingFigure, type Figure } from './figure.ts';

const ID = 'stages';
const TITLE = 'Time per step by stage';

/** The usual stages in the order in which a step goes through them; others follow as they come. */
const USUAL_ORDER = ['compute', 'encode', 'wait', 'transfer', 'decode'];

/** The figure. */
export function stagesFigure(series: readonly Series[]): Figure {
  const means = series.map((one) => ({ series: one, stages: averageStages(one.group) }));
  const withTimes = means.filter(({ stages }) => [...stages.values()].some((time) => time > 0));
  if (withTimes.length === 0)
    return missingFigure(ID, TITLE, 'No run recorded the times of its stages.');
  const stages = inOrder(new Set(withTimes.flatMap((one) => [...one.stages.keys()])));
  const bars = withTimes.map((one): StageBar => ({
    series: one.series,
    milliseconds: stages.map((stage) => one.stages.get(stage) ?? 0),
  }));
  const longest = Math.max(...bars.map(total));
  const x: Axis = {
    type: 'linear',
    domain: [0, longest],
    label: 'Milliseconds per step',
    format: formatNumber,
  };
  const totals = bars.map((bar) => `${bar.series.title} ${formatMilliseconds(total(bar))} ms`);
  return drawnFigure(
    {
      id: ID,
      title: TITLE,
      caption:
        'Milliseconds one rank spends in each stage of a step, mean over steps, ranks and seeds.',
      description: `Stacked bars: ${TITLE.toLowerCase()}. In all: ${totals.join(', ')}. The table below has the numbers.`,
    },
    (size, identity) => drawStages({ stages, bars, x }, size, identity),
    {
      heads: ['codec', ...stages.map((stage) => `${stage} ms`), 'sum ms'],
      rows: withTimes.map((one, i) => ({
        cells: [
          one.series.title,
          ...stages.map((stage) => millisecondsCell(one.stages.get(stage))),
          formatMilliseconds(total(bars[i] ?? { milliseconds: [] })),
        ],
      })),
    },
    stages.map((name, i) => ({ name, color: stageColor(i) })),
  );
}

function inOrder(stages: ReadonlySet<string>): string[] {
  const usual = USUAL_ORDER.filter((stage) => stages.has(stage));
  return [...usual, ...[...stages].filter((stage) => !usual.includes(stage))];
}

function total({ milliseconds }: Pick<StageBar, 'milliseconds'>): number {
  return milliseconds.reduce((sum, time) => sum + time, 0);
}

function millisecondsCell(time: number | undefined): string {
  return time === undefined ? NOTHING : formatMilliseconds(time);
}

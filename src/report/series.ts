/** How each codec is called and drawn, the same in every chart, table and sentence. */
import { groupRuns, type Results, type RunGroup } from '../result/index.ts';

/** Symbols in Plot's vocabulary. */
export type Symbol = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'star' | 'wye';

/** One codec (and strategy, where several are compared) with its looks. */
export interface Series {
  readonly group: RunGroup;
  /** The codec spec, followed by the strategy if the results hold several. */
  readonly label: string;
  /** `label`, and that no run is complete if so. */
  readonly title: string;
  /** CSS variable. Colour is never alone: dash and symbol tell the same. */
  readonly color: string;
  /** Lengths of dash and gap in pixels; empty for a solid line. */
  readonly dash: string;
  readonly symbol: Symbol;
  /** Nothing was compressed: what the others are compared with. */
  readonly isBaseline: boolean;
}

/** Hues, not counting the baseline's ink; page.css defines `--series-0` (ink) to `--series-7`. */
const HUES = 7;
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '5 2 2 2 2 2', '12 4', '1 4'];
const SYMBOLS: readonly Symbol[] = [
  ...(['square', 'triangle', 'diamond', 'cross', 'wye', 'star'] as const),
  'circle',
];

/** The codec that sends gradients as they are. */
const BASELINE = 'none';

/** A series for each group of runs, in their order. The baseline alone wears ink and a full circle. */
export function toSeries(results: Results): Series[] {
  const groups = groupRuns(results.runs);
  const severalStrategies = new Set(groups.map((group) => group.strategy)).size > 1;
  let others = 0;
  return groups.map((group) => {
    const label = severalStrategies ? `${group.codec} · ${group.strategy}` : group.codec;
    const isBaseline = group.codec === BASELINE;
    const looks = isBaseline ? BASELINE_LOOKS : looksOf(others++);
    return { group, label, title: label + remark(group), ...looks, isBaseline };
  });
}

const BASELINE_LOOKS = { color: 'var(--series-0)', dash: '', symbol: 'circle' } as const;

/** Beyond seven codecs hues come again with other dashes and symbols, so that no two look the same. */
function looksOf(index: number): Pick<Series, 'color' | 'dash' | 'symbol'> {
  const round = Math.floor(index / HUES);
  return {
    color: `var(--series-${(index % HUES) + 1})`,
    dash: DASHES[(index + round) % DASHES.length] ?? '',
    symbol: SYMBOLS[(index + round) % SYMBOLS.length] ?? 'circle',
  };
}

function remark(group: RunGroup): string {
  if (group.isComplete) return '';
  return group.runs.every((run) => run.status === 'failed') ? ' (failed)' : ' (incomplete)';
}

/** The series to compare with: `none`, or the one that sent the most per element. */
export function referenceOf(series: readonly Series[]): Series | undefined {
  const complete = series.filter(({ group }) => group.isComplete);
  const bits = ({ group }: Series): number =>
    Math.max(...group.counted.map((run) => run.bitsPerElement ?? 0));
  return (
    complete.find(({ isBaseline }) => isBaseline) ??
    complete.toSorted((a, b) => bits(b) - bits(a))[0]
  );
}

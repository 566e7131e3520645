/** What the numbers say, in a few plain sentences. Every one is computed; none appears without its facts. */
import { average, type Results, type Statistic } from '../result/index.ts';
import { count, formatNumber, formatPercent, formatSeconds } from './format.ts';
import { html, type Html } from './html.ts';
import { referenceOf, type Series } from './series.ts';

/** A codec has kept up with the reference if its accuracy (a fraction) or loss (relative) is this close. */
const TOLERANCE = { accuracy: 0.01, loss: 0.05 } as const;
/** Times within this fraction of each other are called equal; machines are noisier than that. */
const EQUAL_TIME = 0.1;

/** A codec next to the reference. */
interface Comparison {
  readonly series: Series;
  /** Reference's bytes ÷ this codec's; above 1 is a saving. Null where nothing was sent. */
  readonly reduction: number | null;
  /** Accuracy lost (a fraction) or loss gained (relative); negative is better than the reference. */
  readonly harm: number;
  /** The difference is no larger than the seeds' spread. */
  readonly isWithinSpread: boolean;
}

/** The sentences, most important first. */
export function readResults(results: Results, series: readonly Series[]): Html[] {
  const reference = referenceOf(series);
  if (reference === undefined)
    return [html`No run was completed, so there is nothing to compare.`, ...trouble(results)];
  const hasAccuracy = average(reference.group, 'finalAccuracy') !== null;
  const measure = hasAccuracy ? 'accuracy' : 'loss';
  const others = series
    .filter((one) => one !== reference && one.group.isComplete)
    .flatMap((one) => compare(one, reference, measure));
  return [
    ...(others.length === 0 ? alone(reference, measure) : bestTrade(others, reference, measure)),
    ...losers(others, reference, measure),
    ...feedbackGains(others, measure),
    ...(timesMeanSomething(results, series) ? speed(series, reference) : []),
    ...heavier(others, reference),
    ...trouble(results),
    ...confidence(series, measure),
  ];
}

type Measure = keyof typeof TOLERANCE;

function compare(series: Series, reference: Series, measure: Measure): Comparison[] {
  const metric = measure === 'accuracy' ? 'finalAccuracy' : 'finalLoss';
  const mine = average(series.group, metric);
  const theirs = average(reference.group, metric);
  if (mine === null || theirs === null) return [];
  const bytes = average(series.group, 'wireBytesPerStep')?.mean ?? 0;
  const referenceBytes = average(reference.group, 'wireBytesPerStep')?.mean ?? 0;
  const harm =
    measure === 'accuracy'
      ? theirs.mean - mine.mean
      : (mine.mean - theirs.mean) / Math.abs(theirs.mean || 1);
  return [
    {
      series,
      reduction: bytes > 0 && referenceBytes > 0 ? referenceBytes / bytes : null,
      harm,
      isWithinSpread: isWithinSpread(mine, theirs),
    },
  ];
}

function isWithinSpread(a: Statistic, b: Statistic): boolean {
  if (a.spread === null || b.spread === null) return false;
  return Math.abs(a.mean - b.mean) <= Math.hypot(a.spread, b.spread);
}

/** Nothing to compare with. */
function alone(reference: Series, measure: Measure): Html[] {
  return [html`${code(reference)} ended at ${measureOf(reference, measure)}.`];
}

function bestTrade(others: readonly Comparison[], reference: Series, measure: Measure): Html[] {
  const savers = others.filter(({ reduction }) => reduction !== null && reduction > 1);
  const [best] = savers
    .filter(({ harm }) => harm <= TOLERANCE[measure])
    .toSorted((a, b) => (b.reduction ?? 0) - (a.reduction ?? 0));
  if (best?.reduction != null)
    return [
      html`${code(best.series)} sent <strong>${times(best.reduction)} fewer bytes</strong> than
        ${code(reference)} and ${ending(best, reference, measure)}.`,
    ];
  if (savers.length === 0) return [];
  const limit = measure === 'accuracy' ? '1 point of accuracy' : '5 % of the loss';
  return [html`No codec that saved bytes stayed within ${limit} of ${code(reference)}.`];
}

function losers(others: readonly Comparison[], reference: Series, measure: Measure): Html[] {
  const worse = others.filter(({ harm }) => harm > TOLERANCE[measure]);
  if (worse.length === 0) return [];
  const items = worse.map(
    ({ series, harm }) => html`${code(series)} (${difference(harm, measure)})`,
  );
  return [html`Clearly worse than ${code(reference)}: ${list(items)}.`];
}

const FEEDBACK = '+ef';
const NO_BREAK_SPACE = '\u00a0';

/** What error feedback is worth, where a codec ran with and without. */
function feedbackGains(others: readonly Comparison[], measure: Measure): Html[] {
  return others.flatMap((plain) => {
    const fed = others.find(
      ({ series }) =>
        series.group.codec === plain.series.group.codec + FEEDBACK &&
        series.group.strategy === plain.series.group.strategy,
    );
    const gain = fed === undefined ? 0 : plain.harm - fed.harm;
    if (fed === undefined || gain <= TOLERANCE[measure] / 2) return [];
    return [
      html`Error feedback took ${code(plain.series)} from ${finalOf(plain.series, measure)} to
      ${measureOf(fed.series, measure)}, for the same number of bits.`,
    ];
  });
}

/** Runs one after another on a shared machine: without a paced link or several seeds, times are chance. */
const SEEDS_FOR_TIMES = 3;

function timesMeanSomething({ link }: Results, series: readonly Series[]): boolean {
  return link !== null || series.every(({ group }) => group.counted.length >= SEEDS_FOR_TIMES);
}

/** Codecs that sent more than the reference: headers and scales outweigh a short gradient. */
function heavier(others: readonly Comparison[], reference: Series): Html[] {
  const worse = others.filter(({ reduction }) => reduction !== null && reduction < 1);
  if (worse.length === 0) return [];
  const items = worse.map(
    ({ series, reduction }) => html`${code(series)} (${times(1 / reduction!)})`,
  );
  return [html`Sent more bytes than ${code(reference)}: ${list(items)}.`];
}

function speed(series: readonly Series[], reference: Series): Html[] {
  const metric =
    average(reference.group, 'secondsToTarget') === null ? 'wallSeconds' : 'secondsToTarget';
  const timeOf = (one: Series): number | undefined => {
    const time = average(one.group, metric);
    return time?.n === one.group.counted.length ? time.mean : undefined;
  };
  const base = timeOf(reference);
  const [fastest] = series
    .filter((one) => one !== reference && one.group.isComplete)
    .flatMap((one) => {
      const time = timeOf(one);
      return time === undefined ? [] : [{ one, time }];
    })
    .toSorted((a, b) => a.time - b.time);
  if (base === undefined || base === 0 || fastest === undefined) return [];
  const what = metric === 'secondsToTarget' ? 'reached the target' : 'was through all steps';
  if (fastest.time > base * (1 - EQUAL_TIME))
    return [
      html`On this machine and link no codec ${what} noticeably sooner than ${code(reference)}
      (${unbroken(formatSeconds(base))}).`,
    ];
  return [
    html`${code(fastest.one)} ${what} soonest: in ${unbroken(formatSeconds(fastest.time))},
    ${code(reference)} in ${unbroken(formatSeconds(base))}.`,
  ];
}

function trouble({ runs }: Results): Html[] {
  const failed = runs.filter(({ status }) => status === 'failed').length;
  const interrupted = runs.filter(({ status }) => status === 'interrupted').length;
  if (failed + interrupted === 0) return [];
  const parts = [
    failed > 0 ? `${count(failed, 'run')} failed` : '',
    interrupted > 0
      ? `${count(interrupted, 'run')} ${interrupted === 1 ? 'was' : 'were'} interrupted`
      : '',
  ].filter(Boolean);
  return [
    html`<span class="warning">${parts.join(' and ')}</span>; means are over complete runs wherever
      a codec has one.`,
  ];
}

/** How far to trust small differences. */
function confidence(series: readonly Series[], measure: Measure): Html[] {
  const metric = measure === 'accuracy' ? 'finalAccuracy' : 'finalLoss';
  const found = series.flatMap(({ group }) => average(group, metric) ?? []);
  const spreads = found.flatMap(({ spread }) => spread ?? []);
  if (spreads.length === 0)
    return [html`Each codec ran once: small differences may be chance. Several seeds would tell.`];
  const largest = Math.max(...spreads);
  const text =
    measure === 'accuracy' ? `${(largest * 100).toFixed(1)} points` : formatNumber(largest, 2);
  return [
    html`Runs of the same codec differ by up to ${text} of ${measure} (sample standard deviation)
    from seed to seed.`,
  ];
}

/** `ended 0.4 points better (98.1 % against 97.7 %), a difference within the spread of the seeds`. */
function ending(
  { harm, isWithinSpread: within, series }: Comparison,
  reference: Series,
  measure: Measure,
): string {
  const [mine, theirs] = [finalOf(series, measure), finalOf(reference, measure)];
  if (Math.abs(harm) < 0.0005) return `ended at the same ${measure} (${mine})`;
  const remark = within ? ', a difference within the spread of the seeds' : '';
  const verb = measure === 'accuracy' ? 'ended' : 'ended with';
  return `${verb} ${difference(harm, measure)} (${mine} against ${theirs})${remark}`;
}

/** `97.7 % accuracy`, `a loss of 0.08`. */
function measureOf(series: Series, measure: Measure): string {
  const final = finalOf(series, measure);
  return measure === 'accuracy' ? `${final} accuracy` : `a loss of ${final}`;
}

function finalOf({ group }: Series, measure: Measure): string {
  if (measure === 'loss') return formatNumber(average(group, 'finalLoss')?.mean ?? 0);
  return unbroken(formatPercent(average(group, 'finalAccuracy')?.mean ?? 0));
}

/** A number stays on one line with its unit. */
function unbroken(text: string): string {
  return text.replaceAll(' ', NO_BREAK_SPACE);
}

/** `0.4 points worse`, or `a loss 3.1 % higher`. */
function difference(harm: number, measure: Measure): string {
  const hundredths = (Math.abs(harm) * 100).toFixed(1);
  return measure === 'accuracy'
    ? unbroken(`${hundredths} points ${harm > 0 ? 'worse' : 'better'}`)
    : `a loss ${unbroken(`${hundredths} % ${harm > 0 ? 'higher' : 'lower'}`)}`;
}

/** `7.5×`; above a hundred no decimals. */
function times(ratio: number): string {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toFixed(1)}×`;
}

function code({ label }: Series): Html {
  return html`<code>${label}</code>`;
}

function list(items: readonly Html[]): Html {
  return html`${items.map((item, i) => (i === 0 ? item : html`${i === items.length - 1 ? ' and ' : ', '}${item}`))}`;
}

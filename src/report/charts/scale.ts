/** Scales of the charts: linear or logarithmic, their domains and tick marks. */
import { scale as plotScale } from '@observablehq/plot';
import { proseWidth } from './text.ts';

/** One axis of a chart. */
export interface Axis {
  readonly type: 'linear' | 'log';
  /** Smallest and largest value shown. */
  readonly domain: readonly [number, number];
  /** Name of the axis. */
  readonly label: string;
  /** Text of a tick. */
  readonly format: (value: number) => string;
}

const MOST_TICKS = 9;
/** Between the texts of neighbouring ticks, in pixels. */
const TICK_GAP = 10;

/** As many round values as have room for their texts side by side between two pixels. */
export function horizontalTicks(axis: Axis, range: readonly [number, number]): number[] {
  const toX = toPixels(axis, range);
  const fits = (ticks: readonly number[]): boolean =>
    ticks.every((tick, i) => {
      const previous = ticks[i - 1];
      if (previous === undefined) return true;
      const needed = (tickWidth(axis, previous) + tickWidth(axis, tick)) / 2 + TICK_GAP;
      return toX(tick) - toX(previous) >= needed;
    });
  for (let most = MOST_TICKS; most > 1; most--) {
    const ticks = roundValues(axis, most);
    if (fits(ticks)) return ticks;
  }
  return roundValues(axis, 1).slice(0, 1);
}

/** Round values from bottom to top. */
export function verticalTicks(axis: Axis): number[] {
  return roundValues(axis, 7);
}

function tickWidth(axis: Axis, tick: number): number {
  return proseWidth(axis.format(tick), 12);
}

function roundValues({ type, domain }: Axis, most: number): number[] {
  return type === 'log' ? logTicks(domain, most) : linearTicks(domain, most);
}

/** Value → pixel. */
export function toPixels(axis: Axis, range: readonly [number, number]): (value: number) => number {
  const options = { type: axis.type, domain: [...axis.domain], range: [...range] };
  const { apply } = plotScale({ x: options });
  return (value) => apply(value) as number;
}

/** Multiples of 1, 2 or 5 times a power of ten, at most about `room` of them. */
function linearTicks([low, high]: readonly [number, number], room: number): number[] {
  const rough = (high - low) / Math.max(1, room);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Dividing by the inverse keeps 3 × 0.1 from becoming 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, i) =>
    step < 1 ? (first + i) / Math.round(1 / step) : (first + i) * step,
  );
}

/** Powers of ten with as many values between them as there is room for. */
function logTicks([low, high]: readonly [number, number], room: number): number[] {
  const powers = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))] as const;
  const withFactors = (factors: readonly number[], every = 1): number[] =>
    Array.from({ length: powers[1] - powers[0] + 1 }, (_, i) => powers[0] + i)
      .filter((power) => power % every === 0)
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low * 0.9999 && tick <= high * 1.0001);
  const choices = [withFactors([1, 2, 5]), withFactors([1, 3]), withFactors([1])];
  const wider = [2, 3, 4, 6, 10].map((every) => withFactors([1], every));
  return [...choices, ...wider].find((ticks) => ticks.length <= room) ?? withFactors([1], 20);
}

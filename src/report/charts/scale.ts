/** Scales of the charts: linear or logarithmic, their domains and tick marks. */
import { scale as plotScale } from '@observablehq/plot';

/** One axis of a chart. */
export interface Axis {
  readonly type: 'linear' | 'log';
  /** Smallest and largest value shown. */
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Written at the axis. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/** What an axis is made of. */
export interface AxisInput {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly label: string;
  readonly format: (value: number) => string;
  /** How many ticks fit. */
  readonly room: number;
}

/** An axis with ticks at round values. */
export function makeAxis({ type, domain, label, format, room }: AxisInput): Axis {
  const ticks = type === 'log' ? logTicks(domain, room) : linearTicks(domain, room);
  return { type, domain, ticks, label, format };
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

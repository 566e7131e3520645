import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertProperty } from '../../src/testing/index.ts';
import { ANY, Mailbox } from '../../src/transport/mailbox.ts';

/** What happens at a mailbox: a receive is posted or a message arrives. */
interface Step {
  readonly isReceive: boolean;
  readonly source: number;
  readonly tag: number;
}

/** Which message each receive got, in the order of the steps that brought them together. */
type Pairs = readonly (readonly [receive: number, message: number])[];

const fits = (receive: Step, message: Step): boolean =>
  (receive.source === ANY || receive.source === message.source) &&
  (receive.tag === ANY || receive.tag === message.tag);

/** Two lists in order of time, and the first that fits. */
function byTheRules(steps: readonly Step[]): Pairs {
  const waiting: number[] = [];
  const arrived: number[] = [];
  return steps.flatMap((step, at) => {
    const others = step.isReceive ? arrived : waiting;
    const found = others.findIndex((other) =>
      step.isReceive ? fits(step, steps[other]!) : fits(steps[other]!, step),
    );
    if (found < 0) {
      (step.isReceive ? waiting : arrived).push(at);
      return [];
    }
    const [other] = others.splice(found, 1);
    return [step.isReceive ? ([at, other!] as const) : ([other!, at] as const)];
  });
}

function byMailbox(steps: readonly Step[]): Pairs {
  const mailbox = new Mailbox<number, number>();
  return steps.flatMap(({ isReceive, source, tag }, at) => {
    if (isReceive) {
      const found = mailbox.post(source, tag, at);
      return found === undefined ? [] : [[at, found.arrival] as const];
    }
    const receive = mailbox.match(source, tag);
    if (receive === undefined) mailbox.keep(source, tag, at);
    return receive === undefined ? [] : [[receive, at] as const];
  });
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      isReceive: fc.constant(true),
      source: fc.integer({ min: ANY, max: 2 }),
      tag: fc.integer({ min: ANY, max: 2 }),
    }),
    fc.record({ isReceive: fc.constant(false), source: fc.nat(2), tag: fc.nat(2) }),
  ),
  { maxLength: 60 },
);

describe('a mailbox', () => {
  it('gives each message to the first receive that takes it, and each receive the first it takes', () => {
    assertProperty(
      fc.property(steps, (program) => {
        expect(byMailbox(program)).toEqual(byTheRules(program));
      }),
      { numRuns: 2000 },
    );
  });

  it('would be found out if it looked at one source after the other', () => {
    // The twin keeps rank 2 waiting for as long as rank 1 sends.
    const bySource = (program: readonly Step[]): Pairs => {
      const sorted = program
        .map((step, at) => ({ ...step, at }))
        .toSorted((a, b) => Number(a.isReceive) - Number(b.isReceive) || a.source - b.source);
      return byTheRules(sorted).map(([r, m]) => [sorted[r]!.at, sorted[m]!.at] as const);
    };
    const program = [
      { isReceive: false, source: 2, tag: 0 },
      { isReceive: false, source: 1, tag: 0 },
      { isReceive: true, source: ANY, tag: ANY },
    ];
    expect(byMailbox(program)).toEqual([[2, 0]]);
    expect(bySource(program)).toEqual([[2, 1]]);
  });

  it('knows what waits in it, and forgets what has gone', () => {
    const mailbox = new Mailbox<string, string>();
    mailbox.post(1, 5, 'one');
    mailbox.post(ANY, 5, 'any');
    expect([mailbox.waitsFor(1), mailbox.waitsFor(2), mailbox.waitsFor(ANY)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([...mailbox.receives()]).toEqual(['one', 'any']);
    mailbox.keep(3, 4, 'message');
    expect([...mailbox.arrivals()]).toMatchObject([{ source: 3, arrival: 'message' }]);
    expect(mailbox.match(1, 5)).toBe('one');
    expect(mailbox.waitsFor(1)).toBe(false);
    expect(mailbox.post(ANY, ANY, 'late')?.arrival).toBe('message');
    expect([...mailbox.arrivals()]).toEqual([]);
  });
});

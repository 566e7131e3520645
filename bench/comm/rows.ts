/** What is measured: contestants on a link, and the figures they are asked for. */
import type { Bounds } from '../support/target.ts';
import type { LinkShape } from './cluster.ts';
import { LINKS } from './cluster.ts';
import type { Load } from './contestants.ts';
import type { Loss } from './losses.ts';
import type { Plan } from './plan.ts';

/** One that is timed in every round of its group. */
export type Contestant =
  | { readonly name: string; readonly ours: Plan }
  | { readonly name: string; readonly peer: 'gloo' | 'mpi'; readonly load: Load }
  | { readonly name: string; readonly loss: Loss }
  /** A figure alone: its rounds are megabytes. */
  | { readonly name: string; readonly memoryOf: number };

/** A figure of a group. */
export interface Figure extends Bounds {
  readonly name: string;
  /** From the median milliseconds of the group's contestants in one round. */
  readonly of: (milliseconds: (name: string) => number) => number;
}

/** What is measured together, on one set of hosts. */
export interface Group {
  readonly name: string;
  /** Undefined: loopback. */
  readonly link: LinkShape | undefined;
  readonly ranks: number;
  readonly contestants: readonly Contestant[];
  readonly figures: readonly Figure[];
}

const LONG = 50_003_968;
const LOOPBACK = 100_000_000;

/** Milliseconds in which a ring all-reduce sends its bytes at the nominal rate. */
export function linkBound(bytes: number, ranks: number, { bytesPerSecond }: LinkShape): number {
  return (((2 * (ranks - 1)) / ranks) * bytes * 1000) / bytesPerSecond;
}

const plan = (bytes: number, iterations: number, more: Partial<Plan> = {}): Plan => ({
  bytes,
  // Until kernels and engine are compiled.
  warmups: bytes < 1000 ? 500 : 4,
  iterations,
  worker: true,
  ...more,
});

const CODECS: Readonly<Record<string, string>> = {
  'qsgd 4 bit': 'qsgd:levels=7',
  'topk 1 %': 'topk:density=0.01+ef',
  bf16: 'bf16',
};

const OURS = 'all-reduce';
const GLOO = 'gloo';
const MPI = 'Open MPI';

function peers(bytes: number, iterations: number, withMpi: boolean): Contestant[] {
  const load = { bytes, warmups: 1, iterations };
  const gloo: Contestant = { name: GLOO, peer: 'gloo', load };
  return withMpi ? [gloo, { name: MPI, peer: 'mpi', load }] : [gloo];
}

/** Times as fast as a peer. */
const beside =
  (name: string, peer: string): Figure['of'] =>
  (ms) =>
    ms(peer) / ms(name);

/** What a codec is promised to gain beside Gloo's float32, by link and ranks. */
const PROMISED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'qsgd 4 bit': {
    '1gbit 4': 6.3,
    '1gbit 2': 7.4,
    '100mbit 4': 6.5,
    '100mbit 2': 7.5,
    '10gbit 2': 1.9,
    'loopback 2': 1.3,
  },
  'topk 1 %': { '1gbit 4': 8.5, '1gbit 2': 13, '100mbit 4': 22, '100mbit 2': 45 },
  bf16: { '1gbit 4': 1.75, '1gbit 2': 1.9 },
};

function codecsOn(
  key: string,
  bytes: number,
  iterations: number,
): Pick<Group, 'contestants' | 'figures'> {
  const promised = Object.entries(PROMISED).filter(([, places]) => key in places);
  return {
    contestants: promised.map(([name]) => ({
      name,
      ours: plan(bytes, iterations, { codec: CODECS[name]! }),
    })),
    figures: promised.map(([name, places]) => ({
      name: `${name} beside gloo`,
      of: beside(name, GLOO),
      atLeast: places[key]!,
    })),
  };
}

function gigabit(ranks: number): Group {
  const link = LINKS['1gbit']!;
  const codecs = codecsOn(`1gbit ${ranks}`, LONG, 9);
  const bound = linkBound(LONG, ranks, link);
  return {
    name: `${link.name}, P = ${ranks}, 50 MB`,
    link,
    ranks,
    contestants: [
      { name: OURS, ours: plan(LONG, 3) },
      ...peers(LONG, 3, true),
      ...codecs.contestants,
      ...(ranks === 2 ? [HIDDEN, ENCRYPTED] : []),
    ],
    figures: [
      { name: 'share of the link bound', of: (ms) => bound / ms(OURS), atLeast: 0.92 },
      { name: 'all-reduce beside gloo', of: beside(OURS, GLOO), atLeast: 0.97 },
      {
        name: 'all-reduce beside Open MPI',
        of: beside(OURS, MPI),
        ...(ranks === 4 && { atLeast: 1 }),
      },
      ...codecs.figures,
      ...(ranks === 2
        ? [
            {
              // Nothing hidden: both times add up. All: the longer of the two remains.
              name: 'hidden behind 400 ms of computation',
              of: (ms: (name: string) => number) =>
                (ms(OURS) + COMPUTE_MS - ms(HIDDEN.name)) / Math.min(ms(OURS), COMPUTE_MS),
              atLeast: 0.9,
            },
            { name: 'TLS: share of plain speed', of: beside(ENCRYPTED.name, OURS), atLeast: 0.9 },
          ]
        : []),
    ],
  };
}

const COMPUTE_MS = 400;
const HIDDEN: Contestant = {
  name: 'computing meanwhile',
  ours: plan(LONG, 3, { computeMs: COMPUTE_MS }),
};
const ENCRYPTED: Contestant = { name: 'TLS', ours: plan(LONG, 3, { tls: true }) };

function slow(ranks: number): Group {
  const link = LINKS['100mbit']!;
  const codecs = codecsOn(`100mbit ${ranks}`, LONG, 3);
  return {
    name: `${link.name}, P = ${ranks}, 50 MB`,
    link,
    ranks,
    contestants: [...peers(LONG, 1, false), ...codecs.contestants],
    figures: codecs.figures,
  };
}

function fast(): Group {
  const link = LINKS['10gbit']!;
  const codecs = codecsOn('10gbit 2', LONG, 9);
  return {
    name: `${link.name}, P = 2, 50 MB`,
    link,
    ranks: 2,
    contestants: [
      { name: OURS, ours: plan(LONG, 5) },
      ...peers(LONG, 5, false),
      ...codecs.contestants,
    ],
    figures: [{ name: 'all-reduce beside gloo', of: beside(OURS, GLOO) }, ...codecs.figures],
  };
}

function loopback(ranks: number): Group {
  const codecs = codecsOn(`loopback ${ranks}`, LOOPBACK, 9);
  return {
    name: `loopback, P = ${ranks}, 100 MB`,
    link: undefined,
    ranks,
    contestants: [
      { name: OURS, ours: plan(LOOPBACK, 5) },
      ...peers(LOOPBACK, 5, true),
      ...codecs.contestants,
    ],
    figures: [
      { name: 'all-reduce beside gloo', of: beside(OURS, GLOO), atLeast: ranks === 2 ? 1.1 : 1 },
      {
        name: 'all-reduce beside Open MPI',
        of: beside(OURS, MPI),
        ...(ranks === 4 && { atLeast: 1 }),
      },
      ...codecs.figures,
    ],
  };
}

function short(ranks: number): Group {
  const many = 1000;
  const bytes = 4;
  return {
    name: `loopback, P = ${ranks}, 4 bytes`,
    link: undefined,
    ranks,
    contestants: [
      { name: 'through the worker', ours: plan(bytes, many, { sync: true }) },
      { name: 'on the calling thread', ours: plan(bytes, many, { worker: false }) },
      ...peers(bytes, many, true),
    ],
    figures: [
      {
        name: 'through the worker beside gloo',
        of: beside('through the worker', GLOO),
        atLeast: ranks === 2 ? 0.9 : 0.65,
      },
      {
        name: 'on the calling thread beside gloo',
        of: beside('on the calling thread', GLOO),
        atLeast: ranks === 2 ? 1 : 0.8,
      },
      { name: 'on the calling thread beside Open MPI', of: beside('on the calling thread', MPI) },
    ],
  };
}

/** One of four ranks is lost in the middle of all-reduces. */
function losses(): Group {
  const link = LINKS['1gbit']!;
  const contestants: Contestant[] = [
    { name: 'kill −9 → last typed error, worst of 3, ms', loss: 'kill' },
    { name: 'SIGSTOP → last typed error, worst of 3, ms beyond the deadline', loss: 'stop' },
    { name: 'link down → last typed error, worst of 3, ms beyond the deadline', loss: 'link down' },
    { name: 'memory beside the vector and a bare Node process, MB', memoryOf: LONG },
  ];
  return {
    name: `${link.name}, P = 4`,
    link,
    ranks: 4,
    contestants,
    figures: contestants.map(({ name }) => ({
      name,
      of: (ms) => ms(name),
      atMost: name.startsWith('memory') ? 64 : 1000,
    })),
  };
}

export const GROUPS: readonly Group[] = [
  gigabit(2),
  gigabit(4),
  slow(2),
  slow(4),
  fast(),
  loopback(2),
  loopback(4),
  short(2),
  short(4),
  losses(),
];

/** The same with little data, to see that everything runs. */
export function quick(group: Group): Group {
  const small = (bytes: number): number => Math.min(bytes, 400_000);
  return {
    ...group,
    contestants: group.contestants.map((contestant) => {
      const once = { warmups: 1, iterations: 1 };
      if ('ours' in contestant) {
        const { ours } = contestant;
        return { ...contestant, ours: { ...ours, bytes: small(ours.bytes), ...once } };
      }
      if ('load' in contestant)
        return { ...contestant, load: { bytes: small(contestant.load.bytes), ...once } };
      return contestant;
    }),
  };
}

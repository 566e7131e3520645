/** What README.md and bench/README.md say of recorded figures, made from the records. */
import { markdownTable, withSection } from '../support/markdown.ts';
import type { CaseRecord, KeptRecord, SuiteRecord } from '../support/record.ts';
import { figure } from '../support/table.ts';
import { boundsText, type TargetResult } from '../support/target.ts';
import { places, type Place } from './bench.ts';
import { ARRAY_COPY, MEMORY_COPY, NAIVE_LOOP } from './names.ts';

const OPERATIONS = ['encode', 'decode', 'decode-add'] as const;
const COPY_OF: Readonly<Record<Place, string>> = {
  'in place': MEMORY_COPY,
  'plain arrays': ARRAY_COPY,
};
/** What README.md picks out. */
const PICKED: readonly (readonly [codec: string, operation: string])[] = [
  ['bf16', 'encode'],
  ['qsgd', 'encode'],
  ['qsgd', 'decode'],
  ['qsgd', 'decode-add'],
  ['qsgd:norm=l2', 'encode'],
  ['terngrad', 'encode'],
  ['topk:density=0.01', 'encode'],
  ['topk:density=0.01+ef', 'encode'],
  ['topk:k=64,block=4096/quantile', 'encode'],
];

/** bench/README.md with the figures of these records; as it is where there are none. */
export function benchPage(page: string, records: readonly KeptRecord[]): string {
  const codecs = ofCodecs(records);
  if (codecs.length === 0) return page;
  return withSection(
    page,
    [
      ...targetSection(codecs),
      ...codecs.filter(isGaussian).flatMap(gaussianSection),
      ...dataSection(codecs),
      ...codecs.filter(({ record }) => isAcross(record)).flatMap(acrossSection),
    ].join('\n\n'),
  );
}

/** README.md with the most telling of them; as it is where there are none. */
export function frontPage(page: string, records: readonly KeptRecord[]): string {
  const codecs = ofCodecs(records);
  const [largest] = codecs.filter(isGaussian);
  if (!largest) return page;
  const { record } = largest;
  const { environment: at } = record;
  const text = [
    `${count(record)} Gaussian elements, in place, one thread, the whole call (finite check, header and checksum included), against a copy of the same data, a textbook 4-bit QSGD loop and PyTorch in the same run:`,
    pickedTable(record),
    `Speeds as ratios; above 1 gradwire is faster. Node ${at.node} on ${at.processor}, ${dateOf(record)}; medians of ${record.rounds} rounds, load ${at.loadBefore} before and ${at.loadAfter} after. ${metText(codecs)}`.trim(),
    chartOf(largest, 'bench/record/'),
  ];
  return withSection(page, text.join('\n\n'));
}

/** Records of this suite, long vectors first. */
function ofCodecs(records: readonly KeptRecord[]): KeptRecord[] {
  return records
    .filter(({ record }) => record.suite.startsWith('codecs-'))
    .toSorted((a, b) => elementsOf(b.record) - elementsOf(a.record));
}

function isGaussian({ record }: KeptRecord): boolean {
  return record.settings['data'] === 'gaussian';
}

/** Several kinds of data in one suite. */
function isAcross({ suite }: SuiteRecord): boolean {
  return suite.endsWith('-inputs');
}

function elementsOf({ settings }: SuiteRecord): number {
  return Number(settings['elements']);
}

function count(record: SuiteRecord): string {
  const elements = elementsOf(record);
  return elements < 1e6 ? String(elements) : `${Math.round(elements / 1e6)} million`;
}

function dateOf({ environment }: SuiteRecord): string {
  return environment.startedAt.slice(0, 10);
}

function milliseconds(one: CaseRecord | undefined): string {
  return one ? figure(one.median * 1e3) : '';
}

/** Median of a ratio. */
function ratio(one: CaseRecord | undefined, beside: string): string {
  const spread = one?.ratios[beside];
  return spread ? figure(spread.median) : '';
}

/** A fact that is a number. */
function fact(one: CaseRecord | undefined, name: string): string {
  const value = one?.facts[name];
  return typeof value === 'number' ? figure(value) : '';
}

/** What makes a case of a codec out; default SIMD kernels and one thread. */
interface Wanted {
  readonly codec: string;
  readonly operation: string;
  readonly place: Place;
  readonly kernels?: string;
}

function find({ cases }: SuiteRecord, wanted: Wanted): CaseRecord | undefined {
  const { codec, operation, place, kernels = 'simd' } = wanted;
  return cases.find(
    ({ facts }) =>
      facts['codec'] === codec &&
      facts['operation'] === operation &&
      facts['place'] === place &&
      facts['kernels'] === kernels &&
      facts['threads'] === 1,
  );
}

function named({ cases }: SuiteRecord, name: string): CaseRecord | undefined {
  return cases.find((one) => one.name === name);
}

function codecsOf({ cases }: SuiteRecord): string[] {
  return [...new Set(cases.flatMap(({ facts }) => facts['codec'] ?? []).map(String))];
}

function code(text: string): string {
  return `\`${text}\``;
}

function chartOf({ name, record }: KeptRecord, folder: string): string {
  return `![Speed of codecs beside memory.copy, ${count(record)} Gaussian elements](${folder}${name}.svg)`;
}

function conditions(kept: KeptRecord): string {
  const { environment: at, rounds, settings } = kept.record;
  return [
    `[${kept.name}](record/${kept.name}.json): ${at.processor} × ${at.processors}, ${at.system}`,
    `Node ${at.node}`,
    `gradwire ${at.gradwire} at commit ${at.commit}`,
    `benny ${at.benny}`,
    `PyTorch ${settings['torch'] ?? 'not measured'}`,
    `seed ${settings['seed']}`,
    `${rounds} rounds`,
    `${dateOf(kept.record)}. Load ${at.loadBefore} before, ${at.loadAfter} after.`,
  ].join(', ');
}

function gaussianSection(kept: KeptRecord): string[] {
  const { record } = kept;
  const references = [MEMORY_COPY, ARRAY_COPY, NAIVE_LOOP].flatMap((name) => {
    const one = named(record, name);
    return one ? [`${name} ${milliseconds(one)} ms`] : [];
  });
  return [
    `### ${count(record)} Gaussian elements`,
    conditions(kept),
    `References: ${references.join(', ')}.`,
    ...places.flatMap((place) => placeTable(record, place)),
    ...referenceTable(record),
    ...threadTable(record),
    ...peerTable(record),
    chartOf(kept, 'record/'),
  ];
}

function placeTable(record: SuiteRecord, place: Place): string[] {
  const rows = codecsOf(record).map((codec) => {
    const [encode, decode, add] = OPERATIONS.map((operation) =>
      find(record, { codec, operation, place }),
    );
    return [
      code(codec),
      fact(encode, 'bitsPerElement'),
      ...[encode, decode, add].flatMap((one) => [milliseconds(one), ratio(one, 'copy')]),
      ratio(encode, 'naive'),
      fact(encode, 'peakMegabytes'),
    ];
  });
  const times = OPERATIONS.flatMap((operation) => [`${operation}, ms`, '÷ copy']);
  return [
    `${place[0]?.toUpperCase()}${place.slice(1)}; "÷ copy" is speed ÷ speed of \`${COPY_OF[place]}\`, "÷ naive" encoding ÷ the naive loop, "peak MB" of encoding:`,
    markdownTable(['codec', 'bits / element', ...times, '÷ naive', 'peak MB'], rows),
  ];
}

/** The TypeScript twin of the kernels, where it was measured. */
function referenceTable(record: SuiteRecord): string[] {
  const rows = codecsOf(record).flatMap((codec) => {
    const found = OPERATIONS.map((operation) =>
      find(record, { codec, operation, place: 'plain arrays', kernels: 'reference' }),
    );
    if (!found[0]) return [];
    return [[code(codec), ...found.flatMap((one) => [milliseconds(one), ratio(one, 'copy')])]];
  });
  if (rows.length === 0) return [];
  const times = OPERATIONS.flatMap((operation) => [`${operation}, ms`, '÷ copy']);
  return ['Plain arrays, TypeScript kernels:', markdownTable(['codec', ...times], rows)];
}

function threadTable({ cases }: SuiteRecord): string[] {
  const threaded = cases.filter(({ ratios }) => ratios['one thread']);
  if (threaded.length === 0) return [];
  const rows = threaded.map((one) => [
    code(String(one.facts['codec'])),
    String(one.facts['operation']),
    String(one.facts['threads']),
    milliseconds(one),
    ratio(one, 'one thread'),
  ]);
  const head = ['codec', 'operation', 'threads', 'ms', '÷ one thread'];
  return ['Threads, in place:', markdownTable(head, rows)];
}

function peerTable(record: SuiteRecord): string[] {
  const rows = record.cases.flatMap((peer) => {
    const { does, operation } = peer.facts;
    if (does === undefined) return [];
    const [own, plain] = places.map((place) =>
      find(record, { codec: String(does), operation: String(operation), place }),
    );
    return [
      [
        peer.name.replace(/^torch /, ''),
        milliseconds(peer),
        code(`${does} ${operation}`),
        ratio(own, 'torch'),
        ratio(plain, 'torch'),
      ],
    ];
  });
  if (rows.length === 0) return [];
  return [
    'The same work as PyTorch operations, one thread, in the same rounds; above 1 gradwire is faster:',
    markdownTable(['PyTorch', 'ms', 'beside', 'in place', 'plain arrays'], rows),
  ];
}

/** Encoding in place on every kind of data, a table a size. */
function dataSection(records: readonly KeptRecord[]): string[] {
  const single = records.filter(({ record }) => !isAcross(record));
  const sizes = [...new Set(single.map(({ record }) => elementsOf(record)))];
  return sizes.flatMap((elements) => {
    const ofSize = single.filter(({ record }) => elementsOf(record) === elements);
    if (ofSize.length < 2) return [];
    const codecs = [...new Set(ofSize.flatMap(({ record }) => codecsOf(record)))];
    const rows = codecs.map((codec) => [
      code(codec),
      ...ofSize.flatMap(({ record }) => dataCells(record, codec)),
    ]);
    const kinds = ofSize.flatMap(({ record }) => [String(record.settings['data']), 'bits']);
    const links = ofSize.map(({ name }) => `[${name}](record/${name}.json)`);
    return [
      `### Other data, ${count(ofSize[0]!.record)} elements`,
      `Encoding in place, speed ÷ speed of \`${MEMORY_COPY}\` in the same run, and bits an element. Decoding, adding and plain arrays: ${links.join(', ')}.`,
      markdownTable(['codec', ...kinds], rows),
    ];
  });
}

function dataCells(record: SuiteRecord, codec: string): string[] {
  const one = find(record, { codec, operation: 'encode', place: 'in place' });
  return [ratio(one, 'copy'), fact(one, 'bitsPerElement')];
}

function acrossSection(kept: KeptRecord): string[] {
  const { record } = kept;
  const rows = record.cases.flatMap((one) =>
    one.facts['data'] === undefined
      ? []
      : [
          [
            code(String(one.facts['codec'])),
            String(one.facts['data']),
            milliseconds(one),
            ratio(one, 'copy'),
            ratio(one, 'gaussian'),
          ],
        ],
  );
  return [
    `### Kinds of data side by side, ${count(record)} elements`,
    conditions(kept),
    'Encoding in place:',
    markdownTable(['codec', 'data', 'ms', '÷ copy', '÷ gaussian'], rows),
  ];
}

function targetsOf(records: readonly KeptRecord[]): TargetResult[] {
  return records.flatMap(({ record }) => record.targets);
}

function metText(records: readonly KeptRecord[]): string {
  const targets = targetsOf(records);
  if (targets.length === 0) return '';
  const met = targets.filter(({ isMet }) => isMet).length;
  return `Of ${targets.length} targets ${met} are met.`;
}

function figureText({ figure: asked }: TargetResult): string {
  return 'fact' in asked ? asked.fact : `speed ÷ ${asked.speedBeside}`;
}

/** Misses first. */
function targetSection(records: readonly KeptRecord[]): string[] {
  const targets = targetsOf(records);
  if (targets.length === 0) return [];
  const rows = [false, true].flatMap((isMet) =>
    targets
      .filter((target) => target.isMet === isMet)
      .map((target) => [
        isMet ? 'met' : '**missed**',
        code(target.name),
        figureText(target),
        boundsText(target),
        target.measured === null ? 'not measured' : figure(target.measured),
      ]),
  );
  return [
    '### Targets',
    `25 million elements, Gaussian unless said, one thread unless said. ${metText(records)}`,
    markdownTable(['', 'case', 'figure', 'asked', 'measured'], rows),
  ];
}

function pickedTable(record: SuiteRecord): string {
  const references = [MEMORY_COPY, NAIVE_LOOP].map((name) => {
    const one = named(record, name);
    return [code(name), milliseconds(one), ratio(one, 'copy'), '', ''];
  });
  const rows = PICKED.flatMap(([codec, operation]) => {
    const one = find(record, { codec, operation, place: 'in place' });
    if (!one) return [];
    return [
      [
        `${code(codec)} ${operation}`,
        milliseconds(one),
        ...['copy', 'naive', 'torch'].map((beside) => ratio(one, beside)),
      ],
    ];
  });
  return markdownTable(
    ['operation', 'ms', '÷ memory.copy', '÷ textbook loop', '÷ PyTorch'],
    [...references, ...rows],
  );
}

/** `gradwire inspect`: what a payload is made of. */
import type { Command } from 'commander';
import { inspect, type PayloadInfo, type Section } from '../../codecs/index.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { count, figure, table } from './format.ts';
import { MAX_ELEMENTS, namingInput, readPayload } from './input.ts';
import { integerOption } from './options.ts';
import { styleFor, write, type Style } from './io.ts';

/** Parsed options. */
interface InspectOptions {
  readonly json?: boolean;
  readonly maxLength: number;
}

const NOTES = `
The table has a row for each section of the payload: its bytes, the bits it takes
for each element of the gradient, and those that an ideal coder of its symbols'
frequencies would need (at entropy); the symbols coded in it, the bits each of them
takes and their entropy; and the bytes that coder would save. Floats and headers are
not symbols. The last row and the line "at entropy" have the totals.

Examples:
  $ gradwire inspect gradient.gw
  $ gradwire inspect gradient.gw --json | jq .bitsPerElement
  $ gradwire encode gradient.npy -o - --codec topk:density=0.01 | gradwire inspect -`;

/** Bytes an ideal coder of a section's symbols would save; undefined for sections without symbols. */
function saving({ bytes, entropyBits }: Section): number | undefined {
  return entropyBits === undefined ? undefined : Math.max(0, bytes - entropyBits / 8);
}

function sectionRow(section: Section, info: PayloadInfo): string[] {
  const { name, bytes, symbols, entropyBits } = section;
  const perSymbol = (bits: number | undefined): string =>
    symbols && bits !== undefined ? figure(bits / symbols) : '-';
  const perElement = (bits: number | undefined): string =>
    info.length > 0 && bits !== undefined ? figure(bits / info.length) : '-';
  const saved = saving(section);
  return [
    name,
    count(bytes),
    perElement(8 * bytes),
    perElement(saved === undefined ? undefined : 8 * (bytes - saved)),
    symbols === undefined ? '-' : count(symbols),
    perSymbol(8 * bytes),
    perSymbol(entropyBits),
    saved === undefined ? '-' : count(Math.round(saved)),
  ];
}

/** What the codec leaves on the table. */
function savingText(info: PayloadInfo): string {
  const { savableBytes: saved, totalBytes } = info;
  return `${count(Math.round(saved))} bytes (${figure((100 * saved) / totalBytes)} %)`;
}

function totalRow(info: PayloadInfo): string[] {
  const { totalBytes, bitsPerElement, entropyBitsPerElement, savableBytes } = info;
  const bits = [figure(bitsPerElement), figure(entropyBitsPerElement)];
  return ['total', count(totalBytes), ...bits, '', '', '', count(Math.round(savableBytes))];
}

/** 16 hexadecimal digits, high half first. */
function keyText({ key }: PayloadInfo): string {
  return key ? hex(key.high) + hex(key.low) : 'none';
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

function text(info: PayloadInfo, style: Style): string {
  const { bitsPerElement, entropyBitsPerElement, totalBytes } = info;
  const facts = [
    ['codec', info.spec],
    ['format version', String(info.version)],
    ['elements', count(info.length)],
    ['bytes', `${count(totalBytes)} (ratio ${figure(info.compressionRatio)})`],
    ['bits/element', figure(bitsPerElement)],
    ['at entropy', `${figure(entropyBitsPerElement)}, saving ${savingText(info)}`],
    ['saturated', count(info.saturated)],
    ['key', keyText(info)],
    ['checksum', hex(info.checksum)],
  ];
  const [heading = '', ...rows] = table([
    [
      ...['section', 'bytes', 'bits/element', 'at entropy'],
      ...['symbols', 'bits/symbol', 'entropy', 'could save'],
    ],
    ...info.sections.map((section) => sectionRow(section, info)),
    totalRow(info),
  ]).split('\n');
  const lines = facts.map(([name = '', value = '']) => `${name.padEnd(14)}  ${value}`);
  return [...lines, '', style('bold', heading), ...rows, ''].join('\n');
}

async function run(path: string, options: InspectOptions, cli: Cli): Promise<void> {
  const { io } = cli;
  const payload = await readPayload(io, path);
  const info = namingInput(path, () => inspect(payload, { maxLength: options.maxLength }));
  // Absent and null are different things in JSON: a field that does not apply is null.
  const json = (): string => JSON.stringify({ ...info, key: info.key ?? null }, undefined, 2);
  await write(io.stdout, options.json ? `${json()}\n` : text(info, styleFor(io.stdout, io.env)));
}

function define(command: Command, cli: Cli): void {
  command
    .summary('show what a payload is made of')
    .description(
      'Shows codec, sizes and sections of a payload, and what its bits could be at best.',
    )
    .argument('<payload>', 'payload file; "-" for standard input')
    .option('--json', 'print JSON: the PayloadInfo of the API')
    .option(
      '--max-length <elements>',
      'refuse payloads of more elements than this',
      integerOption(0, MAX_ELEMENTS),
      MAX_ELEMENTS,
    )
    .addHelpText('after', NOTES)
    .action((path: string, options: InspectOptions) => run(path, options, cli));
}

export const inspectCommand: CommandDefinition = { name: 'inspect', define };

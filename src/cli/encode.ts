/** `gradwire encode`: a file of float32 to a payload. */
import { Option, type Command } from 'commander';
import {
  encode,
  parseCodec,
  type Codec,
  type EncodeOptions,
  type NonFinitePolicy,
} from '../../codecs/index.ts';
import { readHeader } from '../../proto/payload.ts';
import { codecList, codecWarning } from './codec-help.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { count, figure } from './format.ts';
import { MAX_ELEMENTS, namingInput, readGradient } from './input.ts';
import { checkBinaryOutput, inputName, writeOutput } from './io.ts';
import { integerOption } from './options.ts';

/** Parsed options. */
interface EncodeCommandOptions extends Required<Pick<EncodeOptions, 'rank' | 'step' | 'bucket'>> {
  readonly output: string;
  readonly codec: string;
  readonly seed?: number;
  readonly nonFinite: NonFinitePolicy;
}

const NOTES = `
INPUT is raw little-endian float32, or a .npy file of float32 in C order (any
shape, taken flat). A file is one gradient: with +ef the residual counts as zero.
seed, rank, step and bucket name the randomness: the same four give the same
bytes. Without --seed every run draws its own.

Examples:
  $ gradwire encode gradient.npy -o gradient.gw --codec qsgd:levels=7
  $ gradwire encode gradient.f32 -o gradient.gw --codec terngrad --seed 1 --step 17
  $ gradwire encode gradient.npy -o gradient.gw --codec "topk:density=0.01/qsgd:levels=3+ef"
  $ python3 dump.py | gradwire encode - -o - --codec bf16 > gradient.gw
`;

/** Says what encoding changed beyond what the codec promises. */
function warnOfChanges(codec: Codec, gradient: Float32Array, payload: Uint8Array, cli: Cli): void {
  let nonFinite = 0;
  for (const value of gradient) if (!Number.isFinite(value)) nonFinite++;
  if (nonFinite > 0) cli.log.warn(`${count(nonFinite)} elements were not finite, taken as 0`);
  const { saturated } = readHeader(payload, MAX_ELEMENTS);
  if (saturated > 0)
    cli.log.warn(
      `${count(saturated)} values were beyond the range of ${codec.spec}, clipped to it`,
    );
}

function summary(input: string, codec: Codec, elements: number, bytes: number): string {
  const facts = [
    `${inputName(input)} with ${codec.spec}: ${count(elements)} elements to ${count(bytes)} bytes`,
    ...(elements > 0 ? [`${figure((8 * bytes) / elements)} bits/element`] : []),
    `ratio ${figure((4 * elements) / bytes)}`,
  ];
  return facts.join(', ');
}

async function run(input: string, options: EncodeCommandOptions, cli: Cli): Promise<void> {
  const { output, codec: spec, seed, rank, step, bucket, nonFinite } = options;
  const codec = parseCodec(spec);
  checkBinaryOutput(cli.io, output);
  const warning = codecWarning(codec);
  if (warning !== undefined) cli.log.warn(warning);
  const gradient = await readGradient(cli.io, input);
  const payload = namingInput(input, () =>
    encode(codec, gradient, { seed, rank, step, bucket, nonFinite }),
  );
  await writeOutput(cli.io, output, [payload]);
  warnOfChanges(codec, gradient, payload, cli);
  cli.log.info(summary(input, codec, gradient.length, payload.length));
}

function define(command: Command, cli: Cli): void {
  const integer = integerOption(0);
  command
    .summary('encode a gradient into a payload')
    .description('Encodes a file of float32 into a payload, which decodes from its bytes alone.')
    .argument('<input>', 'raw float32 or .npy; "-" for standard input')
    .requiredOption('-o, --output <file>', 'payload file; "-" for standard output')
    .requiredOption('-c, --codec <spec>', 'codec spec, for example qsgd:levels=7')
    .option('--seed <integer>', 'names the randomness (default: a fresh one)', integer)
    .option('--rank <integer>', 'rank the encoding is for', integer, 0)
    .option('--step <integer>', 'training step', integer, 0)
    .option('--bucket <integer>', 'bucket of the gradient', integer, 0)
    .addOption(
      new Option('--non-finite <policy>', 'on NaN and infinities: refuse, or take them as 0')
        .choices(['throw', 'zero'])
        .default('throw'),
    )
    .addHelpText('after', () => `${NOTES}\n${codecList()}`)
    .action((input: string, options: EncodeCommandOptions) => run(input, options, cli));
}

export const encodeCommand: CommandDefinition = { name: 'encode', define };

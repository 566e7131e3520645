/** `gradwire decode`: a payload to a file of float32. */
import type { Command } from 'commander';
import { decode } from '../../codecs/index.ts';
import { formatOf, gradientToBytes } from '../files/gradient-file.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { count } from './format.ts';
import { MAX_ELEMENTS, namingInput, readPayload } from './input.ts';
import { checkBinaryOutput, inputName, writeOutput } from './io.ts';
import { integerOption } from './options.ts';

/** Parsed options. */
interface DecodeCommandOptions {
  readonly output: string;
  readonly maxLength: number;
}

const NOTES = `
The payload says which codec it is of; nothing else is needed. Payloads do not
carry a shape: the array is one-dimensional, reshape it in numpy.

Examples:
  $ gradwire decode gradient.gw -o decoded.npy
  $ gradwire decode gradient.gw -o decoded.f32 --max-length 1000000
  $ cat gradient.gw | gradwire decode - -o - > decoded.f32`;

async function run(path: string, options: DecodeCommandOptions, cli: Cli): Promise<void> {
  const { output, maxLength } = options;
  checkBinaryOutput(cli.io, output);
  const payload = await readPayload(cli.io, path);
  const values = namingInput(path, () => decode(payload, { maxLength }));
  await writeOutput(cli.io, output, gradientToBytes(values, formatOf(output)));
  cli.log.info(`${inputName(path)}: ${count(values.length)} elements`);
}

function define(command: Command, cli: Cli): void {
  command
    .summary('decode a payload into a gradient')
    .description('Decodes a payload into a file of float32.')
    .argument('<payload>', 'payload file; "-" for standard input')
    .requiredOption(
      '-o, --output <file>',
      'one-dimensional array if it ends in .npy, else raw little-endian float32; "-" for standard output, raw',
    )
    .option(
      '--max-length <elements>',
      'refuse payloads of more elements than this',
      integerOption(0, MAX_ELEMENTS),
      MAX_ELEMENTS,
    )
    .addHelpText('after', NOTES)
    .action((path: string, options: DecodeCommandOptions) => run(path, options, cli));
}

export const decodeCommand: CommandDefinition = { name: 'decode', define };

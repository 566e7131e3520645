/** All commands, in the order `gradwire --help` lists them. A new one is a file and a line here. */
import { benchCommand } from './bench.ts';
import type { CommandDefinition } from './command.ts';
import { compareCommand } from './compare.ts';
import { decodeCommand } from './decode.ts';
import { encodeCommand } from './encode.ts';
import { inspectCommand } from './inspect.ts';
import { launchCommand } from './launch.ts';
import { traceCommand } from './trace.ts';
import { trainCommand } from './train.ts';

export const commands: readonly CommandDefinition[] = [
  compareCommand,
  trainCommand,
  launchCommand,
  encodeCommand,
  decodeCommand,
  inspectCommand,
  benchCommand,
  traceCommand,
];

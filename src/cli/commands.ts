/** All commands, in the order `gradwire --help` lists them. A new one is a file and a line here. */
import type { CommandDefinition } from './command.ts';
import { decodeCommand } from './decode.ts';
import { encodeCommand } from './encode.ts';
import { inspectCommand } from './inspect.ts';

export const commands: readonly CommandDefinition[] = [
  encodeCommand,
  decodeCommand,
  inspectCommand,
];

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { CodecSpecError, PayloadError, registry } from '../../codecs/index.ts';
import { commands } from '../../src/cli/commands.ts';
import { errorLine, exitCodeOf, InterruptedError, UsageError } from '../../src/cli/errors.ts';
import { VERSION } from '../../src/cli/version.ts';
import { ROOT } from '../house/structure.ts';
import { run } from './run.ts';

const names = commands.map(({ name }) => name);

describe('gradwire', () => {
  it('has the version of the package', async () => {
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(manifest).toHaveProperty('version', VERSION);
    for (const flag of ['--version', '-V'])
      expect(await run([flag])).toEqual(
        expect.objectContaining({ code: 0, text: `${VERSION}\n`, stderr: '' }),
      );
  });

  it('lists its commands, and gives examples', async () => {
    const { code, text, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(text).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(text).toContain('Examples:\n  $ gradwire ');
    expect(text).toContain('GRADWIRE_LOG');
    expect(text).toContain('130 interrupted');
    expect(await run(['-h'])).toHaveProperty('text', text);
    expect(await run(['help'])).toHaveProperty('text', text);
  });

  it('without a command prints the help where errors go', async () => {
    const { code, text, stderr } = await run([]);
    expect({ code, text }).toEqual({ code: 2, text: '' });
    expect(stderr).toContain('Usage: gradwire');
  });

  it('wraps its help at the width of the terminal', async () => {
    const lengthsAt = async (columns: number): Promise<number[]> => {
      const { text } = await run(['encode', '--help'], { columns, env: { NO_COLOR: '1' } });
      const options = text.slice(text.indexOf('Options:'), text.indexOf('\n\nINPUT'));
      return options.split('\n').map((line) => line.length);
    };
    expect(Math.max(...(await lengthsAt(70)))).toBeLessThanOrEqual(70);
    expect(Math.max(...(await lengthsAt(200)))).toBeGreaterThan(70);
  });

  it.each([
    [['inspct', 'x'], "unknown command 'inspct' (Did you mean inspect?)"],
    [['inspect', 'x', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['inspect'], "missing required argument 'payload'"],
    [['inspect', 'x', 'y'], 'too many arguments'],
    [['encode', 'x', '--codec', 'none'], "'-o, --output <file>' not specified"],
    [['encode', 'x', '-o', 'y'], "'-c, --codec <spec>' not specified"],
    [['encode', 'x', '-o'], "'-o, --output <file>' argument missing"],
  ])('%j is bad usage, in one line', async (argv, problem) => {
    const { code, text, stderr } = await run(argv);
    expect({ code, text }).toEqual({ code: 2, text: '' });
    expect(stderr).toMatch(/^gradwire: .* \(GRADWIRE_USAGE\)\n$/);
    expect(stderr).toContain(problem);
  });
});

describe.each(names)('gradwire %s --help', (name) => {
  it('describes the command and has examples of it', async () => {
    const { code, text, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(text).toContain(`Usage: gradwire ${name}`);
    const examples = text.slice(text.indexOf('Examples:\n')).split('\n').slice(1);
    expect(examples[0]).toMatch(/^ {2}\$ /);
    const shown = examples.filter((line) => line.startsWith('  $ '));
    expect(shown.length).toBeGreaterThan(1);
    for (const line of shown) expect(`${line} `).toContain(`gradwire ${name} `);
  });
});

it('lists every codec and key in the help of encode', async () => {
  const { text } = await run(['encode', '--help']);
  for (const [name, { summary, parameters }] of Object.entries(registry)) {
    expect(text).toContain(`${name.padEnd(10)} ${summary}`);
    for (const { key, allowed } of parameters) expect(text).toContain(`${key}: ${allowed}`);
  }
});

describe('GRADWIRE_LOG', () => {
  const failing = ['inspect', '/nowhere/x'];

  it('shows where an error arose under debug only', async () => {
    const plain = await run(failing);
    expect(plain.stderr).toBe(
      'gradwire: /nowhere/x: cannot read: no such file or directory (GRADWIRE_FILE_READ)\n',
    );
    const { stderr } = await run(failing, { env: { GRADWIRE_LOG: 'debug' } });
    expect(stderr.startsWith(plain.stderr)).toBe(true);
    expect(stderr).toMatch(/ {4}at .*read\.ts/);
    expect(stderr).toContain('ENOENT');
  });

  it('silences warnings and notes, never errors', async () => {
    const argv = ['encode', '-', '-o', '-', '--codec', 'bf16'];
    const said = async (level?: string): Promise<number> => {
      const env = level === undefined ? {} : { GRADWIRE_LOG: level };
      return (await run(argv, { env })).stderr.split('\n').length - 1;
    };
    expect([await said(), await said('info'), await said('warn'), await said('silent')]).toEqual([
      2, 2, 1, 0,
    ]);
    const { stderr } = await run(failing, { env: { GRADWIRE_LOG: 'silent' } });
    expect(stderr).toContain('GRADWIRE_FILE_READ');
  });

  it('refuses a level it does not know', async () => {
    const { code, stderr } = await run(['--version'], { env: { GRADWIRE_LOG: 'loud' } });
    expect(code).toBe(2);
    expect(stderr).toContain('GRADWIRE_LOG=loud is not a level; allowed: silent, warn, info');
  });
});

describe('colours', () => {
  const argv = ['inspect', '/nowhere/x'];
  const escape = '\u001B[';

  it('are for terminals that want them', async () => {
    expect((await run(argv, { columns: 80 })).stderr).toContain(escape);
    expect((await run(argv, { columns: 80, env: { NO_COLOR: '' } })).stderr).toContain(escape);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect((await run(argv, { columns: 80, env })).stderr).not.toContain(escape);
    expect((await run(argv)).stderr).not.toContain(escape);
  });
});

describe('errors', () => {
  it.each([
    [new UsageError('x'), 2],
    [new CodecSpecError('x', 'y'), 2],
    [new CommanderError(1, 'commander.unknownOption', 'error: x'), 2],
    [new CommanderError(0, 'commander.version', '1'), 0],
    [new PayloadError('GRADWIRE_PAYLOAD_BODY', 'x'), 1],
    [new Error('x'), 1],
    ['x', 1],
    [new InterruptedError(), 130],
    [new InterruptedError('SIGTERM', 143), 143],
    [Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 0],
  ])('%s ends the run with %d', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it('are one line each, and say when they are ours', () => {
    expect(errorLine(new Error('a\n  b'))).toMatch(/^internal error: a b \(GRADWIRE_INTERNAL;/);
    expect(errorLine(new UsageError('a'))).toBe('a (GRADWIRE_USAGE)');
    expect(errorLine(Object.assign(new Error(''), { code: 'EPIPE' }))).toBeUndefined();
  });

  it('say nothing when nobody reads the output', async () => {
    const argv = ['encode', '-', '-o', '-', '-c', 'none'];
    const env = { GRADWIRE_LOG: 'warn' };
    expect(await run(argv, { brokenPipe: true, env })).toMatchObject({ code: 0, stderr: '' });
  });
});

/** The program as a process of its own: pipes, signals, exit codes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode } from '../../codecs/index.ts';
import { ROOT } from '../house/structure.ts';
import { floatBytes } from '../files/npy.ts';
import { bundle, temporaryFolder } from '../support/bundle.ts';

const gradient = Float32Array.from({ length: 300_000 }, (_, i) => Math.sin(i));

describe('the gradwire program', () => {
  const folder = temporaryFolder();
  let program: string;

  beforeAll(async () => {
    const main = join(ROOT, 'src/cli/main.ts');
    program = (await bundle({ main }, folder.path))['main']!;
  });
  afterAll(() => folder.remove());

  const file = (name: string): string => join(folder.path, name);
  const start = (...argv: string[]): ChildProcess =>
    spawn(process.execPath, [program, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
  const stderrOf = async (child: ChildProcess): Promise<string> => {
    let text = '';
    for await (const chunk of child.stderr!) text += String(chunk);
    return text;
  };

  it('starts as a script', () => {
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('encodes, decodes and inspects through pipes', () => {
    writeFileSync(file('in.f32'), floatBytes(gradient));
    const pipe = `"$NODE" "$GW" encode - -o - -c qsgd --seed 1 < in.f32 | tee out.gw \\
      | "$NODE" "$GW" decode - -o out.npy && "$NODE" "$GW" inspect out.gw --json`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', pipe], {
      cwd: folder.path,
      env: { ...process.env, NODE: process.execPath, GW: program, GRADWIRE_LOG: 'warn' },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const payload = encode('qsgd', gradient, { seed: 1 });
    expect(JSON.parse(stdout)).toMatchObject({ totalBytes: payload.length });
    expect(readFileSync(file('out.gw')).equals(payload)).toBe(true);
    const data = readFileSync(file('out.npy')).subarray(128);
    expect(data.equals(floatBytes(decode(payload)))).toBe(true);
  });

  it.each([
    [['--version'], 0],
    [['inspect', '/nowhere'], 1],
    [['inspect', '--nope', 'x'], 2],
    [['encode', 'x', '-o', 'y', '-c', 'qsgd:levels=0'], 2],
  ])('%j exits with %d', (argv, code) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...argv], {
      encoding: 'utf8',
    });
    expect(status).toBe(code);
    expect(stderr).toMatch(code === 0 ? /^$/ : /^gradwire: .*\)\n$/);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends in order on %s, with %d, leaving files alone', async (signal, code) => {
    writeFileSync(file('kept'), 'old');
    const before = readdirSync(folder.path).toSorted();
    const child = start('encode', '-', '-o', file('kept'), '-c', 'none');
    const said = stderrOf(child);
    // It takes input once it reads; then it has its signal handlers, too.
    child.stdin!.on('error', () => undefined);
    await new Promise((resolve) => child.stdin!.write(floatBytes(gradient), resolve));
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
    expect(await said).toBe(`gradwire: interrupted by ${signal} (GRADWIRE_INTERRUPTED)\n`);
    expect(readFileSync(file('kept'), 'utf8')).toBe('old');
    expect(readdirSync(folder.path).toSorted()).toEqual(before);
  });

  it('does not mind a reader that goes away', async () => {
    writeFileSync(file('big.gw'), encode('none', gradient));
    const child = start('decode', file('big.gw'), '-o', '-');
    const said = stderrOf(child);
    await once(child.stdout!, 'readable');
    child.stdout!.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await said).toBe('');
  });
});

/** encode, decode and inspect on files, and on standard input and output. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decode, encode, inspect } from '../../codecs/index.ts';
import { resealPayload } from '../../proto/payload.ts';
import { InterruptedError } from '../../src/cli/errors.ts';
import { gradientFromBytes } from '../../src/files/gradient-file.ts';
import { floatBytes, npyFile } from '../files/npy.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { run } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
let at: (name: string) => string;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'files'));
  at = (name) => join(folder.path, 'files', name);
});
afterEach(() => folder.remove());

const gradient = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i) * 2 ** (i % 7));
const raw = floatBytes(gradient);
const npy = npyFile({ shape: '(20, 30)', data: raw });

/** Bytes of a file, plain. */
function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(at(name)));
}

function gradientIn(name: string): Float32Array {
  return gradientFromBytes(bytesOf(name), name);
}

const specs = [
  'none',
  'bf16+ef',
  'fp16+ef',
  'qsgd:levels=3',
  'terngrad',
  'topk:density=0.1+ef',
  'randomk:k=50',
  'topk:k=8,block=64/quantile+ef',
  'qsgd:norm=l2,entropy=rans',
  'topk:density=0.5/terngrad:entropy=elias',
];

describe('a round trip', () => {
  it.each(specs)('of %s through raw and .npy files is that of the library', async (spec) => {
    const options = ['--seed', '7', '--rank', '1', '--step', '2', '--bucket', '3'];
    const payload = encode(spec, gradient, { seed: 7, rank: 1, step: 2, bucket: 3 });
    writeFileSync(at('in.f32'), raw);
    writeFileSync(at('in.npy'), npy);
    for (const input of ['in.f32', 'in.npy']) {
      const argv = ['encode', at(input), '-o', at('out.gw'), '--codec', spec, ...options];
      const encoded = await run(argv);
      expect(encoded).toMatchObject({ code: 0, text: '' });
      expect(bytesOf('out.gw')).toEqual(payload);
    }
    for (const output of ['out.f32', 'out.npy'])
      expect(await run(['decode', at('out.gw'), '-o', at(output)])).toMatchObject({ code: 0 });
    expect(bytesOf('out.f32')).toEqual(floatBytes(decode(payload)));
    expect(gradientIn('out.npy')).toEqual(decode(payload));
    expect(bytesOf('out.npy')[0]).toBe(0x93);
  });

  it('goes through standard input and output', async () => {
    const encoded = await run(['encode', '-', '-o', '-', '-c', 'qsgd', '--seed', '1'], {
      stdin: npy,
    });
    expect(encoded.stdout).toEqual(encode('qsgd', gradient, { seed: 1 }));
    const decoded = await run(['decode', '-', '-o', '-'], { stdin: encoded.stdout });
    expect(decoded.stdout).toEqual(floatBytes(decode(encoded.stdout)));
    const inspected = await run(['inspect', '-', '--json'], { stdin: encoded.stdout });
    expect(JSON.parse(inspected.text)).toMatchObject({ spec: 'qsgd', length: 600 });
  });

  it('takes an empty gradient', async () => {
    const encoded = await run(['encode', '-', '-o', '-', '-c', 'terngrad']);
    expect(encoded).toMatchObject({ code: 0 });
    expect(encoded.stderr).toContain('0 elements');
    const inspected = await run(['inspect', '-'], { stdin: encoded.stdout });
    expect(inspected).toMatchObject({ code: 0, stderr: '' });
    const decoded = await run(['decode', '-', '-o', at('e.npy')], { stdin: encoded.stdout });
    expect(decoded).toMatchObject({ code: 0 });
    expect(gradientIn('e.npy')).toHaveLength(0);
  });

  it('may replace its own input', async () => {
    writeFileSync(at('x'), raw);
    await run(['encode', at('x'), '-o', at('x'), '-c', 'none']);
    await run(['decode', at('x'), '-o', at('x')]);
    expect(bytesOf('x')).toEqual(raw);
  });

  it('draws other bits each time without a seed, and the same with one', async () => {
    const argv = ['encode', '-', '-o', '-', '-c', 'qsgd:levels=1'];
    const once = async (...seed: string[]): Promise<string> =>
      Buffer.from((await run([...argv, ...seed], { stdin: raw })).stdout).toString('hex');
    expect(await once()).not.toBe(await once());
    expect(await once('--seed', '5')).toBe(await once('--seed', '5'));
  });
});

describe('encode', () => {
  const encodeRaw = (stdin: Uint8Array, ...options: string[]): ReturnType<typeof run> =>
    run(['encode', '-', '-o', at('out.gw'), ...options], { stdin });

  it('sums up in one line', async () => {
    const { text, stderr } = await encodeRaw(raw, '-c', 'qsgd:levels=7', '--seed', '1');
    const bytes = bytesOf('out.gw').length;
    expect(text).toBe('');
    expect(stderr).toBe(
      `gradwire: standard input with qsgd: 600 elements to ${bytes} bytes, ` +
        `${((8 * bytes) / 600).toPrecision(4)} bits/element, ratio ${(2400 / bytes).toPrecision(4)}\n`,
    );
  });

  it.each([
    ['topk:k=5', true],
    ['bf16', true],
    ['terngrad:clip=2', true],
    ['topk:k=5+ef', false],
    ['qsgd', false],
    ['none', false],
  ])('warns of %s: %s', async (spec, warns) => {
    const { text, stderr } = await encodeRaw(raw, '-c', spec);
    expect(text).toBe('');
    const warning = `gradwire: warning: ${spec} is biased and its error is not fed back`;
    expect(stderr.includes(warning)).toBe(warns);
    expect(stderr.split('\n')).toHaveLength(warns ? 3 : 2);
  });

  it('says how many values were clipped to the range', async () => {
    const { stderr } = await encodeRaw(floatBytes([1e6, -1e9, 1]), '-c', 'fp16+ef');
    expect(stderr).toContain('warning: 2 values were beyond the range of fp16+ef, clipped to it');
  });

  it('refuses elements that are not finite, and writes nothing', async () => {
    const { code, stderr } = await encodeRaw(floatBytes([1, NaN]), '-c', 'none');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'gradwire: standard input: element 1 is NaN; codecs take finite values only ' +
        '(--non-finite zero takes such elements as 0) (GRADWIRE_NON_FINITE_GRADIENT)\n',
    );
    expect(existsSync(at('out.gw'))).toBe(false);
  });

  it('takes them as zero if asked, and says so', async () => {
    const input = floatBytes([1, NaN, -Infinity, 2]);
    const { code, stderr } = await encodeRaw(input, '-c', 'none', '--non-finite', 'zero');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: 2 elements were not finite, taken as 0');
    expect([...decode(bytesOf('out.gw'))]).toEqual([1, 0, 0, 2]);
  });

  it.each([
    ['qsgd:levels=200', 'give an integer from 1 to 127'],
    ['zip', 'unknown codec "zip"; known: none, bf16'],
    ['randomk:k=5,scale=unbiased+ef', 'is no contraction'],
  ])('calls %s bad usage before it reads anything', async (spec, reason) => {
    const { code, stderr } = await run(['encode', '/nowhere', '-o', at('x'), '-c', spec]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gradwire: codec spec ".*\(GRADWIRE_CODEC_SPEC\)\n$/);
    expect(stderr).toContain(reason);
  });

  it.each([
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--rank', 'one'],
    ['--step', '1e3'],
    ['--bucket', '9007199254740993'],
    ['--non-finite', 'ignore'],
  ])('refuses %s %s', async (option, value) => {
    const { code, stderr } = await encodeRaw(raw, '-c', 'none', option, value);
    expect(code).toBe(2);
    expect(stderr).toContain(option);
    expect(stderr).toContain(value);
    expect(stderr).toMatch(/^gradwire: .*\(GRADWIRE_USAGE\)\n$/);
  });

  it.each([
    ['raw float32 that is cut off', raw.subarray(0, 7), '7 bytes are no raw float32'],
    ['float64', npyFile({ descr: "'<f8'", shape: '(300,)', data: raw }), '.astype("<f4")'],
  ])('refuses %s', async (_, stdin, reason) => {
    const { code, stderr } = await encodeRaw(stdin, '-c', 'none');
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('(GRADWIRE_FILE_FORMAT)');
  });
});

describe('decode and inspect', () => {
  const payload = encode('topk:k=20', gradient, { seed: 1 });
  const damaged: [string, Uint8Array, string][] = [
    ['nothing', payload.slice(0, 0), 'TRUNCATED'],
    ['half a payload', payload.slice(0, 90), 'TRUNCATED'],
    ['a gradient', raw, 'FOREIGN'],
    ['a changed byte', payload.with(60, payload[60]! ^ 1), 'CHECKSUM'],
    ['a wrong body', resealPayload(payload.with(48, 200)), 'BODY'],
    ['a newer version', payload.with(2, 9), 'VERSION'],
  ];

  it.each(damaged)('refuse %s, naming the file', async (_, bytes, code) => {
    writeFileSync(at('x.gw'), bytes);
    for (const argv of [
      ['decode', at('x.gw'), '-o', at('out.f32')],
      ['inspect', at('x.gw')],
    ]) {
      const outcome = await run(argv);
      expect(outcome).toMatchObject({ code: 1, text: '' });
      expect(outcome.stderr).toMatch(
        new RegExp(`^gradwire: ${at('x.gw')}: .* \\(GRADWIRE_PAYLOAD_${code}\\)\n$`),
      );
    }
    expect(readdirSync(at('.'))).toEqual(['x.gw']);
  });

  it('refuse more elements than --max-length', async () => {
    for (const argv of [
      ['decode', '-', '-o', '-'],
      ['inspect', '-'],
    ]) {
      const limited = await run([...argv, '--max-length', '599'], { stdin: payload });
      expect(limited).toMatchObject({ code: 1, text: '' });
      expect(limited.stderr).toContain('600 elements, the limit is 599');
      expect(limited.stderr).toContain('GRADWIRE_PAYLOAD_LIMIT');
      expect(await run([...argv, '--max-length', '600'], { stdin: payload })).toMatchObject({
        code: 0,
      });
      expect(await run([...argv, '--max-length', '268435457'])).toMatchObject({ code: 2 });
    }
  });
});

describe('inspect', () => {
  it.each(specs)('--json of %s is what the API says', async (spec) => {
    const payload = encode(spec, gradient, { seed: 1 });
    const { code, text, stderr } = await run(['inspect', '-', '--json'], { stdin: payload });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { key = null, ...info } = inspect(payload);
    expect(JSON.parse(text)).toEqual({ ...info, key });
  });

  it.each(specs)('shows the sections of %s', async (spec) => {
    const payload = encode(spec, gradient, { seed: 1 });
    const info = inspect(payload);
    const { text } = await run(['inspect', '-'], { stdin: payload });
    const rows = text
      .slice(text.indexOf('\nsection'))
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual([
      ...['section', 'bytes', 'bits/element', 'at entropy'],
      ...['symbols', 'bits/symbol', 'entropy', 'could save'],
    ]);
    expect(rows.slice(1, -1).map(([name, bytes]) => [name, bytes])).toEqual(
      info.sections.map(({ name, bytes }) => [name, bytes.toLocaleString('en-US')]),
    );
    expect(rows.at(-1)!.slice(0, 2)).toEqual(['total', payload.length.toLocaleString('en-US')]);
    expect(text).toContain(spec);
    expect(text).toContain(info.bitsPerElement!.toPrecision(3).slice(0, 4));
  });

  it('shows what an ideal coder would save', async () => {
    // 1024 codes of 2 bits, of which all are the same: nothing needs to be said.
    const payload = encode('qsgd:levels=1,block=1024', new Float32Array(1024));
    const { text } = await run(['inspect', '-'], { stdin: payload });
    expect(text).toMatch(/^codes +256 +2 +0 +1,024 +2 +0 +256$/m);
    expect(text).toMatch(/^at entropy .* 256 bytes/m);
    const { totalBytes } = inspect(payload);
    expect(text).toMatch(new RegExp(`^total +${totalBytes} +[0-9.]+ +[0-9.]+ +256$`, 'm'));
  });

  it('shows what an ideal coder of kept values and indices would save of a sparse payload', async () => {
    const spec = 'topk:density=0.1/qsgd:norm=l2,entropy=elias';
    const payload = encode(spec, gradient, { seed: 1 });
    const { sections, savableBytes, totalBytes, entropyBitsPerElement } = inspect(payload);
    const { text } = await run(['inspect', '-'], { stdin: payload });
    const share = Number(((100 * savableBytes) / totalBytes).toPrecision(4));
    const ideal = Number(entropyBitsPerElement!.toPrecision(4));
    expect(text).toContain(
      `at entropy      ${ideal}, saving ${Math.round(savableBytes)} bytes (${share} %)`,
    );
    const rows = text.split('\n').map((line) => line.split(/ {2,}/));
    for (const { name, bytes, symbols, entropyBits } of sections) {
      const row = rows.find(([first]) => first === name)!;
      if (symbols === undefined || entropyBits === undefined) {
        expect(row.slice(3)).toEqual(['-', '-', '-', '-', '-']);
        continue;
      }
      // Indices at regular distances take less than the entropy of kept or not.
      const idealBits = Math.min(entropyBits, 8 * bytes);
      expect(Number(row[3])).toBeCloseTo(idealBits / gradient.length, 3);
      expect(Number(row[4])).toBe(symbols);
      expect(Number(row[6])).toBeCloseTo(entropyBits / symbols, 2);
    }
  });

  it('shows the key of random-k as 16 digits', async () => {
    const payload = encode('randomk:k=5', gradient, { seed: 1 });
    const { low, high } = inspect(payload).key!;
    const digits = ((BigInt(high) << 32n) | BigInt(low)).toString(16).padStart(16, '0');
    expect((await run(['inspect', '-'], { stdin: payload })).text).toMatch(
      new RegExp(`^key +${digits}$`, 'm'),
    );
  });
});

describe('files stay as they were', () => {
  const old = Uint8Array.of(9, 9, 9);

  it.each([
    ['a missing input', ['encode', 'missing', '-c', 'none'], 1],
    ['a directory', ['encode', '.', '-c', 'none'], 1],
    ['a wrong input', ['encode', 'wrong', '-c', 'none'], 1],
    ['a wrong spec', ['encode', 'input', '-c', 'nope'], 2],
    ['a wrong payload', ['decode', 'input'], 1],
  ])('after %s', async (_, [command = '', input = '', ...options], code) => {
    writeFileSync(at('input'), raw);
    writeFileSync(at('wrong'), raw.subarray(1));
    writeFileSync(at('out'), old);
    expect(await run([command, at(input), '-o', at('out'), ...options])).toMatchObject({ code });
    expect(bytesOf('out')).toEqual(old);
    expect(readdirSync(at('.')).toSorted()).toEqual(['input', 'out', 'wrong']);
  });

  it('after an interruption', async () => {
    writeFileSync(at('out'), old);
    const interruption = new AbortController();
    const argv = ['encode', '-', '-o', at('out'), '-c', 'none'];
    const silent = new Readable({ read: () => undefined });
    const running = run(argv, { stdin: silent, signal: interruption.signal });
    interruption.abort(new InterruptedError());
    expect(await running).toMatchObject({ code: 130, text: '' });
    expect((await running).stderr).toBe('gradwire: interrupted by SIGINT (GRADWIRE_INTERRUPTED)\n');
    expect(bytesOf('out')).toEqual(old);
    expect(readdirSync(at('.'))).toEqual(['out']);
  });

  it('where the folder is missing', async () => {
    const { code, stderr } = await run(['encode', '-', '-o', at('no/x'), '-c', 'none']);
    expect(code).toBe(1);
    expect(stderr).toContain('no/x: cannot write: no such file or directory (GRADWIRE_FILE_WRITE)');
  });
});

describe('a terminal', () => {
  it('is neither fed bytes nor waited for', async () => {
    writeFileSync(at('x.gw'), encode('none', gradient));
    for (const argv of [
      ['decode', at('x.gw'), '-o', '-'],
      ['encode', '-', '-o', at('y'), '-c', 'none'],
      ['inspect', '-'],
    ]) {
      const { code, text, stderr } = await run(argv, { columns: 80, env: { NO_COLOR: '1' } });
      expect({ code, text }).toEqual({ code: 2, text: '' });
      expect(stderr).toMatch(/^gradwire: standard (in|out)put is the terminal; .*USAGE\)\n$/);
    }
  });

  it('gets a bold heading from inspect', async () => {
    writeFileSync(at('x.gw'), encode('none', gradient));
    const { text } = await run(['inspect', at('x.gw')], { columns: 80 });
    expect(text).toContain('\u001B[1msection');
  });
});

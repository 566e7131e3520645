/** What proto/README.md says in numbers, held against the code. */
import { createSecretKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode } from '../../codecs/index.ts';
import { encodeIndices, planIndices } from '../../codecs/kernels/reference/rice.ts';
import { seedLanes, triple32, UniformSource } from '../../codecs/random.ts';
import { laneChecksum } from '../../proto/checksum.ts';
import { MAX_INTRODUCTION_BYTES, MAX_JOB_BYTES } from '../../proto/handshake.ts';
import { prove } from '../../src/rendezvous/proof.ts';
import { FRAME_PREFIX_BYTES, readFramePrefix, writeFramePrefix } from '../../proto/frame.ts';
import { codecIds } from '../../proto/ids.ts';
import { ROOT } from '../house/structure.ts';

const page = readFileSync(join(ROOT, 'proto/README.md'), 'utf8');

/** Text from one heading to the next of any level. */
function section(heading: string): string {
  const start = page.indexOf(`# ${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const end = page.indexOf('\n#', start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

/** Cells of all table rows below the heading rows, trimmed, without code marks. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** The code blocks of a text. */
function codeBlocks(text: string): string[] {
  return [...text.matchAll(/```\n(.*?)```/gs)].map((match) => match[1]!);
}

/** Bytes of a commented hex dump: pairs of digits up to the first double space or letter word. */
function bytesOf(dump: string): Uint8Array {
  const pairs = dump
    .split('\n')
    .flatMap((line) => /^(?:[0-9a-f]{2}(?: |$))*/.exec(line)![0].trim().split(' '))
    .filter((pair) => pair !== '');
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}

describe('proto/README.md', () => {
  it('has true test vectors of the checksum', () => {
    const vectors = rows(section('Lane checksum')).slice(2);
    expect(vectors.length).toBeGreaterThan(5);
    for (const [what = '', seed, expected] of vectors) {
      const length = /\((\d+)\)/.exec(what)?.[1];
      const bytes = what.startsWith('ASCII')
        ? new TextEncoder().encode(what.split(' ')[1])
        : counting(Number(length ?? 0));
      expect(laneChecksum(bytes, Number(seed)), what).toBe(Number(expected));
    }
  });

  it('shows a payload as it is', () => {
    const gradient = Float32Array.of(0.5, -3, 0, 1, 2.25, 0);
    const [dump = ''] = codeBlocks(section('Example'));
    expect(bytesOf(dump)).toEqual(encode('topk:k=2', gradient));
  });

  it('shows a frame as it is', () => {
    const [, dump = ''] = codeBlocks(section('Frames'));
    const frame = bytesOf(dump);
    const header = readFramePrefix(frame);
    expect(header).toMatchObject({ flags: 5, epoch: 1, operation: 2, tag: 3, length: 4 });
    expect(header.checksum).toBe(laneChecksum(frame.subarray(FRAME_PREFIX_BYTES)));
    const written = new Uint8Array(FRAME_PREFIX_BYTES);
    writeFramePrefix(header, written);
    expect(written).toEqual(frame.subarray(0, FRAME_PREFIX_BYTES));
  });

  it('shows a proof as it is', () => {
    const [dump = ''] = codeBlocks(section('Handshake'));
    const [dialler, acceptor] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const encounter = { dialler, acceptor, binding: new Uint8Array(0) };
    const key = createSecretKey(Buffer.from('0123456789abcdef'));
    expect(bytesOf(dump)).toEqual(Uint8Array.from(prove(key, encounter, 'accepting', [])));
  });

  it('names the limits of a handshake', () => {
    expect(section('Handshake')).toContain(`32 + ${MAX_INTRODUCTION_BYTES} bytes`);
    expect(section('Limits')).toContain(`${MAX_INTRODUCTION_BYTES} bytes`);
    expect(section('Limits')).toContain(`${MAX_JOB_BYTES} bytes`);
  });

  it('shows an index list as it is', () => {
    const indices = Uint32Array.of(3, 4, 9);
    const plan = { ...planIndices(indices, 3, 10, 3), parameter: 1 };
    const list = new Uint8Array(2);
    encodeIndices(indices, 3, { ...plan, remainderBytes: 1, quotientBytes: 1 }, list, 0);
    expect(section('Top-k: sparse bodies')).toContain('indices 3, 4, 9 with r = 1');
    for (const byte of list)
      expect(section('Top-k: sparse bodies')).toContain(`\`0x${hex(byte, 2)}\``);
  });

  it('has true test vectors of the streams', () => {
    const text = section('Random streams');
    for (const input of [1, 2, 0xffffffff]) {
      const shown = `${input > 9 ? `0x${hex(input, 8)}` : input}`;
      expect(text).toContain(`triple32(${shown}) = \`0x${hex(triple32(input), 8)}\``);
    }
    const state = new Int32Array(16);
    seedLanes(state, { low: 1, high: 2 }, 0);
    for (const i of [0, 1, 4]) expect(text).toContain(`word[${i}] = \`0x${hex(state[i]!, 8)}\``);
    const source = new UniformSource();
    source.reset({ low: 1, high: 2 });
    const draws = Array.from({ length: 65537 }, () => source.next());
    for (const j of [0, 1, 2, 65536]) expect(text).toContain(` = ${draws[j]}`);
  });

  it('lists every codec with its id', () => {
    const listed = rows(section('Specs and chains')).slice(2, -1);
    expect(listed.map(([id, name]) => [name, Number(id)])).toEqual(Object.entries(codecIds));
  });

  it('lists every error code of proto/, and no other', () => {
    const sources = readdirSync(join(ROOT, 'proto')).filter((name) => name.endsWith('.ts'));
    const code = /GRADWIRE_[A-Z_]+/g;
    const used = sources.flatMap((name) =>
      readFileSync(join(ROOT, 'proto', name), 'utf8').match(code),
    );
    const listed = rows(section('Error codes'))
      .slice(2)
      .map(([first]) => first);
    expect(listed).toHaveLength(new Set(listed).size);
    expect(new Set(listed)).toEqual(new Set(used.filter((name) => name !== null)));
  });
});

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

/**
 * Damaged payloads. Most mutations are resealed: lengths and checksum are made consistent again, so
 * that they get past the container and reach the decoders of bodies.
 */
import fc from 'fast-check';
import { resealPayload } from '../../proto/payload.ts';
import type { Noise } from './noise.ts';

/** What happens to the bytes. */
const kinds = [
  'flip', // bits of the body
  'set', // a run of bytes of the body
  'word', // four aligned bytes of the body, to a value that means something
  'copy', // a run of the body over another place of it
  'insert',
  'delete',
  'truncate',
  'extend',
  'header', // a byte of the header
  'length', // the declared element count
] as const;

/** One edit. `at` and `size` are shares in [0, 1) of what is there, `value` is 32 bits. */
export interface Mutation {
  readonly kind: (typeof kinds)[number];
  readonly at: number;
  readonly size: number;
  readonly value: number;
}

/** NaN, ±Infinity, −0, the largest float, negative and large integers, small ones. */
const words = [
  0, 1, 2, 0xff, 0x7fc00000, 0x7f800000, 0xff800000, 0x80000000, 0x7f7fffff, 0xffffffff, 0x7fffffff,
  0x00800000, 0x3f800000,
] as const;

function startOfBody(payload: Uint8Array): number {
  return Math.min(payload.length, 16 * (payload[3] ?? 0));
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - remove + insert.length);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + remove), at + insert.length);
  return out;
}

/** `size` bytes of a cheap sequence that starts from `value`. */
function filler(size: number, value: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (value >>> (8 * (i & 3))) + i);
}

function putWord(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * i);
}

/** Offset of the header's element count: the fixed-width fields stand last, tags 0x1d, 0x25, 0x2d. */
function lengthOffset(payload: Uint8Array): number {
  for (let at = startOfBody(payload) - 16; at > 8; at--)
    if (payload[at - 1] === 0x1d && payload[at + 4] === 0x25 && payload[at + 9] === 0x2d) return at;
  return -1;
}

/** Edits that keep the number of bytes; they change `bytes`. */
function editInPlace(bytes: Uint8Array, { kind, at, size, value }: Mutation): void {
  const start = startOfBody(bytes);
  const room = bytes.length - start;
  const place = start + Math.floor(at * room);
  const count = 1 + Math.floor(size * Math.min(16, room));
  if (kind === 'header') {
    const target = Math.floor(at * start);
    bytes[target]! ^= 1 << (value & 7);
  } else if (kind === 'length') {
    const offset = lengthOffset(bytes);
    const candidates = [0, 1, bytes.length, value & 0xff, value & 0xffff, value, 0x7fffffff];
    if (offset >= 0) putWord(bytes, offset, candidates[Math.floor(size * candidates.length)]!);
  } else if (room === 0) {
    return;
  } else if (kind === 'flip') {
    for (let i = 0; i < 1 + (value >>> 30); i++)
      bytes[start + ((place - start + i * 7) % room)]! ^= 1 << ((value >>> (3 * i)) & 7);
  } else if (kind === 'set') {
    bytes.fill(value, place, place + count);
  } else if (kind === 'word') {
    const aligned = start + ((place - start) & ~3);
    putWord(bytes, aligned, value & 1 ? value : words[(value >>> 1) % words.length]!);
  } else if (kind === 'copy') {
    bytes.copyWithin(place, start + (value % room), start + (value % room) + count);
  }
}

/** A new payload with one edit made. */
function applyMutation(payload: Uint8Array, mutation: Mutation): Uint8Array {
  const { kind, at, size, value } = mutation;
  const start = startOfBody(payload);
  const place = start + Math.floor(at * (payload.length - start));
  const count = 1 + Math.floor(size * 32);
  if (kind === 'insert') return splice(payload, place, 0, filler(count, value));
  if (kind === 'delete')
    return splice(payload, place, Math.min(count, payload.length - place), new Uint8Array(0));
  if (kind === 'truncate') return payload.slice(0, Math.floor(at * payload.length));
  if (kind === 'extend') return splice(payload, payload.length, 0, filler(count, value));
  const copy = payload.slice();
  editInPlace(copy, mutation);
  return copy;
}

/** A new payload with all edits made, resealed if asked. */
function mutatePayload(
  payload: Uint8Array,
  edits: readonly Mutation[],
  reseal: boolean,
): Uint8Array {
  const mutated = edits.reduce(applyMutation, payload);
  return reseal ? resealPayload(mutated) : mutated;
}

/** Kinds as often as they are useful: most edit the body and keep its size. */
const weighted: readonly Mutation['kind'][] = [
  ...(['flip', 'flip', 'flip', 'set', 'set', 'word', 'word', 'word', 'copy'] as const),
  ...kinds.slice(4),
];

/** One payload mutated at random, cheaper than the arbitrary: for millions of them. */
export function randomMutation(payload: Uint8Array, noise: Noise): Uint8Array {
  const edits = Array.from({ length: 1 + (noise.word() % 3 === 0 ? noise.below(3) : 0) }, () => ({
    kind: weighted[noise.below(weighted.length)]!,
    at: noise.uniform(),
    size: noise.uniform(),
    value: noise.word(),
  }));
  return mutatePayload(payload, edits, noise.below(10) > 0);
}

/** Mutations of a payload: bit flips, runs, splices, truncation, header and length edits. */
export function mutations(payload: Uint8Array): fc.Arbitrary<Uint8Array> {
  // Not `fc.double`, which favours numbers next to 0.
  const share = fc.nat(0xffff).map((value) => value / 0x10000);
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom(...weighted),
    at: share,
    size: share,
    value: fc.integer({ min: 0, max: 0xffffffff }),
  });
  return fc
    .tuple(fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.nat(9))
    .map(([edits, luck]) => mutatePayload(payload, edits, luck > 0));
}

/**
 * The handshake of a connection: what is proved, over which bytes.
 *
 * The ranks of a job share a secret. Neither side of a connection tells the other anything before that
 * has proved that it holds it, by an HMAC-SHA-256 over a text that names the purpose:
 *
 *   dialling rank ──greet──▶      nonce
 *                 ◀──challenge──  nonce, proof of the challenge
 *                 ──join, hello──▶  message, proof of the introduction
 *                 ◀──roster, welcome, refuse──  message, proof of the answer
 *
 * A text holds the version, the role of the side that proves, both nonces and all messages so far, so a
 * proof is good for one step of one side of one connection: it cannot be replayed, reflected, or
 * moved to another message. Messages are parsed only after their proof has been checked.
 */
import { FRAME_VERSION, type FrameKind } from './frame.ts';

/** Bytes of a nonce. */
export const NONCE_BYTES = 32;
/** Bytes of a proof, an HMAC-SHA-256. */
export const PROOF_BYTES = 32;
/** Payload of a `challenge`: nonce and proof. */
export const CHALLENGE_BYTES: number = NONCE_BYTES + PROOF_BYTES;
/** Longest name of a job, bytes of UTF-8. */
export const MAX_JOB_BYTES = 128;
/**
 * Longest payload of the frame by which a rank introduces itself, bytes: room for a job's name and a
 * host's (255), and no more, because it is received from strangers.
 */
export const MAX_INTRODUCTION_BYTES = 480;

/** Who proves: the side that has dialled, or the one that was dialled. */
export type Role = 'accepting' | 'dialling';

/** What both sides of a connection know once nonces have been exchanged. */
export interface Encounter {
  /** Nonce of the side that dialled. */
  readonly dialler: Uint8Array;
  /** Nonce of the side that was dialled. */
  readonly acceptor: Uint8Array;
  /** Bytes that only the two ends of the channel below share (of TLS); empty where there are none. */
  readonly binding: Uint8Array;
}

/** A message that was exchanged, without its proof. */
export interface Said {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

const LABEL = new TextEncoder().encode('gradwire handshake');

/**
 * The text a proof is made over:
 * label, u8 version, u8 role (1 accepting, 2 dialling), both nonces, u8 length of the binding and the
 * binding; then of each message u8 kind, u32 length, bytes. All numbers little-endian.
 * @param said the messages so far, the one that is being proved last; none for a challenge
 */
export function proofText(encounter: Encounter, role: Role, said: readonly Said[]): Uint8Array {
  const { dialler, acceptor, binding } = encounter;
  const parts = [
    LABEL,
    Uint8Array.of(FRAME_VERSION, role === 'accepting' ? 1 : 2),
    dialler,
    acceptor,
    Uint8Array.of(binding.length),
    binding,
    ...said.flatMap(({ kind, body }) => [headOf(kind, body.length), body]),
  ];
  const text = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    text.set(part, offset);
    offset += part.length;
  }
  return text;
}

function headOf(kind: FrameKind, length: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = kind;
  new DataView(head.buffer).setUint32(1, length, true);
  return head;
}

/** A payload and the proof at its end. */
export interface Proved {
  readonly body: Uint8Array;
  readonly proof: Uint8Array;
}

/** Takes a payload apart; undefined where it is too short to hold a proof. */
export function splitProof(payload: Uint8Array): Proved | undefined {
  const length = payload.length - PROOF_BYTES;
  if (length < 0) return undefined;
  return { body: payload.subarray(0, length), proof: payload.subarray(length) };
}

/** Puts a payload together. */
export function joinProof({ body, proof }: Proved): Uint8Array {
  const payload = new Uint8Array(body.length + proof.length);
  payload.set(body);
  payload.set(proof, body.length);
  return payload;
}

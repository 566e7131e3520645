/** Proofs that a rank holds the secret of its job. The texts they are made over: proto/handshake.ts. */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import {
  joinProof,
  PROOF_BYTES,
  proofText,
  splitProof,
  type Encounter,
  type Role,
  type Said,
} from '../../proto/handshake.ts';

/** HMAC-SHA-256 of a text under the secret, 32 bytes. */
export function prove(
  key: KeyObject,
  encounter: Encounter,
  role: Role,
  said: readonly Said[],
): Uint8Array {
  return createHmac('sha256', key)
    .update(proofText(encounter, role, said))
    .digest();
}

/** Whether `proof` is that of the side with this role; takes as long whatever it is. */
export function isProved(
  key: KeyObject,
  encounter: Encounter,
  role: Role,
  said: readonly Said[],
  proof: Uint8Array,
): boolean {
  return proof.length === PROOF_BYTES && timingSafeEqual(prove(key, encounter, role, said), proof);
}

/** The payload of the last of these messages: its body and the proof. */
export function seal(
  key: KeyObject,
  encounter: Encounter,
  role: Role,
  said: readonly Said[],
): Uint8Array {
  const body = said.at(-1)?.body ?? new Uint8Array(0);
  return joinProof({ body, proof: prove(key, encounter, role, said) });
}

/** The body of a payload that follows `said`; undefined where the proof is wrong or missing. */
export function unseal(
  key: KeyObject,
  encounter: Encounter,
  role: Role,
  said: readonly Said[],
  { kind, payload }: { readonly kind: Said['kind']; readonly payload: Uint8Array },
): Uint8Array | undefined {
  const proved = splitProof(payload);
  if (proved === undefined) return undefined;
  const { body, proof } = proved;
  return isProved(key, encounter, role, [...said, { kind, body }], proof) ? body : undefined;
}

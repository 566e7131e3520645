/** The handshake as proto/README.md describes it, written a second time. */
import { createHmac } from 'node:crypto';

/** A message and its frame kind. */
export type Spoken = readonly [kind: number, body: Uint8Array];

/** The proof one side gives: role 1 accepts the connection, 2 has dialled it. */
export function handshakeProof(
  secret: string | Uint8Array,
  role: 1 | 2,
  nonces: { readonly dialler: Uint8Array; readonly acceptor: Uint8Array },
  messages: readonly Spoken[],
  binding: Uint8Array = new Uint8Array(0),
): Buffer {
  const hmac = createHmac('sha256', secret);
  hmac.update('gradwire handshake').update(Uint8Array.of(2, role));
  hmac.update(nonces.dialler).update(nonces.acceptor);
  hmac.update(Uint8Array.of(binding.length)).update(binding);
  for (const [kind, body] of messages) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    hmac.update(Uint8Array.of(kind)).update(length).update(body);
  }
  return hmac.digest();
}

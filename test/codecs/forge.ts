/** Payloads that no encoder writes. */
import { HeaderTemplate, readHeader } from '../../proto/payload.ts';

/** What stands in a forged header. */
export interface ForgedHeader {
  readonly ids: readonly number[];
  readonly spec: string;
  readonly length: number;
  readonly key?: { readonly low: number; readonly high: number };
}

/** A sealed payload whose header says whatever one likes. */
export function forgePayload(header: ForgedHeader, body: Uint8Array): Uint8Array {
  const template = new HeaderTemplate(header.ids, header.spec, header.key !== undefined);
  const payload = new Uint8Array(template.byteLength + body.length);
  payload.set(body, template.byteLength);
  template.write(payload, {
    length: header.length,
    bodyBytes: body.length,
    saturated: 0,
    key: header.key,
  });
  return payload;
}

/** The same payload with another header, sealed again. */
export function withHeader(payload: Uint8Array, changes: Partial<ForgedHeader>): Uint8Array {
  const header = readHeader(payload, 2 ** 32);
  return forgePayload(
    {
      ids: header.codecIds,
      spec: header.spec,
      length: header.length,
      ...(header.key && { key: header.key }),
      ...changes,
    },
    payload.subarray(header.headerBytes),
  );
}

/** The error that `run` throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Users' own codecs: a pair of functions becomes a `Codec` with header, checks and feedback. */
import { assertInteger } from '../proto/assert.ts';
import { ArgumentTypeError, CodecSpecError, PayloadError } from '../proto/errors.ts';
import { codecIds, FIRST_CUSTOM_CODEC_ID, LAST_CUSTOM_CODEC_ID } from '../proto/ids.ts';
import type { Codec, CodecTraits } from './codec.ts';
import type { EncodeRandom } from './random.ts';
import { bodyError } from './body.ts';
import { StagedCodec, type BodyCodec } from './staged.ts';

/** What a user's codec is made of. */
export interface CodecDefinition {
  /** Lower-case word, not the name of a built-in codec. */
  readonly name: string;
  /** Wire id from 0x8000 to 0xffff, the same in every program that reads the payloads. */
  readonly id: number;
  /** Written into the spec as `name:key=value,…`; decoding needs the same values. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** What is promised; `codecLaws` of `gradwire/testing` asserts it. Default: biased, dense. */
  readonly traits?: Partial<Omit<CodecTraits, 'feedback'>>;
  /** Largest body of `length` elements, in bytes. */
  maxBodyBytes(length: number): number;
  /** Writes the body of a finite gradient to the front of `body`; returns its length in bytes. */
  encode(gradient: Float32Array, body: Uint8Array, random: EncodeRandom): number;
  /** Decodes a body into `out`. Must check what it reads; whatever it throws becomes a PayloadError. */
  decode(body: Uint8Array, out: Float32Array): void;
}

const NAME = /^[a-z][a-z0-9-]*$/;
const VALUE = /^[a-z0-9.-]+$/;

function specOf({ name, parameters = {} }: CodecDefinition): string {
  if (typeof name !== 'string' || !NAME.test(name))
    throw new CodecSpecError(String(name), 'a codec name is a lower-case word');
  if (Object.hasOwn(codecIds, name))
    throw new CodecSpecError(name, 'a built-in codec has this name');
  const pairs = Object.entries(parameters).map(([key, value]) => {
    if (!NAME.test(key) || !VALUE.test(String(value)))
      throw new CodecSpecError(
        name,
        `parameter ${key}=${value} is not a word and a word or decimal`,
      );
    return `${key}=${value}`;
  });
  return pairs.length > 0 ? `${name}:${pairs.join(',')}` : name;
}

/** Runs the user's decoder into a fresh array, so that a failure leaves the caller's untouched. */
function decodeFresh(definition: CodecDefinition, body: Uint8Array, length: number): Float32Array {
  const out = new Float32Array(length);
  try {
    definition.decode(body, out);
  } catch (cause) {
    if (cause instanceof PayloadError) throw cause;
    throw new PayloadError('GRADWIRE_PAYLOAD_BODY', `codec ${definition.name} refused the body`, {
      cause,
    });
  }
  const index = out.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw bodyError(`element ${index} decodes to ${out[index]}`);
  return out;
}

function customBody(definition: CodecDefinition, feedback: boolean): BodyCodec {
  const { traits = {} } = definition;
  return {
    traits: { unbiased: false, support: 'dense', ...traits, feedback },
    keyed: false,
    maxBodyBytes: (length) => definition.maxBodyBytes(length),
    encodeBody(gradient, body, random) {
      const bytes = definition.encode(gradient, body, random);
      assertInteger(bytes, `${definition.name}: bytes written`, 0, body.length);
      return bytes;
    },
    decodeBody(body, header, out) {
      const decoded = decodeFresh(definition, body, header.length);
      out?.set(decoded);
      return out ?? decoded;
    },
    addBody(body, header, sum, weight) {
      const decoded = decodeFresh(definition, body, header.length);
      const w = Math.fround(weight);
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + Math.fround(decoded[i]! * w);
    },
    sections: (body) => [{ name: 'body', bytes: body.length }],
  };
}

/** Feedback around a codec that inflates would explode; a custom body cannot be scaled for it. */
function checkContracts(definition: CodecDefinition, spec: string): void {
  const { unbiased, omega, delta } = definition.traits ?? {};
  if (!unbiased || delta || (omega && omega(2 ** 20) < 1)) return;
  throw new CodecSpecError(
    spec,
    'an unbiased codec with ω ≥ 1 does not contract; scale it down and declare traits.delta',
  );
}

/** A codec made by `defineCodec`. */
export class CustomCodec extends StagedCodec {
  declare readonly withFeedback: () => CustomCodec;

  constructor(definition: CodecDefinition, feedback: boolean) {
    const spec = specOf(definition) + (feedback ? '+ef' : '');
    super(spec, [definition.id], customBody(definition, feedback), (self) => {
      if (feedback) return self;
      checkContracts(definition, `${spec}+ef`);
      return new CustomCodec(definition, true);
    });
  }
}

/**
 * A codec of your own. Pass it to `encode`, `errorFeedback`, and in `codecs` to `decode`.
 * @throws CodecSpecError, ArgumentRangeError, ArgumentTypeError when the definition is incomplete
 */
export function defineCodec(definition: CodecDefinition): Codec {
  assertInteger(definition.id, 'id', FIRST_CUSTOM_CODEC_ID, LAST_CUSTOM_CODEC_ID);
  for (const key of ['maxBodyBytes', 'encode', 'decode'] as const)
    if (typeof definition[key] !== 'function')
      throw new ArgumentTypeError(`"definition.${key}" must be a function`);
  return new CustomCodec(definition, false);
}

/**
 * Wire numbers. Append only: a number is never reused, and a name never gets another number.
 * The registry in `codecs/` is typed by these names, so that neither can drift from the other.
 */

/** Version of the payload byte format that this library writes, and the newest it reads. */
export const FORMAT_VERSION = 1;

/** One id per stage of a codec chain. */
export const codecIds = {
  none: 1,
  bf16: 2,
  fp16: 3,
  qsgd: 4,
  terngrad: 5,
  topk: 6,
  randomk: 7,
  quantile: 8,
} as const;

/** Name of a built-in stage. */
export type CodecName = keyof typeof codecIds;

/** Ids from here up to `LAST_CUSTOM_CODEC_ID` are for users' own codecs. */
export const FIRST_CUSTOM_CODEC_ID = 0x8000;
export const LAST_CUSTOM_CODEC_ID = 0xffff;

/** All built-in stages. The type makes the compiler ask for an entry for every wire id. */
import type { CodecName } from '../proto/ids.ts';
import { bf16, fp16 } from './half.ts';
import { none } from './none.ts';
import { qsgd } from './qsgd.ts';
import { quantile } from './quantile.ts';
import { randomk } from './randomk.ts';
import type { StageDefinition } from './registry-types.ts';
import { terngrad } from './terngrad.ts';
import { topk } from './topk.ts';

/** Stage definitions by name. */
export const registry: Readonly<Record<CodecName, StageDefinition>> = {
  none,
  bf16,
  fp16,
  qsgd,
  terngrad,
  topk,
  randomk,
  quantile,
} satisfies Record<CodecName, StageDefinition>;

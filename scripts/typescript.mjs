/**
 * Lets Node run TypeScript sources as they are: `node --import ./scripts/typescript.mjs file.ts`.
 *
 * Node 20 cannot strip types by itself. Relative imports in this repository carry `.ts` and no syntax
 * needs more than its types erased, so translating file by file is enough. Children started with
 * `fork` and worker threads inherit the option.
 */
import { register } from 'node:module';

register(new URL('typescript-hooks.mjs', import.meta.url));
process.setSourceMapsEnabled(true);

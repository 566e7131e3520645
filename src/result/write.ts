import { writeFileAtomically } from '../files/write.ts';
import { parseResults } from './parse.ts';
import type { Results } from './types.ts';

/**
 * Results as JSON text, a line a field.
 *
 * @throws ResultsError when `parseResults` would refuse the text (JSON turns NaN into null silently)
 */
export function serializeResults(results: Results): string {
  return `${JSON.stringify(parseResults(results), null, 2)}\n`;
}

/**
 * Writes `results.json`. Readers see the old file or the new one, never a part. Makes the
 * folder if need be.
 *
 * @throws ResultsError when the results are not valid; nothing is written then
 * @throws FileError (GRADWIRE_FILE_WRITE)
 */
export async function writeResults(path: string, results: Results): Promise<void> {
  await writeFileAtomically(path, [serializeResults(results)], { makeFolder: true });
}

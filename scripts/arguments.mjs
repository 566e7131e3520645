/** Command-line options of scripts. */
import { parseArgs } from 'node:util';

/**
 * Reads options; a mistake ends the script with the help and code 2, and `--help` with code 0.
 * @param {Record<string, string>} defaults by name
 * @param {string} help
 * @returns {{ values: Record<string, string>, refuse: (problem: string) => never }}
 */
export function readArguments(defaults, help) {
  /** @param {string} problem @returns {never} */
  const refuse = (problem) => {
    process.stderr.write(`${problem}\n\n${help}`);
    process.exit(2);
  };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      /** @type {const} */ ({ type: 'string', default: value }),
    ]),
  );
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if (values.help) {
      process.stdout.write(help);
      process.exit(0);
    }
    return { values: /** @type {Record<string, string>} */ (values), refuse };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

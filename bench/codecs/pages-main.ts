/** `npm run bench:pages`: writes what the records say into README.md and bench/README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { newestRecords } from '../support/record.ts';
import { benchPage, frontPage } from './pages.ts';

const records = newestRecords();
for (const [path, update] of [
  ['../../README.md', frontPage],
  ['../README.md', benchPage],
] as const) {
  const url = new URL(path, import.meta.url);
  writeFileSync(url, update(readFileSync(url, 'utf8'), records));
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './structure.ts';

let fresh: string;

beforeAll(() => {
  fresh = mkdtempSync(join(tmpdir(), 'gradwire-proto-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/proto-generate.mjs'), fresh]);
});

afterAll(() => {
  rmSync(fresh, { recursive: true, force: true });
});

it('the committed protobuf code is what the .proto files compile to today', () => {
  const committed = join(ROOT, 'proto/generated');
  expect(readdirSync(fresh).toSorted()).toEqual(readdirSync(committed).toSorted());
  for (const file of readdirSync(fresh))
    expect(readFileSync(join(committed, file), 'utf8'), `${file}: run npm run proto:generate`).toBe(
      readFileSync(join(fresh, file), 'utf8'),
    );
});

it('the generated modules load in plain Node, do not disturb each other, and skip unknown fields', async () => {
  const { gradwire } = await import('../../proto/generated/gradwire.js');
  for (const file of readdirSync(join(ROOT, 'proto/generated')))
    if (file.endsWith('.js')) await import(join(ROOT, 'proto/generated', file));

  const known = gradwire.PayloadHeader.encode({ spec: 'none', length: 3 }).finish();
  // Field 2047 (varint) with value 1, as a newer writer might add.
  const extended = Uint8Array.from([...known, 0xf8, 0x7f, 0x01]);
  const decoded = gradwire.PayloadHeader.decode(extended);
  expect([decoded.spec, decoded.length]).toEqual(['none', 3]);
});

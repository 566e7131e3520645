import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from './structure.ts';

/**
 * Names an entry file exports, types marked. Entries list every name, so reading the file is
 * enough. `export *` is refused, because it publishes whatever a module happens to export, except
 * from another entry, which lists its names itself.
 */
function publicNames(text: string): string[] {
  const source = ts.createSourceFile('entry.ts', text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => namesOf(statement, source)).toSorted();
}

function namesOf(statement: ts.Statement, source: ts.SourceFile): string[] {
  if (ts.isExportDeclaration(statement)) return namesOfExportList(statement);
  if (ts.isExportAssignment(statement)) throw new Error('an entry has no default export');
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
  if (isExported) throw new Error(`an entry only re-exports: ${statement.getText(source)}`);
  return [];
}

function namesOfExportList(statement: ts.ExportDeclaration): string[] {
  const { exportClause, moduleSpecifier } = statement;
  if (exportClause === undefined && isEntry(moduleSpecifier))
    return [`everything of ${moduleSpecifier.text}`];
  if (exportClause === undefined || !ts.isNamedExports(exportClause))
    throw new Error('an entry lists every name it exports');
  return exportClause.elements.map(
    ({ isTypeOnly, name }) => (isTypeOnly || statement.isTypeOnly ? 'type ' : '') + name.text,
  );
}

function isEntry(specifier: ts.Expression | undefined): specifier is ts.StringLiteral {
  return (
    specifier !== undefined &&
    ts.isStringLiteral(specifier) &&
    ['../codecs/index.ts', './comm.ts'].includes(specifier.text)
  );
}

function publicNamesOf(file: string): string[] {
  return publicNames(readFileSync(join(ROOT, file), 'utf8'));
}

it('reads values and types, and refuses lists that are not closed', () => {
  const text = "export { a, type B, c as d } from './x.ts';\nexport type { E } from './y.ts';";
  expect(publicNames(text)).toEqual(['a', 'd', 'type B', 'type E']);
  expect(() => publicNames("export * from './x.ts';")).toThrow('lists every name');
  expect(() => publicNames('export default 1;')).toThrow('no default export');
  expect(() => publicNames('export const a = 1;')).toThrow('only re-exports');
});

it('gradwire', () => {
  expect(publicNamesOf('src/index.ts')).toMatchInlineSnapshot(`
    [
      "everything of ../codecs/index.ts",
    ]
  `);
});

it('gradwire/codecs', () => {
  expect(publicNamesOf('codecs/index.ts')).toMatchInlineSnapshot(`
    [
      "ArgumentRangeError",
      "ArgumentTypeError",
      "BufferTooSmallError",
      "CodecSpecError",
      "FeedbackCodec",
      "GradwireError",
      "NonFiniteGradientError",
      "PayloadError",
      "SnapshotError",
      "decode",
      "defineCodec",
      "encode",
      "errorFeedback",
      "inspect",
      "isGradwireError",
      "parseCodec",
      "registry",
      "streamsFor",
      "type AdditiveValues",
      "type Codec",
      "type CodecDefinition",
      "type CodecTraits",
      "type DecodeOptions",
      "type EncodeOptions",
      "type EncodeRandom",
      "type ErrorCode",
      "type NonFinitePolicy",
      "type ParseOptions",
      "type PayloadErrorCode",
      "type PayloadInfo",
      "type RandomStream",
      "type Section",
      "type StreamCoordinates",
    ]
  `);
});

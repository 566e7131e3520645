/** TypeScript blocks of a Markdown page as programs: type-checked, bundled, run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../house/structure.ts';
import { bundle, publicEntries } from './bundle.ts';

/** One block: name from its first line, and what its comments say it prints. */
export interface Example {
  readonly name: string;
  readonly code: string;
  readonly output: string;
}

/** The blocks of a page, in order. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map((match, i) => {
    const code = match[1]!;
    const prints = code.split('\n').filter((line) => line.includes('console.log('));
    return {
      name: /^\/\/ (\w+)\.ts\n/.exec(code)?.[1] ?? `example-${i}`,
      code,
      output: prints.map((line) => `${line.slice(line.indexOf('; // ') + 5)}\n`).join(''),
    };
  });
}

/** Writes the examples to a folder; returns their source files by name. */
export function writeExamples(
  examples: readonly Example[],
  folder: string,
): Record<string, string> {
  for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), code);
  return Object.fromEntries(examples.map(({ name }) => [name, join(folder, `${name}.ts`)]));
}

/** Bundles written examples; returns their programs by name. */
export function bundleExamples(
  sources: Readonly<Record<string, string>>,
  folder: string,
): Promise<Record<string, string>> {
  return bundle(sources, join(folder, 'out'));
}

/** What the compiler says of them under the strict settings of this repository. */
export function typeProblems(sources: Readonly<Record<string, string>>): string[] {
  const file = join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  const paths = Object.fromEntries(
    Object.entries(publicEntries).map(([entry, path]) => [entry, [path]]),
  );
  const program = ts.createProgram(Object.values(sources), {
    ...options,
    paths,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    isolatedDeclarations: false,
  });
  return Object.values(sources)
    .flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

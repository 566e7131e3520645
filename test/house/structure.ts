/**
 * Which folder may import which, as data, and a checker that reads the imports of source files.
 * Imports run one way: src → codecs → proto. What the table does not allow is forbidden.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository's root folder, with a trailing slash. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** A source file: path below the root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What src/ may import from codecs/: not the kernels, whose results are codecs' business. */
const CODECS = ['codecs', 'codecs/feedback', 'codecs/index.ts', 'codecs/random.ts'];

/**
 * Folder (or entry file) → folders it may import besides itself. A file belongs to the longest
 * name that covers it, so `codecs/stages/topk.ts` is part of `codecs`. Two files are places of their
 * own: `codecs/random.ts`, which lies below the kernels, and `codecs/index.ts`, which gathers what
 * its siblings export and is imported by none of them. Errors and argument checks live in `proto`,
 * so everything may import it.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  'codecs/random.ts': ['proto'],
  'codecs/kernels': ['codecs/random.ts', 'proto'],
  codecs: ['codecs/kernels', 'codecs/random.ts', 'proto'],
  'codecs/feedback': ['codecs', 'codecs/kernels', 'codecs/random.ts', 'proto'],
  'codecs/index.ts': ['codecs', 'codecs/feedback', 'codecs/random.ts', 'proto'],
  'src/gradient': ['proto'],
  'src/transport': ['proto'],
  'src/trace': ['proto'],
  'src/collective': ['src/transport', 'src/trace', 'proto'],
  'src/rendezvous': ['src/collective', 'src/transport', 'proto'],
  'src/exchange': [
    'src/gradient',
    'src/collective',
    'src/trace',
    ...CODECS,
    'codecs/kernels',
    'proto',
  ],
  'src/worker': [
    'src/trace',
    'src/rendezvous',
    'src/exchange',
    'src/collective',
    'src/transport',
    'src/gradient',
    ...CODECS,
    'codecs/kernels',
    'proto',
  ],
  'src/strategy': ['src/exchange', 'src/collective', 'src/gradient', ...CODECS, 'proto'],
  'src/train': [
    'src/trace',
    'src/strategy',
    'src/exchange',
    'src/gradient',
    'src/files',
    'src/result',
    'proto',
  ],
  'src/simulate': ['src/strategy', ...CODECS, 'src/result', 'proto'],
  'src/launch': ['proto'],
  'src/experiment': [
    'src/train',
    'src/strategy',
    'src/exchange',
    'src/collective',
    'src/rendezvous',
    'src/worker',
    'src/launch',
    'src/files',
    'src/result',
    ...CODECS,
    'proto',
  ],
  'src/result': ['src/files', 'proto'],
  'src/files': ['proto'],
  'src/report': ['src/result', 'src/files', 'proto'],
  'src/threads': ['codecs', 'codecs/kernels', 'proto'],
  'src/measure': [
    'src/worker',
    'src/rendezvous',
    'src/collective',
    'src/launch',
    ...CODECS,
    'proto',
  ],
  'src/testing': [...CODECS, 'proto'],
  'src/cli': ['src', ...CODECS, 'proto'],
  'src/comm.ts': ['src/worker', 'src/rendezvous', 'src/collective', 'src/transport', 'proto'],
  'src/index.ts': ['src', ...CODECS, 'proto'],
};

/** Folders that also run in browsers: no Node module, no Node global, no package but protobufjs. */
const PORTABLE = ['proto', 'codecs'];
const PORTABLE_PACKAGES = ['protobufjs'];
const NODE_GLOBALS = new Set([
  'Buffer',
  'process',
  'require',
  '__dirname',
  '__filename',
  'global',
  'setImmediate',
  'clearImmediate',
]);

/** AssemblyScript: compiled to WebAssembly by its own compiler, no part of the TypeScript program. */
const ASSEMBLY = 'codecs/kernels/assembly/';

/** All TypeScript files below the source folders, generated declarations excluded. */
export function readSources(folders: readonly string[] = ['proto', 'codecs', 'src']): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .filter((path) => !path.startsWith(ASSEMBLY))
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })),
  );
}

/** Every rule broken by these files, a line each; empty when all is well. */
export function violations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(violationsOf), ...cycles(folderGraph(files))];
}

function violationsOf(file: SourceFile): string[] {
  const home = placeOf(file.path);
  if (home === undefined) return [`${file.path}: its folder is not in the table`];
  return [
    ...importsOf(file).flatMap((specifier) => {
      const problem = specifier.startsWith('.')
        ? problemOfRelative(home, resolve(file, specifier))
        : problemOfPackage(file.path, specifier);
      return problem === undefined ? [] : [`${file.path}: imports ${specifier}: ${problem}`];
    }),
    ...nodeGlobalsOf(file).map((name) => `${file.path}: uses the Node global ${name}`),
  ];
}

/** The longest name of the table that covers a path. */
function placeOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((place) => path === place || path.startsWith(`${place}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/** Specifiers of all imports and re-exports, dynamic and type-only ones included. */
function importsOf(file: SourceFile): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((found) => found.fileName);
}

function resolve(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(dirname(file.path), specifier));
}

function problemOfRelative(home: string, target: string): string | undefined {
  const place = placeOf(target);
  if (place === undefined) return `${target} is outside the source folders`;
  const allowed = [home, ...MAY_IMPORT[home]!];
  if (allowed.includes(place)) return undefined;
  // 'src' stands for every folder of src but the command line, which nothing imports.
  if (allowed.includes('src') && place.startsWith('src/') && place !== 'src/cli') return undefined;
  return `${home} may import only ${allowed.join(', ')}`;
}

function problemOfPackage(path: string, specifier: string): string | undefined {
  const isPortable = PORTABLE.some((folder) => path.startsWith(`${folder}/`));
  if (isPortable && (specifier.startsWith('node:') || builtinModules.includes(specifier)))
    return 'this folder also runs in browsers';
  if (isPortable && !PORTABLE_PACKAGES.includes(specifier.split('/')[0]!))
    return `this folder may use no package but ${PORTABLE_PACKAGES.join(', ')}`;
  if (specifier.startsWith('@tensorflow/') && !path.startsWith('src/train/'))
    return 'only src/train knows tfjs';
  return undefined;
}

/**
 * Node globals that a portable file refers to (type positions count too). A name the file declares
 * itself is its own; `tsconfig.portable.json` has the compiler look closer.
 */
function nodeGlobalsOf(file: SourceFile): string[] {
  if (!PORTABLE.some((folder) => file.path.startsWith(`${folder}/`))) return [];
  const found = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && NODE_GLOBALS.has(node.text) && !isMemberName(node))
      (isDeclaredName(node) ? declared : found).add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true));
  return [...found].filter((name) => !declared.has(name));
}

/** True for the name of a variable, parameter or destructured binding. */
function isDeclaredName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
    parent.name === node
  );
}

/** True for the `x` of `a.x`, `{ x: 1 }` and class members, which refer to no global. */
function isMemberName(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (
    (ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent)) &&
    parent.name === node
  );
}

function folderGraph(files: readonly SourceFile[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const file of files) {
    const home = placeOf(file.path);
    if (home === undefined) continue;
    const targets = graph.get(home) ?? new Set<string>();
    graph.set(home, targets);
    for (const specifier of importsOf(file)) {
      const place = specifier.startsWith('.') ? placeOf(resolve(file, specifier)) : undefined;
      if (place !== undefined && place !== home) targets.add(place);
    }
  }
  return graph;
}

/** Import cycles between folders: depth-first search, a cycle for each edge back into the path. */
function cycles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (place: string, path: readonly string[]): void => {
    if (path.includes(place)) {
      found.push(`import cycle: ${[...path.slice(path.indexOf(place)), place].join(' → ')}`);
      return;
    }
    if (done.has(place)) return;
    for (const target of graph.get(place) ?? []) visit(target, [...path, place]);
    done.add(place);
  };
  for (const place of graph.keys()) visit(place, []);
  return found;
}

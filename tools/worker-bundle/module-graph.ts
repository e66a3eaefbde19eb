import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON, isBuiltin, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

/** Native code that a package does without when it is not there; a bundle is for any processor. */
const leftOut: ReadonlySet<string> = new Set(['msgpackr-extract']);

/** More files than a worker can need: the graph has got out of hand. */
const filesMax = 5_000;

/**
 * Every file that a program can load: what is imported or required by a literal name, from the entry
 * on, be it at once or later, the programs of its threads, and the package.json of each package.
 * What is loaded by a name that is calculated is not found; a test runs the result.
 *
 * @returns absolute paths in ascending order
 * @throws Error for a name that leads nowhere
 */
export async function moduleGraph(entry: string): Promise<readonly string[]> {
  const found = new Set<string>([entry]);
  for (const file of found) {
    if (found.size > filesMax) throw new Error(`${entry} leads to more than ${filesMax} files`);
    for (const next of await filesOf(file)) found.add(next);
  }
  return [...found].sort();
}

async function filesOf(file: string): Promise<readonly string[]> {
  const own = findPackageJSON(pathToFileURL(file));
  const packageFile = own === undefined || own === file ? [] : [own];
  if (!/\.[cm]?[jt]s$/.test(file)) return packageFile;
  const source = await readFile(file, 'utf8');
  // Types are imported for nothing that runs.
  const code = file.endsWith('.ts') ? stripTypeScriptTypes(source) : source;
  const names = ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
  const wanted = names.filter((name) => !isBuiltin(name) && !leftOut.has(name));
  return [
    ...packageFile,
    ...wanted.flatMap((name) => resolved(name, file)),
    ...threadsOf(code, file),
  ];
}

/** The program of a thread is named by a call that the code has for it. */
function threadsOf(code: string, file: string): readonly string[] {
  return [...code.matchAll(/\bthreadScript\('([a-z-]+)', import\.meta\.url\)/g)].map(
    ([, name = '']) => path.join(path.dirname(file), `${name}${path.extname(file)}`),
  );
}

/** A script may get one file where a module gets another: both then, because both may be asked for. */
function resolved(name: string, from: string): readonly string[] {
  const places = new Set<string>();
  try {
    places.add(fileURLToPath(import.meta.resolve(name, pathToFileURL(from))));
  } catch {
    // Perhaps there is something for scripts.
  }
  if (isScript(from)) {
    try {
      places.add(createRequire(from).resolve(name));
    } catch {
      // Perhaps there is something for modules.
    }
  }
  const files = [...places].filter((place) => existsSync(place));
  if (files.length === 0) throw new Error(`${from} imports '${name}', which is not there`);
  return files;
}

function isScript(file: string): boolean {
  if (file.endsWith('.cjs')) return true;
  if (!file.endsWith('.js')) return false;
  const packageFile = findPackageJSON(pathToFileURL(file));
  if (packageFile === undefined) return true;
  const { type } = createRequire(file)(packageFile) as { readonly type?: string };
  return type !== 'module';
}

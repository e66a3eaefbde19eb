import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const collector = new URL('collected-tests.ts', import.meta.url).href;
const project = pathToFileURL(`${process.cwd()}${path.sep}`).href;
const installed = new URL('node_modules/', project).href;
const query = '?generation=';

/** Code without its types: the files do not change while they are run again and again. */
const stripped = new Map<string, string>();
let generation = 0;

registerHooks({
  resolve: (specifier, resolution, next) => {
    if (specifier === 'node:test') return { url: collector, shortCircuit: true };
    const resolved = next(specifier, resolution);
    const isOurs = resolved.url.startsWith(project) && !resolved.url.startsWith(installed);
    const isRenewed = resolution.parentURL?.includes(query) === true && isOurs;
    return isRenewed ? { ...resolved, url: `${resolved.url}${query}${generation}` } : resolved;
  },
  load: (url, loading, next) => {
    const [file = ''] = url.split(query);
    if (file === url || !file.endsWith('.ts')) return next(url, loading);
    let source = stripped.get(file);
    if (source === undefined) {
      source = stripTypeScriptTypes(readFileSync(fileURLToPath(file), 'utf8'));
      stripped.set(file, source);
    }
    return { format: 'module', source, shortCircuit: true };
  },
});

/**
 * Imports files, and whatever of this project they import, as if for the first time: with no state
 * that earlier runs left. Modules of other packages are the same ones always.
 */
export async function importAnew(files: readonly string[]): Promise<void> {
  generation += 1;
  for (const file of files) {
    await import(`${pathToFileURL(path.resolve(file)).href}${query}${generation}`);
  }
}

import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * Where this process keeps compiled code, as NODE_COMPILE_CACHE names it; undefined when it keeps none. Threads and
 * child processes that are not told of it compile everything anew, and in a clone strip all types as well:
 * that takes twice the time and some 10 MiB for each of them.
 */
export function compileCacheFolder(): string | undefined {
  const folderOfThisVersion = getCompileCacheDir();
  return folderOfThisVersion === undefined ? undefined : dirname(folderOfThisVersion);
}

/** The environment for a thread that needs nothing of this process's own. */
export function compileCacheOnly(): NodeJS.ProcessEnv {
  const folder = compileCacheFolder();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

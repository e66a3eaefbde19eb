import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { moduleGraph } from './module-graph.ts';
import { type ArchivedFile, tarFile } from './tar-file.ts';

/** Where the operating system stands in the header of gzip (RFC 1952, 2.3.1), and "unknown". */
const gzipSystemAt = 9;
const gzipSystemUnknown = 255;

const modulesFolder = '/node_modules/';

/**
 * The program of a worker instance as one file, a gzip-compressed tar archive: `worker.js`, what it
 * can load of this project, and of the packages in `node_modules`. The same sources and packages
 * give the same bytes. Nothing in it is for one kind of processor.
 *
 * @param root of the project
 * @param entry the program, relative to it
 */
export async function buildWorkerBundle(root: string, entry: string): Promise<Uint8Array> {
  const paths = await moduleGraph(path.join(root, entry));
  const files = await Promise.all(
    paths.map(async (each) => ({
      path: archivedPath(root, each),
      content: each === path.join(root, 'package.json') ? ownPackage : await readFile(each),
    })),
  );
  const start = { path: 'worker.js', content: Buffer.from(`import './${entry}';\n`) };
  return compressed(tarFile([...files, start].sort(byPath)));
}

/** Of ours only this matters to a program that runs. */
const ownPackage = Buffer.from('{ "type": "module" }\n');

function archivedPath(root: string, file: string): string {
  const at = file.indexOf(modulesFolder);
  // Where the packages are linked from elsewhere, they stand beside the sources all the same.
  return at === -1 ? path.relative(root, file) : file.slice(at + 1);
}

function byPath(a: ArchivedFile, b: ArchivedFile): number {
  return a.path < b.path ? -1 : 1;
}

function compressed(archive: Uint8Array): Uint8Array {
  const zipped = gzipSync(archive, { level: constants.Z_BEST_COMPRESSION });
  zipped[gzipSystemAt] = gzipSystemUnknown;
  return zipped;
}

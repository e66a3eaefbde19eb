import { open } from 'node:fs/promises';
import { isAbsent } from '../../platform/errno.ts';
import { foldersUpTo } from './object-path.ts';

/** Folders to remember; forgetting one costs a few more syncs. */
const knownFoldersMax = 4096;
/** Of folders on file systems that do not tell when a folder was made: never remembered. */
const unknownIdentity = '';

/**
 * Makes names durable. A file's name is on disk once its folder was synced, and that folder's own
 * name once the folder above was, and so on: any of them may have been made a moment ago, by this
 * process or by another one that died before it synced.
 *
 * Which folders are reachable for good is remembered by identity and not by path, because an
 * empty folder may be removed and made again by anybody.
 */
export class DurableFolders {
  readonly #root: string;
  readonly #known = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes what happened in `folder` durable, and the way to it. A folder that is gone by now was
   * removed after its last object was; then the folders above count.
   */
  async sync(folder: string): Promise<void> {
    const synced: (readonly [path: string, identity: string])[] = [];
    for (const path of foldersUpTo(this.#root, folder)) {
      const identity = await syncFolder(path);
      if (identity === null) continue;
      if (this.#known.get(path) === identity) break;
      synced.push([path, identity]);
    }
    if (this.#known.size + synced.length > knownFoldersMax) this.#known.clear();
    for (const [path, identity] of synced) {
      if (identity !== unknownIdentity) this.#known.set(path, identity);
    }
  }
}

/**
 * Syncs one folder. Gives what tells it from any other that had or will have its path, or null
 * when there is no such folder.
 */
export async function syncFolder(path: string): Promise<string | null> {
  try {
    await using handle = await open(path, 'r');
    const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
    await handle.sync();
    return birthtimeNs === 0n ? unknownIdentity : [dev, ino, birthtimeNs].join(':');
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

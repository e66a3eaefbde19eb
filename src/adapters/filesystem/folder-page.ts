import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectKeySegment } from '../../ports/object-key.ts';
import { isAbsent } from '../../platform/errno.ts';

/** Names of one folder that are in memory at a time; a larger folder is read more than once. */
const pageNamesMax = 16_384;
/** Entries for which the operating system is asked at a time. */
const readEntriesMax = 512;

export interface FolderPage {
  /**
   * The start of the keys behind each entry, ascending. A folder's ends with `/`, so that the
   * order of the entries is the order of all keys below them: `a-b` before `a/c` before `a0`.
   */
  readonly starts: readonly string[];
  readonly more: 'more' | 'end';
}

/**
 * The entries of the folder `folderKey` (empty, or a start of keys that ends with `/`) which come
 * after `last` and which `wanted` accepts. None when there is no such folder.
 */
export async function readFolderPage(
  root: string,
  folderKey: string,
  last: string,
  wanted: (start: string) => boolean,
): Promise<FolderPage> {
  const smallest = new SmallestNames(pageNamesMax);
  try {
    const folder = await opendir(join(root, folderKey), { bufferSize: readEntriesMax });
    for await (const entry of folder) {
      if (!isObjectKeySegment(entry.name)) continue;
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const start = `${folderKey}${entry.name}${entry.isDirectory() ? '/' : ''}`;
      if (start > last && wanted(start)) smallest.add(start);
    }
  } catch (error) {
    // a folder that vanished had become empty
    if (!isAbsent(error)) throw error;
  }
  return smallest.toPage();
}

/** Keeps the smallest of any number of names, in memory for twice as many. */
class SmallestNames {
  readonly #namesMax: number;
  #names: string[] = [];
  #more: FolderPage['more'] = 'end';

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  add(name: string): void {
    this.#names.push(name);
    if (this.#names.length >= 2 * this.#namesMax) this.#shrink();
  }

  toPage(): FolderPage {
    this.#shrink();
    return { starts: this.#names, more: this.#more };
  }

  #shrink(): void {
    this.#names.sort();
    if (this.#names.length <= this.#namesMax) return;
    this.#names = this.#names.slice(0, this.#namesMax);
    this.#more = 'more';
  }
}

import { isObjectKey, isObjectKeySegment } from '../../ports/object-key.ts';
import type { ObjectInfo } from '../../ports/object-store.ts';
import { type FolderPage, readFolderPage } from './folder-page.ts';
import { inspectObject } from './read-object.ts';

/** Files that are inspected at once. */
const inspectionsMax = 32;

export interface Selection {
  readonly prefix: string;
  /** Only keys greater than this one; the empty text for all. */
  readonly after: string;
}

/**
 * All objects of the selection in the order of their keys. Holds one page of names for each
 * folder on the way to the current object. Objects that vanish meanwhile are left out.
 */
export async function* listObjects(root: string, selection: Selection): AsyncGenerator<ObjectInfo> {
  const folderKey = selection.prefix.slice(0, selection.prefix.lastIndexOf('/') + 1);
  // No key starts so, and the folder would be somewhere else.
  if (folderKey !== '' && !folderKey.slice(0, -1).split('/').every(isObjectKeySegment)) return;
  yield* walkFolder(root, folderKey, selection);
}

async function* walkFolder(
  root: string,
  folderKey: string,
  selection: Selection,
): AsyncGenerator<ObjectInfo> {
  const wanted = (start: string): boolean => isWanted(start, selection);
  let last = '';
  let page: FolderPage;
  do {
    page = await readFolderPage(root, folderKey, last, wanted);
    for (let first = 0; first < page.starts.length; first += inspectionsMax) {
      yield* walkEntries(root, page.starts.slice(first, first + inspectionsMax), selection);
    }
    last = page.starts.at(-1) ?? last;
  } while (page.more === 'more');
}

async function* walkEntries(
  root: string,
  starts: readonly string[],
  selection: Selection,
): AsyncGenerator<ObjectInfo> {
  const objects = await Promise.all(
    starts.map(async (start) => (isObjectKey(start) ? await inspectObject(root, start) : null)),
  );
  for (const [position, start] of starts.entries()) {
    if (start.endsWith('/')) yield* walkFolder(root, start, selection);
    const object = objects[position] ?? null;
    if (object !== null) yield object;
  }
}

/** For a file: whether it is selected. For a folder: whether anything in it can be. */
function isWanted(start: string, { prefix, after }: Selection): boolean {
  const isFolder = start.endsWith('/');
  const matches = start.startsWith(prefix) || (isFolder && prefix.startsWith(start));
  return matches && (start > after || (isFolder && after.startsWith(start)));
}

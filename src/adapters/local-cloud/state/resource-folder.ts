import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './durable-file.ts';
import { hasErrno } from '../../../platform/errno.ts';
import type { PartialNames } from './partial-names.ts';
import { stateError } from './state-error.ts';

/** Where one resource is kept: a folder of its own below the folder of its kind. */
export interface ResourcePlace {
  readonly parent: string;
  readonly name: string;
}

export type Creation<T> =
  { readonly outcome: 'created'; readonly built: T } | { readonly outcome: 'exists' };

/**
 * Makes a resource whole or not at all: `build` fills a partial folder, which then takes the
 * resource's name. Whoever renames first has made it; the others get `exists` and leave nothing.
 *
 * `build` must leave at least one file (an empty folder could be taken over) and must have synced
 * its files; the folder itself is synced here.
 *
 * @throws what `build` throws, STORE_FULL, STORE_UNAVAILABLE; then nothing is left.
 */
export async function createResource<T>(
  place: ResourcePlace,
  partials: PartialNames,
  build: (folder: string) => Promise<T>,
): Promise<Creation<T>> {
  const folder = path.join(place.parent, place.name);
  const partial = path.join(place.parent, partials.next());
  let built: T;
  try {
    await mkdir(partial, { mode: 0o700 });
    built = await build(partial);
    await syncFolder(partial);
    if (!(await renameUnlessTaken(partial, folder))) {
      await rm(partial, { recursive: true });
      return { outcome: 'exists' };
    }
  } catch (error) {
    await removeFailed(partial, error);
    throw stateError(error, `make ${folder}`);
  }
  await syncParent(place.parent);
  return { outcome: 'created', built };
}

/** Removes a resource at once, however much it holds; fine when there is none. */
export async function removeResource(place: ResourcePlace, partials: PartialNames): Promise<void> {
  const folder = path.join(place.parent, place.name);
  const partial = path.join(place.parent, partials.next());
  try {
    await rename(folder, partial);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw stateError(error, `remove ${folder}`);
  }
  await syncParent(place.parent);
  try {
    await rm(partial, { recursive: true, force: true });
  } catch (error) {
    throw stateError(error, `remove ${partial}`);
  }
}

/** Folders that hold something are never replaced by a rename. */
async function renameUnlessTaken(partial: string, folder: string): Promise<boolean> {
  try {
    await rename(partial, folder);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function syncParent(parent: string): Promise<void> {
  try {
    await syncFolder(parent);
  } catch (error) {
    throw stateError(error, `write ${parent}`);
  }
}

async function removeFailed(partial: string, failure: unknown): Promise<void> {
  try {
    await rm(partial, { recursive: true, force: true });
  } catch (error) {
    throw stateError(new AggregateError([failure, error]), `remove the unfinished ${partial}`);
  }
}

import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { writeNewFile } from './durable-file.ts';
import { stateError } from './state-error.ts';

const prefix = 'owner-';

/**
 * Writes an empty file whose name says which session owns the resource. A record that is damaged
 * cannot say it any more, and this tells whose sessions that concerns.
 */
export function writeOwnerMarker(folder: string, owner: ResourceOwner): Promise<void> {
  return writeNewFile(path.join(folder, markerName(owner.sessionId)), '');
}

/**
 * Looks at a resource for a search by session. One that is damaged and certainly another
 * session's is null; one that is, or may be, this session's is an error: a session that takes
 * "cannot be read" for "not there" would repeat what it did, or leave behind what it made.
 *
 * @throws what `look` throws, unless it is CLOUD_STATE_CORRUPT of another session
 */
export async function unlessDamagedOfOther<T>(
  folder: string,
  sessionId: SessionId,
  look: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (!hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) throw error;
    if (mayBeOwned(await listFiles(folder), sessionId)) throw error;
    return null;
  }
}

/** By the names of a resource's files alone; without any marker it may be anybody's. */
export function mayBeOwned(files: ReadonlySet<string>, sessionId: SessionId): boolean {
  return files.has(markerName(sessionId)) || ![...files].some((name) => name.startsWith(prefix));
}

/** The names in a resource's folder; none when it is gone or no folder. @throws STORE_UNAVAILABLE */
export async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return new Set();
    throw stateError(error, `list ${folder}`);
  }
}

/** A digest, because a session id may hold what a file name cannot. */
function markerName(sessionId: SessionId): string {
  return `${prefix}${hash('sha256', sessionId, 'hex').slice(0, 32)}`;
}

import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent } from '../../platform/errno.ts';
import {
  conditionOf,
  formatIdentity,
  ownIdentity,
  parseIdentity,
  type ProcessIdentity,
} from '../../platform/process-identity.ts';

/**
 * Nothing is known of the processes of another machine, container or boot; an image to which
 * nothing was written for so long is taken for left over.
 */
const foreignImageMaxAgeMs = 24 * 60 * 60 * 1000;

const uuidPattern = /-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Where an image is until it is whole: a name of its own, because what stands at a fixed one could
 * be another restore's, or the user's; and one that says whose it is.
 */
export function partialPathOf(imagePath: string): string {
  return `${imagePath}.partial-${formatIdentity(ownIdentity())}-${randomUUID()}`;
}

/** Removes what restores to the same image have left whose processes died. */
export async function sweepPartialImages(imagePath: string): Promise<void> {
  const folder = dirname(imagePath);
  for (const name of await readdir(folder)) {
    const creator = creatorOf(name, basename(imagePath));
    if (creator === null) continue;
    const path = join(folder, name);
    if (await isLeftOver(path, creator)) await rm(path, { force: true });
  }
}

function creatorOf(name: string, imageName: string): ProcessIdentity | null {
  const prefix = `${imageName}.partial-`;
  if (!name.startsWith(prefix) || !uuidPattern.test(name)) return null;
  return parseIdentity(name.slice(prefix.length).replace(uuidPattern, ''));
}

async function isLeftOver(path: string, creator: ProcessIdentity): Promise<boolean> {
  switch (conditionOf(creator)) {
    case 'running':
      return false;
    case 'ended':
      return true;
    case 'other-namespace':
    case 'other-boot':
      return Date.now() - (await lastWrittenMs(path)) > foreignImageMaxAgeMs;
  }
}

async function lastWrittenMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    // Whoever it belongs to has just finished it, or removed it.
    if (isAbsent(error)) return Date.now();
    throw error;
  }
}

import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RandomSource } from '../../../ports/random-source.ts';
import {
  formatIdentity,
  isRunning,
  parseIdentity,
  type ProcessIdentity,
} from '../../../platform/process-identity.ts';

const prefix = '.partial-';

/**
 * Names for what is not finished: they say which process is at work, so that what a dead process
 * left can be told from what a living one is making.
 */
export interface PartialNames {
  next(): string;
}

export function createPartialNames(creator: ProcessIdentity, random: RandomSource): PartialNames {
  return {
    next: () =>
      `${prefix}${formatIdentity(creator)}-${Buffer.from(random.bytes(8)).toString('hex')}`,
  };
}

/** Removes from `folder` what dead processes left unfinished. */
export async function sweepPartials(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const creator = creatorOf(name);
    if (creator === null || isRunning(creator)) continue;
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

function creatorOf(name: string): ProcessIdentity | null {
  if (!name.startsWith(prefix)) return null;
  return parseIdentity(name.slice(prefix.length).replace(/-[0-9a-f]{16}$/, ''));
}

import { linkSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { FakeSnapshot, FakeVolume } from './ec2-resources.ts';
import type { Ec2World } from './ec2-world.ts';

/** What a volume has of its snapshot, also when that is removed; the local cloud has no such volumes. */
export function snapshotContent(
  { localFolder }: Ec2World,
  { imagePath, written }: FakeSnapshot,
  volumeId: string,
): Pick<FakeVolume, 'imagePath' | 'written' | 'discard'> {
  if (imagePath === null) {
    return { ...(written === undefined ? {} : { written }), discard: () => Promise.resolve() };
  }
  const folder = path.join(localFolder, 'volumes-of-snapshots');
  mkdirSync(folder, { recursive: true });
  const linked = path.join(folder, volumeId);
  linkSync(imagePath, linked);
  return { imagePath: linked, discard: () => rm(linked, { force: true }) };
}

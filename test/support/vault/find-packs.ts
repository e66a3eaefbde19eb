import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { vaultLayout } from '../../../src/vault/vault-layout.ts';

/** Where the kind of a pack stands in its header; docs/strata.md, "Pack". */
const kindOffset = 5;

export interface StoredObject {
  readonly key: string;
  readonly file: string;
}

/** The file of an object of the vault's repository. */
export function storedObject(vaultFolder: string, key: string): StoredObject {
  return { key, file: path.join(vaultLayout(vaultFolder).repository, key) };
}

/** The one pack of this kind that the session of a point wrote. */
export async function findPack(
  vaultFolder: string,
  pointId: PointId,
  kind: 'data' | 'map',
): Promise<StoredObject> {
  const folder = path.join(vaultLayout(vaultFolder).repository, 'packs', pointId);
  for (const name of await readdir(folder)) {
    const pack = storedObject(vaultFolder, `packs/${pointId}/${name}`);
    const header = await readFile(pack.file);
    if (header[kindOffset] === (kind === 'data' ? 1 : 2)) return pack;
  }
  throw new Error(`${pointId} has no ${kind} pack`);
}

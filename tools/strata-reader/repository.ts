import { StrataDefect, defectOf } from './defect.ts';
import { readHeader, unlockRepository } from './header.ts';
import { repositoryKeys, sessionKeys, uuidBytes } from './keys.ts';
import type { RepositoryKeys, SessionKeys } from './keys.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { ObjectReader } from './object-reader.ts';
import { openSealed, sealedKind } from './sealed-object.ts';

/** A repository whose passphrase was right. */
export interface Repository {
  readonly objects: ObjectReader;
  readonly repositoryId: string;
  /** Of the first master key. */
  readonly keys: RepositoryKeys;
  /** Of each master key, by its epoch. */
  readonly epochs: readonly RepositoryKeys[];
}

/** Opens a repository with a passphrase or a recovery key. */
export function openRepository(objects: ObjectReader, passphrase: string): Repository {
  const header = readHeader(objects);
  const { repositoryId } = header;
  const masterKeys = unlockRepository(objects, header, passphrase);
  const epochs = masterKeys.map((key) => repositoryKeys(key, uuidBytes(repositoryId)));
  const [keys] = epochs;
  if (keys === undefined) throw new StrataDefect('strata', 'has no master key');
  return { objects, repositoryId, keys, epochs };
}

/** The keys of a session, from its sealed data key. */
export function openSession(repository: Repository, sessionId: string): SessionKeys {
  const key = `keys/${sessionId}`;
  const { content } = openSealed(repository.objects, key, {
    repositoryId: repository.repositoryId,
    sealKey: repository.epochs.map(({ wrap }) => wrap),
    kinds: [sealedKind.sessionKey],
  });
  if (content.length !== 32) throw new StrataDefect(key, 'does not hold a key of 32 bytes');
  return sessionKeys(content);
}

/** What is at the key of a point. */
export type PointObject =
  | { readonly key: string; readonly kind: 'point'; readonly manifest: Manifest }
  | { readonly key: string; readonly kind: 'tombstone' }
  | { readonly key: string; readonly kind: 'removed' }
  | { readonly key: string; readonly kind: 'damaged'; readonly defect: StrataDefect };

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const pointPattern = new RegExp(`^points/(?!\\.{1,2}/)([A-Za-z0-9._-]{1,128})/(${uuid})$`);

/** Reads all points and tombstones, in the order of their keys. A mark beside a point removes it. */
export function readPoints(repository: Repository): readonly PointObject[] {
  const keys = new Set(repository.objects.keys());
  return [...keys].toSorted().flatMap((key): readonly PointObject[] => {
    const [, instanceId, pointId] = pointPattern.exec(key) ?? [];
    if (instanceId === undefined || pointId === undefined) return [];
    if (keys.has(`${key}.removed`)) return [{ key, kind: 'removed' }];
    return [readPoint(repository, key, { instanceId, pointId })];
  });
}

function readPoint(
  repository: Repository,
  key: string,
  expected: { readonly instanceId: string; readonly pointId: string },
): PointObject {
  try {
    const { kind, content } = openSealed(repository.objects, key, {
      repositoryId: repository.repositoryId,
      sealKey: repository.epochs.map(({ manifest }) => manifest),
      kinds: [sealedKind.manifest, sealedKind.tombstone],
    });
    if (kind === sealedKind.tombstone) return { key, kind: 'tombstone' };
    return { key, kind: 'point', manifest: parseManifest(content, key, expected) };
  } catch (thrown) {
    return { key, kind: 'damaged', defect: defectOf(thrown) };
  }
}

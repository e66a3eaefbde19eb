import { StrataDefect, defectOf } from './defect.ts';
import { readHeader, unlockRepository } from './header.ts';
import { repositoryKeys, sessionKeys, uuidBytes } from './keys.ts';
import type { RepositoryKeys, SessionKeys } from './keys.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { Entry } from './map-node.ts';
import { parseRelocation, type Relocation } from './relocation.ts';
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
  | { readonly key: string; readonly kind: 'relocation'; readonly relocation: Relocation }
  | { readonly key: string; readonly kind: 'removed' }
  | { readonly key: string; readonly kind: 'damaged'; readonly defect: StrataDefect };

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const claimPattern = new RegExp(
  `^relocations/(?!\\.{1,2}/)([A-Za-z0-9._-]{1,128})/([0-9a-f]{8})-(${uuid})$`,
);
const pointPattern = new RegExp(`^points/(?!\\.{1,2}/)([A-Za-z0-9._-]{1,128})/(${uuid})$`);

/**
 * Reads all points and tombstones, in the order of their keys. A mark beside a point removes it, a locked
 * one from its date on. The roots are those that relocations have left.
 */
export function readPoints(
  repository: Repository,
  now: number = Date.now(),
): readonly PointObject[] {
  const keys = new Set(repository.objects.keys());
  const found = [...keys].toSorted().flatMap((key): readonly PointObject[] => {
    const [, instanceId, pointId] = pointPattern.exec(key) ?? [];
    if (instanceId === undefined || pointId === undefined) return [];
    const object = readPoint(repository, key, { instanceId, pointId });
    if (!keys.has(`${key}.removed`) || isLocked(object, now)) return [object];
    return [{ key, kind: 'removed' }];
  });
  const objects = new Map(found.map((object) => [object.key, object]));
  const moved = new Map<string, Entry>();
  for (const key of [...keys].toSorted()) {
    const [, instanceId, number = '', sessionId] = claimPattern.exec(key) ?? [];
    if (instanceId === undefined) continue;
    const object = objects.get(`points/${instanceId}/${sessionId}`);
    if (object?.kind !== 'relocation') continue;
    if (object.relocation.claim !== Number.parseInt(number, 16)) continue;
    for (const { pointId, volumeId, root } of object.relocation.volumes) {
      moved.set(`points/${instanceId}/${pointId} ${volumeId}`, root);
    }
  }
  return found.map((object): PointObject => {
    if (object.kind !== 'point') return object;
    const volumes = object.manifest.volumes.map((volume) => {
      return { ...volume, root: moved.get(`${object.key} ${volume.volumeId}`) ?? volume.root };
    });
    return { ...object, manifest: { ...object.manifest, volumes } };
  });
}

function isLocked(object: PointObject, now: number): boolean {
  return object.kind === 'point' && now < (object.manifest.lockedUntil ?? 0);
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
      kinds: [sealedKind.manifest, sealedKind.tombstone, sealedKind.relocation],
    });
    if (kind === sealedKind.tombstone) return { key, kind: 'tombstone' };
    if (kind === sealedKind.relocation) {
      return { key, kind: 'relocation', relocation: parseRelocation(content, key, expected) };
    }
    return { key, kind: 'point', manifest: parseManifest(content, key, expected) };
  } catch (thrown) {
    return { key, kind: 'damaged', defect: defectOf(thrown) };
  }
}

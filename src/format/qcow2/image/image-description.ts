import type { PointId, SessionId, VolumeId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { ImagePlace } from '../object/object-keys.ts';
import { objectKeys, sessionInKey } from '../object/object-keys.ts';
import { readJson } from '../object/json-object.ts';
import { corrupt } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';

/** What there is of an image, besides the data. */
export interface ImageDescription {
  /** What its file is to be called, so that others find it as their backing file. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Null: what it has no entry for was never written. */
  readonly backing: ImageBacking | null;
  /** The parts that its records are in, in the order in which they are in the image. */
  readonly parts: readonly ImagePart[];
  readonly pages: readonly IndexPage[];
  /** What the image has besides the parts: the header, what fills up to a cluster, the tables. */
  readonly pieces: readonly ImagePiece[];
}

export interface ImageBacking {
  readonly pointId: PointId;
  readonly volumeId: VolumeId;
  readonly name: string;
}

export interface ImagePart {
  readonly key: ObjectKey;
  /** In the image; sealed records are longer. */
  readonly sizeBytes: number;
  readonly records: number;
}

/** A page of the index: its first block, and how many entries it has. */
export interface IndexPage {
  readonly first: number;
  readonly entries: number;
}

export interface ImagePiece {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A name that no program takes for anything but a file's. */
export function imageNameOf(pointId: PointId, volumeId: VolumeId): string {
  return `${volumeId.replace(/[^A-Za-z0-9._-]/g, '_')}_${pointId}.qcow2`;
}

/** @throws OBJECT_CORRUPT, also when it is gone */
export async function readImageDescription(
  { objectStore, envelope }: Pick<RepositoryContext, 'objectStore' | 'envelope'>,
  place: ImagePlace,
): Promise<ImageDescription> {
  const key = objectKeys.description(place);
  const description = await readJson<ImageDescription>(objectStore, envelope, key);
  if (description === null) throw corrupt(key, 'the object is gone');
  return description;
}

/** The session that has stored a part. */
export function sessionOfPart({ key }: ImagePart): SessionId {
  const sessionId = sessionInKey(key);
  if (sessionId === null) throw corrupt(key, 'this is no name of a part');
  return sessionId;
}

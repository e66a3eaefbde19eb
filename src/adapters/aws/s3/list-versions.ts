import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { DamagedReply } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { decodedKey } from './list-objects.ts';
import type { S3Connection } from './s3-connection.ts';
import { unsuitableStore } from './s3-error.ts';

/** All that a bucket which keeps versions has under one name. */
export interface NameInBucket {
  readonly name: string;
  /** The object itself, as it was made: what was put over it since is somebody else's. Null: there are only markers. */
  readonly oldest: { readonly versionId: string; readonly sizeBytes: number } | null;
  /** Of versions and markers, so that the object itself comes last. */
  readonly versionIds: readonly string[];
}

export interface VersionsPosition {
  /** In the bucket. */
  readonly prefix: string;
  /** Names after this one. */
  readonly after: string;
  readonly versionId?: string;
  /** Of one page; default: a thousand. */
  readonly maxKeys?: number;
}

export interface VersionsPage {
  readonly names: readonly NameInBucket[];
  /** Where the next page begins; null: there is none. The last name may go on there. */
  readonly next: VersionsPosition | null;
}

/** Everything below the prefix, in the order of the names. @throws STORE_UNSUITABLE, and what the client throws */
export async function* listVersions(
  connection: S3Connection,
  from: VersionsPosition,
): AsyncGenerator<NameInBucket> {
  let open: NameInBucket | null = null;
  for (let position: VersionsPosition | null = from; position !== null;) {
    const page: VersionsPage = await versionsPage(connection, position);
    for (const found of page.names) {
      if (open?.name === found.name) {
        open = joined(open, found);
        continue;
      }
      if (open !== null) yield open;
      open = found;
    }
    position = page.next;
  }
  if (open !== null) yield open;
}

export async function versionsPage(
  connection: S3Connection,
  position: VersionsPosition,
): Promise<VersionsPage> {
  return await retryCall(connection, () => pageOnce(connection, position));
}

async function pageOnce(
  { client, clock, limits, location }: S3Connection,
  { prefix, after, versionId, maxKeys }: VersionsPosition,
): Promise<VersionsPage> {
  const command = new ListObjectVersionsCommand({
    Bucket: location.bucket,
    Prefix: prefix,
    EncodingType: 'url',
    ...(maxKeys === undefined ? {} : { MaxKeys: maxKeys }),
    ...(after === '' ? {} : { KeyMarker: after }),
    ...(versionId === undefined ? {} : { VersionIdMarker: versionId }),
  });
  const reply = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
    client.send(command, { abortSignal }),
  );
  const nameOf = (key: string): string => (reply.EncodingType === 'url' ? decodedKey(key) : key);
  const names = new Map<string, NameInBucket>();
  const add = (key: string | undefined, id: string | undefined, sizeBytes: number | null): void => {
    if (key === undefined || id === undefined) throw new DamagedReply('a list without names');
    const name = nameOf(key);
    const oldest = sizeBytes === null ? null : { versionId: id, sizeBytes };
    const found = { name, oldest, versionIds: [id] };
    const before = names.get(name);
    names.set(name, before === undefined ? found : joined(before, found));
  };
  for (const { Key, VersionId } of reply.DeleteMarkers ?? []) add(Key, VersionId, null);
  for (const { Key, VersionId, Size = 0 } of reply.Versions ?? []) add(Key, VersionId, Size);
  const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = reply;
  if (IsTruncated !== true) return { names: sorted(names), next: null };
  if (NextKeyMarker === undefined || NextKeyMarker === '') {
    throw unsuitableStore(location, 'it says that there are more versions, and not where');
  }
  const next = { prefix, after: nameOf(NextKeyMarker) };
  const more = NextVersionIdMarker === undefined ? {} : { versionId: NextVersionIdMarker };
  return { names: sorted(names), next: { ...next, ...more } };
}

/** Versions come newest first. */
function joined(newer: NameInBucket, older: NameInBucket): NameInBucket {
  return {
    name: newer.name,
    oldest: older.oldest ?? newer.oldest,
    versionIds: [...newer.versionIds, ...older.versionIds],
  };
}

function sorted(names: ReadonlyMap<string, NameInBucket>): readonly NameInBucket[] {
  return [...names.values()].sort((a, b) =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

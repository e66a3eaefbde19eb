import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { isObjectKey } from '../../../ports/object-key.ts';
import type { ObjectInfo } from '../../../ports/object-store.ts';
import { DamagedReply } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { bucketKey, type S3Connection } from './s3-connection.ts';
import { unsuitableStore } from './s3-error.ts';

/** With anything else in it a prefix is the beginning of no key. */
const prefixPattern = /^[A-Za-z0-9._/-]*$/;

/**
 * The objects below the prefix, page by page; each page begins after the last key of the one
 * before, so a page can be asked for again. What is not named like an object of ours is passed over.
 *
 * @throws STORE_UNSUITABLE for a store whose lists are not in order, and what the client throws
 */
export async function* listObjects(
  connection: S3Connection,
  { prefix, after }: { readonly prefix: string; readonly after: string },
): AsyncGenerator<ObjectInfo> {
  if (!prefixPattern.test(prefix)) return;
  const { location } = connection;
  const own = bucketKey(location, '');
  let last = after === '' ? '' : own + after;
  for (;;) {
    const page = await retryCall(connection, () => listOnce(connection, own + prefix, last));
    for (const { key, sizeBytes } of page.objects) {
      if (!key.startsWith(own + prefix) || !isAfter(key, last)) {
        throw unsuitableStore(location, 'it does not list objects in the order of their keys');
      }
      last = key;
      const name = key.slice(own.length);
      if (isObjectKey(name)) yield { key: name, sizeBytes };
    }
    if (page.isLast) return;
    if (page.objects.length === 0) {
      throw unsuitableStore(location, 'it says that there is more to list, and lists nothing');
    }
  }
}

/** In the order of S3, which is that of the bytes in UTF-8. */
export function isAfter(key: string, last: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(last)) > 0;
}

interface Page {
  readonly objects: readonly { readonly key: string; readonly sizeBytes: number }[];
  readonly isLast: boolean;
}

async function listOnce(
  { client, clock, limits, location }: S3Connection,
  prefix: string,
  after: string,
): Promise<Page> {
  const command = new ListObjectsV2Command({
    Bucket: location.bucket,
    Prefix: prefix,
    // names of others may hold what XML cannot
    EncodingType: 'url',
    ...(after === '' ? {} : { StartAfter: after }),
  });
  const reply = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
    client.send(command, { abortSignal }),
  );
  return toPage(reply);
}

function toPage({ Contents = [], IsTruncated, EncodingType }: ListObjectsV2CommandOutput): Page {
  const objects = Contents.map(({ Key, Size }) => {
    if (Key === undefined || Size === undefined) throw new DamagedReply('a list without names');
    return { key: EncodingType === 'url' ? decodedKey(Key) : Key, sizeBytes: Size };
  });
  return { objects, isLast: IsTruncated !== true };
}

/** A name as it is in lists that are encoded. */
export function decodedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

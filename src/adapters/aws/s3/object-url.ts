import type { ObjectKey } from '../../../ports/object-store.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import { bucketKey } from './s3-connection.ts';

/** Where an object is for whoever asks for it without the SDK; signed for S3 in the region. */
export function objectUrl(location: S3Location, key: ObjectKey): string {
  const { bucket, region, endpoint } = location;
  const name = bucketKey(location, key);
  if (endpoint !== null) return `${endpoint}/${bucket}/${name}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  // A certificate of S3 is good for one label before its name, and so for no bucket with dots.
  return bucket.includes('.')
    ? `https://${host}/${bucket}/${name}`
    : `https://${bucket}.${host}/${name}`;
}

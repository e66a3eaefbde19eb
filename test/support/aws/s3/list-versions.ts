import type { AwsReply, AwsRequest } from '../aws-service.ts';
import { etagOf, type FakeBucket, type StoredVersion } from './fake-bucket.ts';
import { encodeKey, isAfter, pageMaxKeys } from './list-objects.ts';
import { type XmlElements, xmlDocument } from './s3-xml.ts';

interface Row {
  readonly key: string;
  readonly version: StoredVersion;
}

/**
 * ListObjectVersions, without delimiters: of each key the newest first, versions and markers in elements of
 * their own. A page can end between two versions of a key; the markers say where.
 */
export function listVersions(
  bucket: FakeBucket,
  { query }: AwsRequest,
  pageKeys: number,
): AwsReply {
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker');
  const maxKeys = Math.min(Number(query.get('max-keys') ?? pageMaxKeys), pageKeys);
  const all = bucket
    .allKeys()
    .filter((key) => key.startsWith(prefix))
    .flatMap((key): readonly Row[] =>
      bucket
        .versions(key)
        .toReversed()
        .map((version) => ({ key, version })),
    );
  const rows = all.filter(({ key }, index) => {
    if (key !== keyMarker || versionMarker === undefined) return isAfter(key, keyMarker);
    const last = all.findIndex(
      (row) => row.key === keyMarker && row.version.versionId === versionMarker,
    );
    return index > last;
  });
  const page = rows.slice(0, maxKeys);
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string): string => key;
  const isTruncated = rows.length > page.length;
  const last = page.at(-1);
  const rowOf = ({ key, version }: Row): XmlElements => ({
    Key: encode(key),
    VersionId: version.versionId,
    IsLatest: bucket.versions(key).at(-1) === version,
    LastModified: new Date(version.modifiedMs).toISOString(),
    ...(version.isMarker ? {} : { Size: version.body.byteLength, ETag: etagOf(version.body) }),
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListVersionsResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      MaxKeys: maxKeys,
      IsTruncated: isTruncated,
      EncodingType: query.get('encoding-type'),
      NextKeyMarker: isTruncated ? encode(last?.key ?? '') : undefined,
      NextVersionIdMarker: isTruncated ? last?.version.versionId : undefined,
      Version: page.filter(({ version }) => !version.isMarker).map(rowOf),
      DeleteMarker: page.filter(({ version }) => version.isMarker).map(rowOf),
    }),
  };
}

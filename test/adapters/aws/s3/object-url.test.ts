import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectUrl } from '../../../../src/adapters/aws/s3/object-url.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import type { S3Location } from '../../../../src/ports/object-store-location.ts';

const key = 'workers/a.tar.gz' as ObjectKey;

function at(other: Partial<S3Location>): string {
  const usual = { kind: 's3', bucket: 'b-1', prefix: 'own', region: 'eu-west-1', endpoint: null };
  return objectUrl({ ...usual, ...other } as S3Location, key);
}

describe('the address of an object without the SDK', () => {
  it('has the bucket in the name of the host, where a certificate of S3 covers that', () => {
    assert.equal(at({}), 'https://b-1.s3.eu-west-1.amazonaws.com/own/workers/a.tar.gz');
    assert.equal(at({ prefix: '' }), 'https://b-1.s3.eu-west-1.amazonaws.com/workers/a.tar.gz');
    assert.equal(
      at({ bucket: 'b.1' }),
      'https://s3.eu-west-1.amazonaws.com/b.1/own/workers/a.tar.gz',
    );
  });

  it('is in the domain of the partition, or at the endpoint of another store', () => {
    assert.equal(
      at({ region: 'cn-north-1' }),
      'https://b-1.s3.cn-north-1.amazonaws.com.cn/own/workers/a.tar.gz',
    );
    const endpoint = 'http://127.0.0.1:9000';
    assert.equal(at({ endpoint }), 'http://127.0.0.1:9000/b-1/own/workers/a.tar.gz');
  });
});

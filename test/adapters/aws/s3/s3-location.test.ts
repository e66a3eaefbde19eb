import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeS3Location,
  parseS3Location,
} from '../../../../src/adapters/aws/s3/s3-location.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';

const region = 'eu-central-1';

describe('the location of a repository in S3', () => {
  it('is a bucket, and what its objects begin with', () => {
    const parse = (url: string): string => {
      const { bucket, prefix } = parseS3Location({ url, region, endpoint: null });
      return `${bucket} ${prefix}`;
    };

    assert.equal(parse('s3://bucket/a/b'), 'bucket a/b');
    assert.equal(parse('s3://bucket/a/b/'), 'bucket a/b');
    assert.equal(parse('s3://bucket'), 'bucket ');
    assert.equal(parse('s3://bucket/'), 'bucket ');
    assert.equal(parse(' s3://my.bucket-1/a '), 'my.bucket-1 a');
  });

  it('can be in another store', () => {
    const endpoint = 'http://127.0.0.1:9000/';
    const location = parseS3Location({ url: 's3://bucket/a', region, endpoint });

    assert.equal(location.endpoint, 'http://127.0.0.1:9000');
    assert.equal(describeS3Location(location), 's3://bucket/a at http://127.0.0.1:9000');
  });

  it('is refused when it cannot be, without repeating it', () => {
    const urls = [
      '',
      'bucket',
      'https://bucket',
      's3://',
      's3://B',
      's3://ab',
      's3://a..b',
      's3:///a',
    ];
    const prefixes = ['a//b', '../a', 'a b', 'ä', 'a'.repeat(257), '?versionId=1', 'user:secret@x'];
    const cases = [
      ...urls.map((url) => ({ url, region, endpoint: null })),
      ...prefixes.map((prefix) => ({ url: `s3://bucket/${prefix}`, region, endpoint: null })),
      { url: 's3://bucket--use1-az4--x-s3', region, endpoint: null },
      ...['', 'eu central', 'x/y'].map((bad) => ({
        url: 's3://bucket',
        region: bad,
        endpoint: null,
      })),
      ...['host', 'ftp://host', 'http://u:secret@host', 'http://h/p', 'http://h?q', ''].map(
        (endpoint) => ({ url: 's3://bucket', region, endpoint }),
      ),
    ];
    for (const address of cases) {
      assert.throws(
        () => parseS3Location(address),
        (error) => {
          assert.ok(hasErrorCode(error, 'INVALID_ARGUMENT'), JSON.stringify(address));
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
        JSON.stringify(address),
      );
    }
  });
});

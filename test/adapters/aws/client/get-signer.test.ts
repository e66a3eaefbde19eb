import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { EBSClient } from '@aws-sdk/client-ebs';
import { createGetSigner, uriEncoded } from '../../../../src/adapters/aws/client/get-signer.ts';
import {
  type AwsCredentials,
  verifySignature,
} from '../../../support/aws/signature/verify-signature.ts';

const get = {
  host: '127.0.0.1:4000',
  path: '/snapshots/snap-00aa/blocks/7',
  query: 'blockToken=AA%2B%2F%3D',
};
const own: AwsCredentials = {
  accessKeyId: 'AKIATESTONLYONE',
  secretAccessKey: 'test-only-one',
};
const ofRole: AwsCredentials = {
  accessKeyId: 'ASIATESTONLYTWO',
  secretAccessKey: 'test-only-two',
  sessionToken: 'test-only-session',
};
const beforeMidnightMs = Date.UTC(2026, 10, 27, 23, 59, 59, 900);

describe('the signature of a request without a body', () => {
  it('is taken by who verifies it, on each day and after keys have changed', () => {
    const sign = createGetSigner('ebs', 'eu-test-1');
    for (const [keys, timeMs] of [
      [own, beforeMidnightMs],
      [own, beforeMidnightMs + 200],
      [ofRole, beforeMidnightMs + 200],
      [own, beforeMidnightMs],
      [{ ...own, secretAccessKey: 'test-only-three' }, beforeMidnightMs],
    ] as const) {
      const headers = sign(get, keys, timeMs);

      const received = {
        ...{ method: 'GET', url: `${get.path}?${get.query}`, headers },
        body: new Uint8Array(),
      };
      const verified = verifySignature(received, [keys], timeMs);
      assert.equal(verified.accessKeyId, keys.accessKeyId);
      assert.equal(verified.region, 'eu-test-1');
    }
  });

  it('is that of the SDK, whatever path an endpoint has and whatever a token is made of', async () => {
    const keys = { ...ofRole, sessionToken: '' };
    const client = new EBSClient({ region: 'eu-test-1', credentials: keys });
    const { signer } = client.config;
    const scheme = {
      name: 'sigv4',
      signingName: 'ebs',
      signingRegion: 'eu-test-1',
      properties: {},
    };
    const sdk = await signer(scheme);
    const sign = createGetSigner('ebs', 'eu-test-1');
    for (const path of ['/a/b', '//a/b', '/a//b/', '/./a/../b', "/p!'()*/ü:@", '/']) {
      for (const token of ['AA+/=', "!'()*", 'ü &?']) {
        const request = {
          ...{ method: 'GET', protocol: 'http:', hostname: 'ebs', path, query: { token } },
          headers: { host: 'ebs', 'x-amz-content-sha256': hash('sha256', '') },
        };
        const signed = await sdk.sign(request, { signingDate: new Date(beforeMidnightMs) });
        const query = `token=${uriEncoded(token)}`;
        const { authorization } = sign({ host: 'ebs', path, query }, keys, beforeMidnightMs);
        assert.equal(authorization, signed.headers['authorization'], `${path} ${token}`);
      }
    }
  });

  it('holds for nothing else than what was signed', () => {
    const sign = createGetSigner('ebs', 'eu-test-1');
    const headers = sign(get, ofRole, beforeMidnightMs);
    const url = '/snapshots/snap-00aa/blocks/8?blockToken=AA%2B%2F%3D';
    const received = { method: 'GET', url, headers, body: new Uint8Array() };

    assert.throws(() => verifySignature(received, [ofRole], beforeMidnightMs));
  });
});

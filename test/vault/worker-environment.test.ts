import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workerEnvironment } from '../../src/vault/worker-environment.ts';

const env = {
  PATH: '/bin',
  HOME: '/home/backup',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_PROFILE: 'backup',
  AWS_REGION: undefined,
  NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
  SNAPLEDGER_PASSPHRASE: 'secret',
  OTHER_AWS_SECRET: 'secret',
};

describe('the environment of a worker', () => {
  it('has what leads to credentials when the repository is in S3, and nothing else', () => {
    const location = {
      kind: 's3',
      bucket: 'b',
      prefix: '',
      region: 'r',
      endpoint: null,
    } as const;
    assert.deepEqual(workerEnvironment(location, env), {
      HOME: '/home/backup',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_PROFILE: 'backup',
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    });
  });

  it('is empty when the repository is a folder', () => {
    assert.deepEqual(workerEnvironment({ kind: 'filesystem', root: '/r' }, env), {});
  });
});

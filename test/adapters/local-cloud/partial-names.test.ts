import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import {
  createPartialNames,
  sweepPartials,
} from '../../../src/adapters/local-cloud/state/partial-names.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { ownIdentity, type ProcessIdentity } from '../../../src/platform/process-identity.ts';

describe('what is unfinished', () => {
  const isSwept = async (creator: ProcessIdentity): Promise<boolean> => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-partials-'));
    try {
      await writeFile(path.join(folder, createPartialNames(creator, systemRandom).next()), '');
      await sweepPartials(folder);
      return (await readdir(folder)).length === 0;
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it('is kept while its creator lives', async () => {
    assert.equal(await isSwept(ownIdentity()), false);
  });

  it('is kept when its creator may live in another PID namespace', async () => {
    assert.equal(await isSwept({ ...ownIdentity(), startTicks: 1, pidNamespace: '1' }), false);
  });

  it('is removed when its creator has ended', async () => {
    assert.equal(await isSwept({ ...ownIdentity(), startTicks: 1 }), true);
    assert.equal(await isSwept({ ...ownIdentity(), bootId: '0'.repeat(32) }), true);
  });
});

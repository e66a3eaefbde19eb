import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import {
  formatIdentity,
  isRunning,
  ownIdentity,
  parseIdentity,
} from '../../../src/adapters/local-cloud/process/process-identity.ts';
import {
  createPartialNames,
  sweepPartials,
} from '../../../src/adapters/local-cloud/state/partial-names.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';

describe('the identity of a process', () => {
  it('survives being a part of a file name', () => {
    assert.deepEqual(parseIdentity(formatIdentity(ownIdentity())), ownIdentity());
    for (const text of ['', '1-2', '1-2-x', `a-1-${'0'.repeat(32)}`]) {
      assert.equal(parseIdentity(text), null);
    }
  });

  it('is not that of the same pid of another boot', () => {
    assert.equal(isRunning(ownIdentity()), true);
    assert.equal(isRunning({ ...ownIdentity(), bootId: '0'.repeat(32) }), false);
  });

  it('of another PID namespace of this boot counts as living, whatever runs under its pid here', async () => {
    const foreign = { ...ownIdentity(), startTicks: 1, pidNamespace: '1' };
    assert.equal(isRunning(foreign), true);
    assert.equal(isRunning({ ...foreign, bootId: '0'.repeat(32) }), false);

    const folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-partials-'));
    try {
      const name = createPartialNames(foreign, systemRandom).next();
      await writeFile(path.join(folder, name), '');
      await sweepPartials(folder);
      assert.deepEqual(await readdir(folder), [name]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, readModes, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { cheapStrata } from '../support/format/cheap-strata.ts';
import {
  openTestVault,
  type OpenTestVault,
  type TestVaultOptions,
} from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

async function baseOf({ engine }: OpenTestVault): Promise<readonly string[]> {
  const { plan } = await engine.describeItems(web1);
  return plan.snapshots.keep
    .filter(({ reasons }) => reasons.some(({ kind }) => kind === 'cbt-base'))
    .map(({ id }) => id);
}

describe('an instance whose repository is changed', () => {
  it('keeps its base, is read as a whole once, and has a new base with the commit in the new one', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = await makeTestVault(temporary.path);
    const disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['one', 'two', 'three']);
    let oldBase: readonly string[];
    {
      await using vault = await openTestVault(folder);
      await addTestInstance(vault, [disk], { keep: 1, transport: 'direct' });
      await backUp(vault.engine);
      oldBase = await baseOf(vault);
      // The newest set is another one: only as the base the first one stays.
      await backUp(vault.engine, { scope: 'snapshot-only' });
    }
    assert.equal(oldBase.length, 1);
    await writeBlock(disk, 1, noise('four', blockSizeBytes));

    const objectStore = createMemoryObjectStore();
    const elsewhere: TestVaultOptions['decorate'] = ({ random, clock }) => {
      const secret = { kind: 'passphrase', passphrase: 'another one' } as const;
      const options = { objectStore, secret, random, clock };
      const repository = cheapStrata.createRepository(options);
      return { objectStore, repository: () => repository };
    };
    await using vault = await openTestVault(folder, { decorate: elsewhere });
    assert.deepEqual(await baseOf(vault), oldBase, 'the change alone moves nothing');

    const first = await backUp(vault.engine);

    assert.deepEqual(readModes(first), ['allocated: repository-changed']);
    const [taken] = recorded(first, 'SnapshotTaken');
    assert.deepEqual(await baseOf(vault), [taken?.setId]);
    assert.ok(first.summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, first.summary.pointId), [
      await sha256OfFile(disk),
    ]);
    assert.deepEqual(readModes(await backUp(vault.engine)), ['changed']);
    await assertNothingLeft(vault);
  });
});

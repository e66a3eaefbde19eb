import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { readHeader, unlockRepository } from '../../tools/strata-reader/header.ts';
import { repositoryKeys, sessionKeys, uuidBytes } from '../../tools/strata-reader/keys.ts';
import { readFolder } from '../../tools/strata-reader/object-reader.ts';
import { openSealed, sealedKind } from '../../tools/strata-reader/sealed-object.ts';
import { eventually } from '../support/engine/eventually.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { attack } from '../support/stolen-worker/attack.ts';
import { findSecrets, readMemory } from '../support/stolen-worker/read-memory.ts';
import { finished } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { prepareVault } from '../support/vault/prepared-vault.ts';
import { processesOf } from '../support/vault/processes-of.ts';

/** Whatever the worker has on its disk: its user data and what else its instance holds. */
async function* filesOf(folder: string): AsyncGenerator<Buffer> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield await readFile(path.join(entry.parentPath, entry.name));
  }
}

/**
 * A real worker is stopped in the middle of the second backup of an instance, and everything that
 * it has is taken from it.
 */
describe('whoever steals a worker', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  it('finds no key of an older point in its memory and files, and cannot restore one', async () => {
    await using prepared = await prepareVault({ blocks: 5, changedBlocks: 2 });
    const folder = await prepared.copy();
    const objects = readFolder(path.join(folder, 'repository'));
    const [oldKey = ''] = objects.keys().filter((key) => key.startsWith('keys/'));
    await setGate(folder, [0]);
    await using vault = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const ownPrefix = `packs/${running.sessionId}/`;
    await eventually('the worker has stored a pack', () =>
      objects.keys().some((key) => key.startsWith(ownPrefix)),
    );

    const header = readHeader(objects);
    const { repositoryId } = header;
    const [masterKey] = unlockRepository(objects, header, testPassphrase);
    assert.ok(masterKey !== undefined, 'there is a master key');
    const repository = repositoryKeys(masterKey, uuidBytes(repositoryId));
    const dataKeyAt = (key: string): Buffer => {
      const how = { repositoryId, sealKey: repository.wrap, kinds: [sealedKind.sessionKey] };
      return openSealed(objects, key, how).content;
    };
    const [oldDataKey, ownDataKey] = [dataKeyAt(oldKey), dataKeyAt(`keys/${running.sessionId}`)];
    const [old, own] = [sessionKeys(oldDataKey), sessionKeys(ownDataKey)];
    const its = new Map([
      ['K_id', repository.blockId],
      ['D of its session', ownDataKey],
    ]);
    const notIts = new Map<string, Uint8Array>([
      ['passphrase', Buffer.from(testPassphrase)],
      ['M', masterKey],
      ['K_node', repository.nodeId],
      ['K_wrap', repository.wrap],
      ['K_manifest', repository.manifest],
      ['K_header', repository.header],
      ['K_worker', repository.worker],
      ['D of the older session', oldDataKey],
      ['B of the older session', old.block],
      ['N of the older session', old.node],
      ['C of the older session', old.control],
    ]);

    const [pid, ...others] = await processesOf(folder);
    assert.ok(pid !== undefined && others.length === 0, 'one worker runs');
    process.kill(pid, 'SIGSTOP');
    let inMemory: ReadonlySet<string>;
    try {
      inMemory = findSecrets(readMemory(pid), new Map([...its, ...notIts]));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // That its own keys are found shows that the search would find the others.
    assert.deepEqual([...inMemory].toSorted(), [...its.keys()].toSorted());

    const files = await Array.fromAsync(filesOf(await instanceFolderOf(pid)));
    assert.ok(files.length > 0, 'it has its user data at least');
    assert.deepEqual(
      findSecrets(
        files.filter((file) => file.length > 1),
        notIts,
      ),
      new Set(),
    );

    const loot = new Map([
      ...its,
      ['B of its session', own.block],
      ['N of its session', own.node],
      ['C of its session', own.control],
    ]);
    const opened = attack(objects, repositoryId, loot);
    assert.ok(opened.length > 0, 'what its own session stored is open to the thief');
    assert.deepEqual(
      opened.filter((each) => !each.startsWith(ownPrefix)),
      [],
    );
    // The same attack with the older session's key opens what that one stored, and nothing newer.
    const oldLoot = new Map([['D of the older session', oldDataKey]]);
    const withOldKey = attack(objects, repositoryId, new Map([...its, ...oldLoot])).filter(
      (each) => !each.startsWith(ownPrefix),
    );
    const oldPrefix = oldKey.replace('keys/', 'packs/');
    assert.ok(withOldKey.length > 0 && withOldKey.every((each) => each.startsWith(oldPrefix)));
    assert.deepEqual(
      attack(objects, repositoryId, oldLoot).filter((each) => each.startsWith(ownPrefix)),
      [],
    );

    await setGate(folder, []);
    assert.equal((await finished(running)).summary.status, 'succeeded');
  });
});

async function instanceFolderOf(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const folder = words[words.indexOf('--instance') + 1];
  assert.ok(folder !== undefined && words.includes('--instance'));
  return folder;
}

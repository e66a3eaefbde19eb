import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../src/adapters/filesystem/filesystem-object-store.ts';
import { optionsOn } from '../../src/conformance/format-bench.ts';
import { parseRecoveryKey } from '../../src/format/keys/recovery-key.ts';
import { strataFormat } from '../../src/format/strata/strata-format.ts';
import { readHeader, unlockRepository } from '../../tools/strata-reader/header.ts';
import {
  fromMasterKey,
  hmac,
  repositoryKeys,
  type SessionKeys,
  sessionKeys,
  uuidBytes,
} from '../../tools/strata-reader/keys.ts';
import { parseRecordHeader, recordKind } from '../../tools/strata-reader/record.ts';
import { type ObjectReader, readFolder } from '../../tools/strata-reader/object-reader.ts';
import { openSealed, sealedKind } from '../../tools/strata-reader/sealed-object.ts';
import { eventually } from '../support/engine/eventually.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { attack, recordsOf } from '../support/stolen-worker/attack.ts';
import {
  tryWindows,
  type WindowTarget,
  windowTarget,
} from '../support/stolen-worker/try-windows.ts';
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
    const recoveryKey = await addRecoveryKey(path.join(folder, 'repository'));
    const objects = readFolder(path.join(folder, 'repository'));
    const [oldKey = ''] = objects.keys().filter((key) => key.startsWith('keys/'));
    await setGate(folder, [0]);
    await using vault = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const ownPrefix = `packs/${running.sessionId}/`;

    const header = readHeader(objects);
    const { repositoryId } = header;
    const [masterKey] = unlockRepository(objects, header, testPassphrase);
    assert.ok(masterKey !== undefined, 'there is a master key');
    const repository = repositoryKeys(masterKey, uuidBytes(repositoryId));
    const dataKeyAt = (key: string): Buffer => {
      const how = { repositoryId, sealKey: repository.wrap, kinds: [sealedKind.sessionKey] };
      return openSealed(objects, key, how).content;
    };
    await eventually('the session has a key', () =>
      objects.keys().includes(`keys/${running.sessionId}`),
    );
    const [oldDataKey, ownDataKey] = [dataKeyAt(oldKey), dataKeyAt(`keys/${running.sessionId}`)];
    const [old, own] = [sessionKeys(oldDataKey), sessionKeys(ownDataKey)];
    const its = new Map([
      ['K_id', repository.blockId],
      ['D of its session', ownDataKey],
    ]);
    const { recordKeys, olderTargets } = olderRecords(objects, oldKey, old);
    const of = (purpose: string): Buffer =>
      fromMasterKey(masterKey, uuidBytes(repositoryId), purpose);
    const notIts = new Map<string, Uint8Array>([
      ...recordKeys,
      ['passphrase', Buffer.from(testPassphrase)],
      ['recovery key, in writing', Buffer.from(recoveryKey)],
      ['recovery key', parseRecoveryKey(recoveryKey)],
      ['K_table', of('slot-table')],
      ['K_older', of('older-master-keys')],
      ['K_sign', of('ledger-signing')],
      ['K_read', of('ledger-read')],
      ['K_tags', of('cloud-tags')],
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

    const steal = async (): Promise<Stolen> => {
      const [pid, ...others] = await processesOf(folder);
      assert.ok(pid !== undefined && others.length === 0, 'one worker runs');
      process.kill(pid, 'SIGSTOP');
      try {
        return { pid, memory: [...readMemory(pid)] };
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    };
    // When it has just begun, and has perhaps not even been given its own keys.
    await eventually('a worker runs', async () => (await processesOf(folder)).length > 0);
    const early = await steal();
    await eventually('the worker has stored a pack', () =>
      objects.keys().some((key) => key.startsWith(ownPrefix)),
    );
    const atWork = await steal();
    const files = await Array.fromAsync(filesOf(await instanceFolderOf(atWork.pid)));
    assert.ok(files.length > 0, 'it has its user data at least');
    const mailbox = objects
      .keys()
      .filter((key) => key.startsWith(`control/${running.sessionId}/`))
      .map((key) => objects.read(key, 0, objects.sizeOf(key) ?? 0));
    assert.ok(mailbox.length > 0);

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

    // Only then: searching keeps this process, and the engine in it, from everything else.
    const known = new Map([...its, ...notIts]);
    // Some of them lie where the windows are; which of them depends on what it is doing.
    const ownKeys = [...its.values(), own.block, own.node, own.control];
    const windows = [
      ...olderTargets,
      ...ownKeys.map((key) => windowTarget(ownTarget, key, Buffer.alloc(12))),
    ];
    assert.deepEqual(findSecrets(early.memory, notIts), new Set());
    assert.ok(tryWindows(early.memory, windows).isSubsetOf(new Set([ownTarget])));
    // That its own keys are found shows that the searches would find the others.
    assert.deepEqual([...findSecrets(atWork.memory, known)].toSorted(), [...its.keys()].toSorted());
    assert.deepEqual([...tryWindows(atWork.memory, windows)], [ownTarget]);
    const written = [...files, ...mailbox].filter((bytes) => bytes.length > 1);
    assert.deepEqual(findSecrets(written, notIts), new Set());
    assert.deepEqual(tryWindows(written, windows), new Set());
  });
});

/** What the targets are called that its own keys open. */
const ownTarget = 'its own';

interface Stolen {
  readonly pid: number;
  readonly memory: readonly Buffer[];
}

interface OlderRecords {
  readonly recordKeys: readonly (readonly [string, Buffer])[];
  readonly olderTargets: readonly WindowTarget[];
}

/** The records of the older session, each under a key of its own. */
function olderRecords(objects: ObjectReader, oldKey: string, old: SessionKeys): OlderRecords {
  const recordKeys: [string, Buffer][] = [];
  const olderTargets: WindowTarget[] = [];
  for (const pack of objects.keys()) {
    if (!pack.startsWith(oldKey.replace('keys/', 'packs/'))) continue;
    for (const record of recordsOf(objects, pack)) {
      const { kind, id } = parseRecordHeader(record, pack);
      const key = hmac(kind === recordKind.block ? old.block : old.node, id);
      const name = `the key of record ${id.toString('hex', 0, 4)} of the older session`;
      recordKeys.push([name, key]);
      olderTargets.push(windowTarget(name, key, record.subarray(64, 76)));
    }
  }
  assert.ok(olderTargets.length > 3);
  return { recordKeys, olderTargets };
}

async function addRecoveryKey(repository: string): Promise<string> {
  const { keySlots } = strataFormat;
  assert.ok(keySlots !== null);
  const objectStore = await openFilesystemObjectStore({ root: repository });
  const options = optionsOn(objectStore, testPassphrase);
  return (await keySlots.addRecoveryKey(options, 'on paper')).recoveryKey;
}

async function instanceFolderOf(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const folder = words[words.indexOf('--instance') + 1];
  assert.ok(folder !== undefined && words.includes('--instance'));
  return folder;
}

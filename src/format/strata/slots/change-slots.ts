import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { KeyChange } from '../../key-slots.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import type { Argon2Parameters, SlotSecret } from '../../keys/key-slot.ts';
import { type MasterKeyPlace, newTableSlot, type SlotMaker } from './new-table-slot.ts';
import { sealOlderMasterKeys } from './older-master-keys.ts';
import { type NextSlotTable, putInForce } from './put-in-force.ts';
import { changeIdSizeBytes, slotTableLimits, type TableSlot } from './slot-table.ts';
import { eraseMasterKeys, unlockMasterKeys, type UnlockedRepository } from './unlock-repository.ts';

/** Others change slots as well; so often in a row they are not faster by chance. */
const triesMax = 8;

/** What a change is made from. */
export interface OpenSlots {
  readonly current: MasterKeyPlace;
  readonly slots: readonly TableSlot[];
  /** The one of them that the secret has opened. */
  readonly opened: TableSlot;
  readonly secret: SlotSecret;
  readonly maker: SlotMaker;
}

/** What it is changed to. */
export interface ChangedSlots<Result> {
  readonly slots: readonly TableSlot[];
  /** When there is a new one; the slots are then those of that one. It is erased after its use. */
  readonly newMasterKey?: Uint8Array;
  /** When it takes the place of the one that has opened the slots. */
  readonly newSecret?: SlotSecret;
  readonly result: Result;
}

/**
 * Changes the table of key slots: reads the one in force, and creates the one that follows it, which
 * is the one step that decides. When somebody else was faster it begins anew with their table.
 *
 * @throws KEY_CHANGE_OVERTAKEN, what opening the repository throws, and what `change` throws
 */
export async function changeSlots<Result>(
  options: RepositoryOptions,
  hardness: Argon2Parameters,
  change: (open: OpenSlots) => Promise<ChangedSlots<Result>>,
): Promise<KeyChange<Result>> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const unlocked = await unlockMasterKeys(options);
    try {
      const changed = await change(await openSlotsOf(unlocked, options, hardness));
      try {
        const next = nextSlotTable(unlocked, changed, options);
        const put = await putInForce(options.objectStore, next);
        if (put.outcome === 'made') return { ...changed.result, afterwards: put.afterwards };
      } finally {
        changed.newMasterKey?.fill(0);
      }
    } finally {
      eraseMasterKeys(unlocked.masterKeys);
    }
  }
  throw new SnapledgerError('KEY_CHANGE_OVERTAKEN', 'others change the key slots all the time', {
    retry: 'retryable',
    remedy: 'Nothing was changed; try again.',
  });
}

async function openSlotsOf(
  { header, table, slot, masterKeys, secret }: UnlockedRepository,
  { random, clock }: RepositoryOptions,
  hardness: Argon2Parameters,
): Promise<OpenSlots> {
  const masterKey = masterKeys.at(-1);
  assert(masterKey !== undefined, 'an open repository has a master key');
  const { repositoryId } = header;
  const current = { repositoryId, epoch: masterKeys.length - 1, masterKey };
  const maker = { random, clock, hardness };
  if (table !== null && slot !== null) {
    return { current, slots: table.slots, opened: slot, secret, maker };
  }
  // The slot of a header moves into a table. Writers have only ever put one there.
  if (header.slots.length > 1) throw severalInHeader(header.slots.length);
  const moved = await newTableSlot(current, secret, 'passphrase', maker);
  return { current, slots: [moved], opened: moved, secret, maker };
}

function nextSlotTable<Result>(
  { header, table, masterKeys: before, secret }: UnlockedRepository,
  changed: ChangedSlots<Result>,
  { random, clock }: RepositoryOptions,
): NextSlotTable {
  const { newMasterKey } = changed;
  const masterKeys = newMasterKey === undefined ? before : [...before, newMasterKey];
  const masterKey = masterKeys.at(-1);
  assert(masterKey !== undefined, 'an open repository has a master key');
  const { repositoryId } = header;
  const createdAt = clock.now();
  const unrotatedSince = table?.epochSince ?? header.createdAt;
  const changeId = random.bytes(changeIdSizeBytes);
  const changeIds = [...(table?.changeIds ?? []), changeId].slice(-slotTableLimits.changeIdsMax);
  return {
    table: {
      repositoryId,
      number: (table?.number ?? 0) + 1,
      createdAt,
      epoch: masterKeys.length - 1,
      epochSince: newMasterKey === undefined ? unrotatedSince : createdAt,
      slots: changed.slots,
      olderMasterKeys: sealOlderMasterKeys(masterKeys, repositoryId, random),
      changeIds,
    },
    changeId,
    masterKey,
    secret: changed.newSecret ?? secret,
  };
}

function severalInHeader(count: number): SnapledgerError {
  return new SnapledgerError(
    'KEY_SLOTS_IN_THE_WAY',
    `the header of the repository has ${count} key slots, and only the one that was opened could be kept`,
    { remedy: 'Nothing was changed. No version of snapledger has made such a header.' },
  );
}

import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { KeyChange, MasterKeyRotation } from '../../key-slots.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import type { Argon2Parameters } from '../../keys/key-slot.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';
import { type ChangedSlots, changeSlots, type OpenSlots } from './change-slots.ts';
import { infoOf, newRecoverySlot } from './new-recovery-slot.ts';
import { newTableSlot } from './new-table-slot.ts';
import { slotTableLimits, type TableSlot } from './slot-table.ts';

/**
 * Draws a new master key and puts it into a slot of the secret that opened the repository, and of a
 * new recovery key if there was one. Nobody else's secret is known, and a slot cannot be made
 * without it.
 *
 * @throws KEY_SLOTS_IN_THE_WAY, LIMIT_EXCEEDED, and what `changeSlots` throws
 */
export async function rotateMasterKey(
  options: RepositoryOptions,
  hardness: Argon2Parameters,
  others: 'keep' | 'remove',
): Promise<KeyChange<MasterKeyRotation>> {
  return await changeSlots(options, hardness, async (open) => {
    refuseMoreRotations(open);
    if (others === 'keep') refuseOthers(open);
    // Each try has its own: of one that another has overtaken a table may still be in the store.
    const newMasterKey = options.random.bytes(keySizeBytes);
    try {
      return await slotsUnder(newMasterKey, open);
    } catch (error) {
      newMasterKey.fill(0);
      throw error;
    }
  });
}

async function slotsUnder(
  newMasterKey: Uint8Array,
  open: OpenSlots,
): Promise<ChangedSlots<MasterKeyRotation>> {
  const { opened, secret, maker } = open;
  const { repositoryId, epoch: before } = open.current;
  const current = { repositoryId, epoch: before + 1, masterKey: newMasterKey };
  const kept = await newTableSlot(current, secret, opened.label, maker);
  const lost = recoverySlotsBeside(open)[0];
  const recovery =
    lost === undefined ? null : await newRecoverySlot({ current, maker }, lost.label);
  const removed = open.slots.filter(({ id }) => id !== opened.id).map(infoOf);
  return {
    slots: recovery === null ? [kept] : [kept, recovery.slot],
    newMasterKey,
    result: { rotations: current.epoch, recoveryKey: recovery?.told ?? null, removed },
  };
}

function recoverySlotsBeside({ slots, opened }: OpenSlots): readonly TableSlot[] {
  return slots.filter(({ id, lock }) => id !== opened.id && lock.kind === 'recovery-key');
}

function refuseOthers({ slots, opened }: OpenSlots): void {
  const others = slots.filter(({ id, lock }) => id !== opened.id && lock.kind === 'passphrase');
  if (others.length === 0) return;
  const names = others.map(({ id, label }) => `${id} (${label})`).join(', ');
  throw new SnapledgerError(
    'KEY_SLOTS_IN_THE_WAY',
    `the new master key cannot be put under passphrases that are not given here: ${names}`,
    {
      remedy:
        "Nothing was changed. Let them go ('snapledger key rotate --remove-others'), and add them " +
        'again afterwards.',
      details: { slotIds: others.map(({ id }) => id).join(' ') },
    },
  );
}

function refuseMoreRotations({ current }: OpenSlots): void {
  if (current.epoch < slotTableLimits.epochMax) return;
  throw new SnapledgerError(
    'LIMIT_EXCEEDED',
    `the master key was rotated ${current.epoch} times, as often as it can be`,
    { remedy: 'Begin a new repository.' },
  );
}

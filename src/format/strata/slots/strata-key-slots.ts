import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { KeySlotList, KeySlots } from '../../key-slots.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import { type Argon2Parameters, newPassphraseSecret } from '../../keys/key-slot.ts';
import { changeSlots, type OpenSlots } from './change-slots.ts';
import { infoOf, newRecoverySlot } from './new-recovery-slot.ts';
import { newTableSlot } from './new-table-slot.ts';
import { rotateMasterKey } from './rotate-master-key.ts';
import { isSlotLabel, slotTableLimits } from './slot-table.ts';
import { eraseMasterKeys, unlockMasterKeys } from './unlock-repository.ts';

/** The key slots of strata: docs/strata.md, "Slot table". */
export function createStrataKeySlots(hardness: Argon2Parameters): KeySlots {
  return {
    list: listSlots,
    addPassphrase: async (options, { passphrase, label }) => {
      const secret = newPassphraseSecret(passphrase);
      refuseLabel(label);
      return await changeSlots(options, hardness, async (open) => {
        refuseFull(open);
        const slot = await newTableSlot(open.current, secret, label, open.maker);
        return { slots: [...open.slots, slot], result: infoOf(slot) };
      });
    },
    addRecoveryKey: async (options, label) => {
      refuseLabel(label);
      return await changeSlots(options, hardness, async (open) => {
        refuseFull(open);
        const { slot, told } = await newRecoverySlot(open, label);
        return { slots: [...open.slots, slot], result: told };
      });
    },
    changePassphrase: async (options, passphrase) => {
      const secret = newPassphraseSecret(passphrase);
      return await changeSlots(options, hardness, async (open) => {
        const { opened } = open;
        if (opened.lock.kind !== 'passphrase') throw openedByRecoveryKey();
        const slot = await newTableSlot(open.current, secret, opened.label, open.maker);
        const slots = open.slots.map((each) => (each.id === opened.id ? slot : each));
        return { slots, newSecret: secret, result: infoOf(slot) };
      });
    },
    remove: async (options, slotId) =>
      await changeSlots(options, hardness, (open) => {
        const removed = open.slots.find(({ id }) => id === slotId);
        if (removed === undefined) throw unknownSlot(slotId);
        if (open.slots.length === 1) throw lastSlot(slotId);
        const slots = open.slots.filter(({ id }) => id !== slotId);
        return Promise.resolve({ slots, result: infoOf(removed) });
      }),
    rotateMasterKey: async (options, others) => await rotateMasterKey(options, hardness, others),
  };
}

/** How the slot in the header of an older repository is called until the first change. */
const headerSlotId = '00000000';

async function listSlots(options: RepositoryOptions): Promise<KeySlotList> {
  const { header, table, slot, masterKeys } = await unlockMasterKeys(options);
  eraseMasterKeys(masterKeys);
  const firstPassphrase = header.slotPlace === 'header' ? 'permanent' : 'removable';
  if (table === null || slot === null) {
    const { createdAt } = header;
    const only = { id: headerSlotId, kind: 'passphrase', label: 'passphrase', createdAt } as const;
    return {
      slots: [only],
      openedId: headerSlotId,
      rotations: 0,
      masterKeyCreatedAt: createdAt,
      firstPassphrase,
    };
  }
  return {
    slots: table.slots.map(infoOf),
    openedId: slot.id,
    rotations: table.epoch,
    masterKeyCreatedAt: table.epochSince,
    firstPassphrase,
  };
}

function refuseLabel(label: string): void {
  if (isSlotLabel(label)) return;
  throw new SnapledgerError('INVALID_ARGUMENT', 'the label of the key slot cannot be used', {
    remedy: `Use one line of 1 to ${slotTableLimits.labelMaxLength} characters.`,
  });
}

function refuseFull({ slots }: OpenSlots): void {
  if (slots.length < slotTableLimits.slotsMax) return;
  throw new SnapledgerError(
    'LIMIT_EXCEEDED',
    `the repository has ${slots.length} key slots, as many as it may have`,
    { remedy: "Remove one that is not needed any more first: 'snapledger key remove'." },
  );
}

function openedByRecoveryKey(): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    'a recovery key opened the repository, so that no passphrase is there to be changed',
    { remedy: "Add a passphrase ('snapledger key add'), then remove the one that is lost." },
  );
}

function unknownSlot(slotId: string): SnapledgerError {
  return new SnapledgerError('UNKNOWN_KEY_SLOT', `there is no key slot '${slotId}'`, {
    remedy: "'snapledger key list' shows those that there are.",
    details: { slotId },
  });
}

function lastSlot(slotId: string): SnapledgerError {
  return new SnapledgerError(
    'LAST_KEY_SLOT',
    `key slot '${slotId}' is the last one: without it nobody could open the repository`,
    { remedy: 'Add another one first.', details: { slotId } },
  );
}

import type { KeySlotInfo, KeySlotList, TimestampMs, VaultKeys } from '../../../src/index.ts';

const madeAt = 1_774_785_600_000 as TimestampMs;

export const samplePassphraseSlot: KeySlotInfo = {
  id: '0a1b2c3d',
  kind: 'passphrase',
  label: 'passphrase',
  createdAt: madeAt,
};
export const sampleRecoverySlot: KeySlotInfo = {
  id: '0a1b9999',
  kind: 'recovery-key',
  label: 'safe',
  createdAt: madeAt,
};
export const sampleSlotList: KeySlotList = {
  slots: [samplePassphraseSlot, sampleRecoverySlot],
  openedId: samplePassphraseSlot.id,
  rotations: 0,
  masterKeyCreatedAt: madeAt,
  firstPassphrase: 'removable',
};

/** Keys of a vault that are there on paper only. Cannot prove that anything is changed. */
export function fakeVaultKeys(content: Partial<VaultKeys> = {}): VaultKeys {
  return {
    list: () => Promise.resolve(sampleSlotList),
    addPassphrase: ({ label }) =>
      Promise.resolve({ ...samplePassphraseSlot, label, afterwards: null }),
    addRecoveryKey: (label) =>
      Promise.resolve({
        slot: { ...sampleRecoverySlot, label },
        recoveryKey: 'SLRK1-MADE-UP',
        afterwards: null,
      }),
    changePassphrase: () => Promise.resolve({ ...samplePassphraseSlot, afterwards: null }),
    remove: (id) => Promise.resolve({ ...sampleRecoverySlot, id, afterwards: null }),
    rotateMasterKey: () =>
      Promise.resolve({
        rotations: 1,
        recoveryKey: { slot: sampleRecoverySlot, recoveryKey: 'SLRK1-MADE-UP' },
        removed: [sampleRecoverySlot],
        afterwards: null,
      }),
    ...content,
  };
}

import type { KeySlotInfo, NewRecoveryKey } from '../../key-slots.ts';
import { writeRecoveryKey } from '../../keys/recovery-key.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';
import type { OpenSlots } from './change-slots.ts';
import { newTableSlot } from './new-table-slot.ts';
import type { TableSlot } from './slot-table.ts';

/** A slot for a recovery key that is drawn here, and what is told of it. */
export async function newRecoverySlot(
  { current, maker }: Pick<OpenSlots, 'current' | 'maker'>,
  label: string,
): Promise<{ readonly slot: TableSlot; readonly told: NewRecoveryKey }> {
  const key = maker.random.bytes(keySizeBytes);
  const slot = await newTableSlot(current, { kind: 'recovery-key', key }, label, maker);
  const recoveryKey = writeRecoveryKey(key);
  key.fill(0);
  return { slot, told: { slot: infoOf(slot), recoveryKey } };
}

/** What people are shown of a slot. */
export function infoOf({ id, lock, label, createdAt }: TableSlot): KeySlotInfo {
  return { id, kind: lock.kind, label, createdAt };
}

import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { type Argon2Parameters, type SlotSecret, wrapMasterKey } from '../../keys/key-slot.ts';
import { type TableSlot, tableSlotAad } from './slot-table.ts';

/** What new slots are made with. */
export interface SlotMaker {
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly hardness: Argon2Parameters;
}

/** The master key of an epoch, and where it is. */
export interface MasterKeyPlace {
  readonly repositoryId: RepositoryId;
  readonly epoch: number;
  readonly masterKey: Uint8Array;
}

/** A slot that nothing refers to yet; it counts once a table with it is in force. */
export async function newTableSlot(
  place: MasterKeyPlace,
  secret: SlotSecret,
  label: string,
  maker: SlotMaker,
): Promise<TableSlot> {
  const id = Buffer.from(maker.random.bytes(4)).toString('hex');
  const createdAt = maker.clock.now();
  const slot = await wrapMasterKey(place.masterKey, secret, maker, (lock) =>
    tableSlotAad(place, id, lock),
  );
  return { id, label, createdAt, ...slot };
}

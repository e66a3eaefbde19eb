import type { BlockIndex } from '../../../domain/identifiers.ts';
import {
  blockOutcomes,
  factOf,
  idBytesOf,
  idOffsetWords,
  parentKinds,
  recordRoomOf,
  type BatchSlot,
} from './batch-slot.ts';
import type { EncodedBatch } from './encode-in-order.ts';
import { IdTable } from './id-table.ts';
import type { PackWriter } from './pack-writer.ts';
import type { SegmentWriter } from './segment-writer.ts';

export interface BlockCollectorOptions {
  readonly packs: PackWriter;
  readonly segments: SegmentWriter;
  /** Ids that this transfer has stored, and where. */
  readonly stored: IdTable;
  /** Uploads the open pack and ends the segment, to make room for another record. */
  readonly cut: () => Promise<void>;
}

/**
 * Decides for each encoded block, in the order of the plan, whether its record is stored, and
 * writes down what became of it.
 */
export class BlockCollector {
  readonly #options: BlockCollectorOptions;
  /** Ids that the parent has, and the block where it has them. */
  readonly #inParent = new IdTable();

  constructor(options: BlockCollectorOptions) {
    this.#options = options;
  }

  /** @throws what `cut` threw. */
  async collect({ planned, slot }: EncodedBatch): Promise<void> {
    for (const [position, block] of planned.entries()) {
      this.#rememberParent(slot, position, block.index);
      const recordLengthBytes = factOf(slot, position, 'recordLengthBytes');
      if (!this.#options.packs.fits(recordLengthBytes)) await this.#options.cut();
      this.#collectBlock(slot, position, recordLengthBytes);
    }
  }

  #collectBlock(slot: BatchSlot, position: number, recordLengthBytes: number): void {
    const { segments, stored, packs } = this.#options;
    const lengthBytes = factOf(slot, position, 'lengthBytes');
    const outcome = factOf(slot, position, 'outcome');
    if (outcome === blockOutcomes.unchanged) {
      segments.add({ kind: 'unchanged' }, 'unchanged', lengthBytes, 0);
      return;
    }
    if (outcome === blockOutcomes.zero) {
      segments.add({ kind: 'zero' }, 'zero', lengthBytes, 0);
      return;
    }
    const idOffset = idOffsetWords(position, 'id');
    // A copy: the slot is used again, and the segment is posted later.
    const id = new Uint8Array(idBytesOf(slot, position, 'id'));
    const earlier = stored.find(slot.words, idOffset);
    if (earlier !== null) {
      const [packNumber, offset, storedLengthBytes] = earlier;
      const place = { packNumber, offset, lengthBytes: storedLengthBytes };
      segments.add({ kind: 'data', place, id }, 'deduplicated', lengthBytes, 0);
      return;
    }
    const inParent = this.#inParent.find(slot.words, idOffset);
    if (inParent !== null) {
      const parentIndex = inParent[0] as BlockIndex;
      segments.add({ kind: 'copy', parentIndex, id }, 'deduplicated', lengthBytes, 0);
      return;
    }
    const record = recordRoomOf(slot, position).subarray(0, recordLengthBytes);
    const { packNumber, offset } = packs.append(record);
    stored.add(slot.words, idOffset, [packNumber, offset, recordLengthBytes]);
    const place = { packNumber, offset, lengthBytes: recordLengthBytes };
    segments.add({ kind: 'data', place, id }, 'stored', lengthBytes, recordLengthBytes);
  }

  #rememberParent(slot: BatchSlot, position: number, index: BlockIndex): void {
    if (factOf(slot, position, 'parentKind') !== parentKinds.block) return;
    const idOffset = idOffsetWords(position, 'parentId');
    if (this.#inParent.find(slot.words, idOffset) !== null) return;
    this.#inParent.add(slot.words, idOffset, [index, 0, 0]);
  }
}

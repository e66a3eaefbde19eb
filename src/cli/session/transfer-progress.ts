import type { SessionEvent, TimestampMs } from '../../index.ts';

/** How far reading has got: a fold over a session's events. */
export interface TransferProgress {
  readonly plannedBlocks: number;
  /** For each volume: how much of its plan is durable. */
  readonly durableBlocks: ReadonlyMap<string, number>;
  readonly bytesRead: number;
  readonly bytesStored: number;
  /** When reading began, and when it last got further: by the record. */
  readonly beganAt: TimestampMs;
  readonly reachedAt: TimestampMs;
}

/** The progress after one more event; null while no reading is planned. */
export function progressAfter(
  progress: TransferProgress | null,
  { event, recordedAt }: SessionEvent,
): TransferProgress | null {
  if (event.type === 'ReadPlanned') {
    return {
      plannedBlocks: event.data.volumes.reduce((sum, volume) => sum + volume.plannedBlocks, 0),
      durableBlocks: new Map(),
      bytesRead: 0,
      bytesStored: 0,
      beganAt: recordedAt,
      reachedAt: recordedAt,
    };
  }
  if (event.type !== 'BlocksTransferred' || progress === null) return progress;
  const { volumeId, endPlanned, bytesRead, bytesStored } = event.data;
  return {
    ...progress,
    durableBlocks: new Map(progress.durableBlocks).set(volumeId, endPlanned),
    bytesRead: progress.bytesRead + bytesRead,
    bytesStored: progress.bytesStored + bytesStored,
    reachedAt: recordedAt,
  };
}

/** Blocks of the plan that are durable, over all volumes. */
export function durableBlocksOf(progress: TransferProgress): number {
  return progress.durableBlocks.values().reduce((sum, blocks) => sum + blocks, 0);
}

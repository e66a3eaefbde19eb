import { blockSizeBytes } from '../../../../../src/domain/block-size.ts';
import type { BlockIndex, VolumeId } from '../../../../../src/domain/identifiers.ts';

/** What a volume holds: the blocks with data, by their index. */
export type VolumeContent = ReadonlyMap<BlockIndex, number>;

export interface SimulatedVolume {
  readonly volumeId: VolumeId;
  readonly sizeBytes: number;
  /** Blocks that ever have data. */
  readonly places: readonly BlockIndex[];
}

/** Small last blocks, so that a run takes milliseconds; a map of one leaf, and one of two. */
export const simulatedVolumes: readonly SimulatedVolume[] = [
  { volumeId: 'vol-1' as VolumeId, sizeBytes: 24, places: [0 as BlockIndex] },
  {
    volumeId: 'vol-2' as VolumeId,
    sizeBytes: 64 * blockSizeBytes + 24,
    places: [3 as BlockIndex, 64 as BlockIndex],
  },
];

/** What is in the volumes of one instance, in the order of `simulatedVolumes`. */
export type InstanceContent = readonly VolumeContent[];

export const emptyContent: InstanceContent = simulatedVolumes.map(() => new Map());

const known = new Map<string, Uint8Array>();

/** The bytes of a block with that content: always the same ones, which nobody changes. */
export function blockBytes(
  volume: SimulatedVolume,
  index: BlockIndex,
  content: number,
): Uint8Array {
  const name = `${volume.volumeId} ${index} ${content}`;
  const bytes = known.get(name) ?? madeBytes(volume, index, content);
  known.set(name, bytes);
  return bytes;
}

function madeBytes(volume: SimulatedVolume, index: BlockIndex, content: number): Uint8Array {
  const start = index * blockSizeBytes;
  const bytes = new Uint8Array(Math.min(blockSizeBytes, volume.sizeBytes - start)).fill(content);
  // Never all zero, and different in each place: a block of one place is not that of another.
  bytes[0] = 1 + (index % 200);
  bytes[1] = volume.sizeBytes % 251;
  return bytes;
}

/** The places at which two contents differ. */
export function changedPlaces(
  volume: SimulatedVolume,
  before: VolumeContent,
  after: VolumeContent,
): readonly BlockIndex[] {
  return volume.places.filter((index) => before.get(index) !== after.get(index));
}

import type { DeviceName, VolumeId } from '../domain/identifiers.ts';

/** Where restored volumes are written to. */
export interface ImageTarget {
  /**
   * Opens the place for one volume. Nothing is visible under its final name before `finish`.
   *
   * @throws TARGET_EXISTS, TARGET_FULL, INVALID_ARGUMENT when nothing can be made there
   */
  open(volume: {
    readonly volumeId: VolumeId;
    readonly device: DeviceName;
    readonly sizeBytes: number;
    /** Ends, by its reason, whatever the writer waits for; not `abort`. */
    readonly signal: AbortSignal;
  }): Promise<ImageWriter>;
  /**
   * Refuses, before anything is read, what `open` would refuse.
   *
   * @throws TARGET_EXISTS, INVALID_ARGUMENT
   */
  check(
    volumes: readonly {
      readonly volumeId: VolumeId;
      readonly device: DeviceName;
      readonly sizeBytes: number;
    }[],
  ): Promise<void>;
}

export interface ImageWriter {
  /**
   * Writes at this place; what is never written reads as zeros. Several writes may be under way at
   * once, each at a place of its own. The bytes may be used again when it resolves. What fails
   * after that is thrown by a later call, `finish` at the latest.
   *
   * @throws TARGET_FULL
   */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>;
  /**
   * Told of each stretch in the order of the volume, once its data was written, and of a long one in
   * pieces: for a place where what is there and all zero is not the same as what was never there. May
   * be left out.
   */
  passed?(stretch: PassedStretch): Promise<void>;
  /**
   * Makes the image durable and visible. A damaged one gets another name than a sound one, so that
   * nobody takes it for what it is not, and a list of the damage beside it.
   */
  finish(damage: readonly ImageDamage[]): Promise<FinishedImage>;
  /** Removes what was written. */
  abort(): Promise<void>;
}

export interface PassedStretch {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** `zero`: blocks that are there, and are not written because there is nothing in them. */
  readonly content: 'absent' | 'zero' | 'data' | 'damaged';
}

export interface ImageDamage {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The object of the repository that is damaged, and what is wrong with it. */
  readonly objectKey: string;
  readonly reason: string;
}

export interface FinishedImage {
  /** Where it is, for a person: a path. */
  readonly location: string;
}

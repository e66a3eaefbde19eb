import type { DeviceName, Region, SessionId, VolumeId } from '../identifiers.ts';

/** Which volume of an instance gives way to which. */
export interface ExchangedVolume {
  readonly device: DeviceName;
  /** Detached, and kept until it is confirmed that nobody needs it; null: nothing is at the device. */
  readonly kept: VolumeId | null;
  /** Comes to the device instead; null: the device is left empty. */
  readonly placed: VolumeId | null;
  /** What becomes of the volume at the device when the instance is terminated. */
  readonly onTermination: 'delete' | 'keep';
}

/** All that it takes to carry an exchange through, or to take it back. */
export interface VolumeExchange {
  readonly region: Region;
  /** How the instance was found, and is left. */
  readonly instanceWas: 'running' | 'stopped';
  readonly volumes: readonly ExchangedVolume[];
  /** The restore whose exchange this one takes back; null: it is of new volumes. */
  readonly undoes: SessionId | null;
}

/** The same, the other way round. */
export function reversed({ kept, placed, ...rest }: ExchangedVolume): ExchangedVolume {
  return { ...rest, kept: placed, placed: kept };
}

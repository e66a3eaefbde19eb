import type { Region } from '../identifiers.ts';

/** Where and how volumes are made of a restore point. */
export interface VolumePlace {
  readonly region: Region;
  readonly availabilityZone: string;
  /** `gp3`, `st1` and the like. */
  readonly volumeType: string;
  /** The key that encrypts them; null: as the account has it by default. */
  readonly keyId: string | null;
}

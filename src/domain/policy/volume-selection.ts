import type { DeviceName, VolumeId } from '../identifiers.ts';

/** Which volumes of an instance are backed up: those of the roles, without those of `exclude`. */
export interface VolumeSelection {
  readonly roles: 'all' | 'root' | 'data';
  readonly exclude: readonly VolumeMatch[];
}

export type VolumeMatch =
  | { readonly kind: 'device'; readonly device: DeviceName }
  | { readonly kind: 'volume'; readonly volumeId: VolumeId }
  /** Has the tag, with this value; null: whatever its value. */
  | { readonly kind: 'tag'; readonly key: string; readonly value: string | null };

export const everyVolume: VolumeSelection = { roles: 'all', exclude: [] };

import type { DeviceName, VolumeId } from '../identifiers.ts';
import { hasTag } from './has-tag.ts';

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

/** What the selection of volumes looks at. */
export interface SelectableVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly role: 'root' | 'data';
  readonly tags: Readonly<Record<string, string>>;
}

/** Why a volume is not backed up. */
export type VolumeExclusion = 'role' | VolumeMatch['kind'];

/** Null when the volume is to be backed up. */
export function exclusionOf(
  { roles, exclude }: VolumeSelection,
  volume: SelectableVolume,
): VolumeExclusion | null {
  if (roles !== 'all' && roles !== volume.role) return 'role';
  return exclude.find((match) => matches(match, volume))?.kind ?? null;
}

function matches(match: VolumeMatch, volume: SelectableVolume): boolean {
  switch (match.kind) {
    case 'device':
      return match.device === volume.device;
    case 'volume':
      return match.volumeId === volume.volumeId;
    case 'tag':
      return hasTag(volume.tags, match);
  }
}

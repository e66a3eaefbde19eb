import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';

/** A session as a person would note it on paper. */
export interface Note {
  readonly name: number;
  readonly takenAtHour: number;
  readonly ended: 'well' | 'badly, set whole' | 'badly, set torn' | 'not yet';
  readonly wroteImage: boolean;
  readonly setIsGone: boolean;
}

/**
 * Snapshot retention once more, in as plain a way as could be found: it walks a list with a
 * pencil and shares no code and no types of data with the domain. Gives the names that stay.
 */
export function namesThatStay(
  notes: readonly Note[],
  policy: BackupPolicy,
  during: number | null,
): ReadonlySet<number> {
  const stay = new Set<number>();

  // Newest first, cross out what is not there or cannot be restored from, tick the first N.
  const wanted = policy.snapshots.retention.count ?? 0;
  const newestFirst = notes
    .filter((note) => !note.setIsGone && note.ended !== 'badly, set torn')
    .toReversed();
  for (let ticked = 0; ticked < wanted; ticked += 1) {
    const note = newestFirst[ticked];
    if (note !== undefined) stay.add(note.name);
  }

  // The last image. Before the session's own when the order says so, and its own either way.
  if (policy.image.level === 'on' && policy.image.changedBlockTracking === 'on') {
    const images = notes.filter((note) => note.wroteImage);
    const bases = [images.at(-1)];
    if (policy.snapshots.baseMoves === 'after-retention') {
      bases.push(images.filter((note) => note.name !== during).at(-1));
    }
    for (const base of bases) if (base !== undefined && !base.setIsGone) stay.add(base.name);
  }

  // What somebody works with, except the one who asks.
  for (const note of notes) {
    if (note.ended === 'not yet' && note.name !== during && !note.setIsGone) stay.add(note.name);
  }
  return stay;
}

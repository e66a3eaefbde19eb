import fc from 'fast-check';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import type { InstanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';
import { historyOf, type ToldSession } from '../../support/domain/told-sessions.ts';
import type { Note } from './naive-oracle.ts';

/** A history on paper, the same as the domain sees it, and who asks. */
export interface Case {
  readonly notes: readonly Note[];
  readonly history: InstanceHistory;
  readonly policy: BackupPolicy;
  /** The session within which retention runs, or null when asked from outside. */
  readonly during: number | null;
}

const endings = ['well', 'well', 'well', 'badly, set whole', 'badly, set torn'] as const;

/** Notes named 0, 1, 2… in the order of the sessions; hours may repeat and run backwards. */
const notes: fc.Arbitrary<readonly Note[]> = fc
  .array(
    fc.record({
      takenAtHour: fc.integer({ min: 0, max: 12 }),
      ended: fc.constantFrom<Note['ended']>(...endings),
      wroteImage: fc.boolean(),
      setIsGone: fc.boolean(),
    }),
    { maxLength: 14 },
  )
  .chain((all) =>
    fc.record({
      all: fc.constant(all),
      // An instance is claimed by one session at a time, so only the last may still run.
      last: fc.constantFrom<Note['ended']>('well', 'not yet'),
    }),
  )
  .map(({ all, last }) =>
    all.map((note, name) => {
      const ended = name === all.length - 1 ? last : note.ended;
      const wroteImage = note.wroteImage && (ended === 'well' || ended === 'not yet');
      // Nothing removes a set before a session after it has run.
      return {
        ...note,
        name,
        ended,
        wroteImage,
        setIsGone: note.setIsGone && name < all.length - 1,
      };
    }),
  );

export const policies: fc.Arbitrary<BackupPolicy> = fc
  .record({
    keep: fc.nat({ max: 6 }),
    baseMoves: fc.constantFrom('before-retention', 'after-retention'),
    image: fc.constantFrom('on', 'on', 'off'),
    changedBlockTracking: fc.constantFrom('on', 'on', 'off'),
  })
  .map((options) => samplePolicy(options));

export const cases: fc.Arbitrary<Case> = fc
  .record({ notes, policy: policies, asks: fc.constantFrom('session', 'outside') })
  .map(({ notes: all, policy, asks }) => {
    const last = all.at(-1);
    const during = asks === 'session' && last?.ended === 'not yet' ? last.name : null;
    return { notes: all, history: historyOfNotes(all), policy, during };
  });

function historyOfNotes(all: readonly Note[]): InstanceHistory {
  const gone = all.filter(({ setIsGone }) => setIsGone).map(({ name }) => name);
  return historyOf(
    ...all.map((note, index): ToldSession => {
      const { name, takenAtHour, ended } = note;
      return {
        name,
        takenAtHour,
        status: ended === 'well' ? 'succeeded' : ended === 'not yet' ? 'running' : 'failed',
        set: ended === 'badly, set torn' ? 'taken' : 'completed',
        image: note.wroteImage ? 'point' : 'no-point',
        removed: index === all.length - 1 ? gone : [],
      };
    }),
  );
}

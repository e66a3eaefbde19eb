import { BackUp, type BackupScope, type CommandOn } from './back-up.ts';
import type { LocalFate } from './backup-fate.ts';
import { RestoreAll, RunWhatIsDue, Wait, Write } from './commands.ts';
import { PlaceHold, ReleaseHold, SetExpiry } from './item-commands.ts';
import { localOffers } from './local-offers.ts';
import type { ModelPolicy } from './model-instance.ts';
import type { FatefulInstance } from './real-instance.ts';

type LocalCommand = CommandOn<FatefulInstance<LocalFate>>;

const well: LocalFate = { kind: 'well' };

/** One of everything, so that the base is soon all that keeps a set. */
export const workedPolicy: ModelPolicy = {
  count: 1,
  days: null,
  image: 'on',
  cbt: 'on',
  baseMoves: 'before-retention',
  replicas: 1,
  points: 1,
};

/** The history of a few days in which everything happens that the local cloud is there for. */
export function workedHistory(): readonly LocalCommand[] {
  return [
    backUp('image-level'),
    new PlaceHold(2, null),
    // What was never written, and the last block, which is short.
    new Write(1, 7),
    new Write(2, 9),
    backUp('snapshot-only'),
    new Wait(20),
    backUp('image-level', { kind: 'cancelled-at-append', appends: 8 }),
    backUp('image-level'),
    new RestoreAll(),
    new ReleaseHold(0),
    new BackUp(
      { scope: 'snapshot-only', byHand: { hours: 2 }, by: 'somebody', fate: well },
      localOffers,
    ),
    new SetExpiry(0, 3),
    new Wait(30),
    new RunWhatIsDue(),
  ];
}

function backUp(scope: BackupScope, fate = well): LocalCommand {
  return new BackUp({ scope, byHand: null, by: 'somebody', fate }, localOffers);
}

import { isSnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { ChangedBlocks } from '../../../../ports/cloud/changed-blocks.ts';
import { createEbsChangedBlocks } from '../../ebs/ebs-changed-blocks.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

/** EBS direct knows no dry runs, so that the lists of a snapshot are really asked for: they cost next to nothing. */
export const ebsTrials: Readonly<Record<string, Trial>> = {
  ListSnapshotBlocks: (world) => listed(world, (blocks, one) => blocks.listSnapshotBlocks(one)),
  ListChangedBlocks: (world) => listed(world, (blocks, one) => blocks.listChangedBlocks(one, one)),
  // What no command of the command line does yet needs no permission of its user.
  GetSnapshotBlock: () => Promise.resolve(untried('only a program that embeds the engine uses it')),
};

async function listed(
  { ebs, samples: { snapshotId } }: TrialWorld,
  list: (blocks: ChangedBlocks, snapshotId: SnapshotId) => AsyncIterable<unknown>,
): Promise<TrialOutcome> {
  if (snapshotId === null) return untried('there is no snapshot yet to try it on');
  try {
    // The first page says all that there is to know.
    await list(createEbsChangedBlocks(ebs), snapshotId as SnapshotId)
      [Symbol.asyncIterator]()
      .next();
    return { kind: 'allowed' };
  } catch (error) {
    if (!isSnapledgerError(error)) throw error;
    const { code, details, message } = error;
    const isDenied = code === 'CLOUD_ACCESS_DENIED' || details['reason'] === 'no-permission';
    return isDenied ? { kind: 'missing', said: message } : untried(message);
  }
}

import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { TransferOptions } from '../../../../src/format/transfer.ts';
import type { TransferPlanRef } from '../../../../src/format/transfer-plan.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import { prepareStrataTransfer } from '../../../../src/format/strata/transfer/prepare-strata-transfer.ts';
import type { BlockSource } from '../../../../src/ports/block-source.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { createTestClock } from './test-clock.ts';
import type { TransferFixture } from './transfer-fixture.ts';

export interface TestTransfer extends Partial<TransferOptions> {
  readonly fixture: TransferFixture;
  readonly objectStore: ObjectStore;
  readonly plan: TransferPlanRef;
  readonly source: BlockSource;
  readonly firstPlanned?: number;
  readonly signal?: AbortSignal;
  readonly threads?: number;
}

/** Transfers one volume from beginning to end, and gives the segments that it posted. */
export async function runTestTransfer(test: TestTransfer): Promise<readonly TransferSegment[]> {
  const { fixture, plan, source, firstPlanned = 0, threads = 2, ...options } = test;
  const { signal = new AbortController().signal } = test;
  const prepared = prepareStrataTransfer({ threads });
  try {
    const transfer = await prepared.open({
      grant: fixture.grantBytes,
      random: systemRandom,
      clock: createTestClock(),
      attempt: 0,
      compression: 'fast',
      ...options,
    });
    const segments: TransferSegment[] = [];
    const request = { ...plan, source, firstPlanned, signal };
    for await (const segment of transfer.run(request)) segments.push(segment);
    return segments;
  } finally {
    await prepared.close();
  }
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemSize } from '../../../src/domain/cost/estimate-cost.ts';
import { itemSizes } from '../../../src/domain/cost/item-sizes.ts';
import {
  eventsBefore,
  eventsOf,
  journeyCommands,
  journeyIds,
  journeyTarget,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const fullVolumesBytes = 5 * 524_288;
const volume = { device: sampleIds.device('xvda'), sizeBytes: 4 * 524_288, blocksStored: 1 };
const before = stateAfter(eventsBefore('commit-point'));
const committed = {
  ...before,
  point: {
    pointId: journeyIds.session,
    committedAt: before.startedAt,
    volumes: [
      { ...volume, volumeId: journeyIds.root, bytesStored: 1_000, mapBytesStored: 100 },
      { ...volume, volumeId: journeyIds.data, bytesStored: 2_000, mapBytesStored: 10 },
    ],
  },
};

describe('the room that the items of sessions take', () => {
  it('is none for a session that took no snapshots', () => {
    assert.deepEqual(
      itemSizes([stateAfter(eventsOf(journeyCommands.start('image-level')))]),
      new Map(),
    );
  });

  it('is at most that of the volumes for a set and for each of its copies', () => {
    const { region } = journeyTarget;
    assert.deepEqual(
      itemSizes([before]),
      new Map<string, ItemSize>([
        [
          journeyIds.set,
          { place: { kind: 'snapshots' }, sizeBytes: fullVolumesBytes, basis: 'at-most' },
        ],
        [
          journeyIds.replica,
          { place: { kind: 'replicas', region }, sizeBytes: fullVolumesBytes, basis: 'at-most' },
        ],
      ]),
    );
  });

  it('is what was stored for a restore point: blocks, and the map of where they are', () => {
    assert.deepEqual(itemSizes([before, committed]).get(journeyIds.session), {
      place: { kind: 'repository' },
      sizeBytes: 3_110,
      basis: 'added',
    });
  });
});

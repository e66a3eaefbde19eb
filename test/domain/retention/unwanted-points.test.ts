import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PointsPlan } from '../../../src/domain/retention/retention-plan.ts';
import { unwantedPoints } from '../../../src/domain/retention/unwanted-points.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const neededBy = { kind: 'needed-by', pointId: sampleIds.session('kept') } as const;
const inUse = { kind: 'in-use', sessionId: sampleIds.session('restore') } as const;
const count = { kind: 'within-count', keep: 2 } as const;

describe('a point is unwanted', () => {
  it('when it is needed, and stays for no other reason, in its chain or not', () => {
    const kept = (name: string, ...reasons: PointsPlan['keep'][number]['reasons']) => ({
      ...{ id: sampleIds.session(name), takenAt: atHour(1), reasons },
    });
    const leaving = (name: string, ...held: PointsPlan['expire'][number]['held']) => ({
      ...{ id: sampleIds.session(name), takenAt: atHour(1), reasons: [], expiredAt: null, held },
    });
    const plan: PointsPlan = {
      dependency: 'needs-parent',
      keep: [
        kept('kept', count),
        kept('needed', neededBy),
        kept('needed-and-kept', count, neededBy),
        kept('needed-and-used', neededBy, inUse),
      ],
      expire: [
        leaving('left-and-needed', neededBy),
        leaving('left-and-used', neededBy, inUse),
        leaving('left'),
      ],
    };
    assert.deepEqual(
      unwantedPoints(plan),
      new Set([sampleIds.session('needed'), sampleIds.session('left-and-needed')]),
    );
  });
});

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  changed,
  FormatBench,
  allocated,
  instanceId,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { reopenStrata } from '../reopen-strata.ts';

const first = modelVolume(text(0, 4));
const second = modelVolume([...text(0, 3), 'text-900']);

/** On this order a collection relies, and one that is wrong loses data too seldom to be met by chance. */
describe('a backup that builds on another point', () => {
  let on: FormatBench;
  let parent: PointManifest;
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    parent = await on.backUp(first, allocated(first));
  });

  const observed = async (): Promise<{
    readonly bench: FormatBench;
    readonly calls: readonly string[];
    readonly placeOf: (call: string) => number;
  }> => {
    const calls: string[] = [];
    const store = createHookedObjectStore(on.objectStore, {
      before: ({ method, key }) => {
        calls.push(`${method} ${key}`);
        return Promise.resolve();
      },
    });
    const placeOf = (call: string): number => {
      const place = calls.indexOf(call);
      assert.ok(place >= 0, `${call} is asked for`);
      return place;
    };
    return { bench: await reopenStrata(on, store), calls, placeOf };
  };

  it('registers, then looks at what is condemned, and only then reads that point', async () => {
    const { bench, placeOf } = await observed();
    const session = bench.newSession();
    await bench.plan(session, second, changed(first, second), parent.pointId);
    const registered = placeOf(`create sessions/${session}`);
    const condemned = placeOf('list gc/');
    const read = placeOf(`get points/${instanceId}/${parent.pointId}`);
    assert.ok(registered < condemned && condemned < read);
  });

  it('reads that point, and where its maps begin, again before it commits, and fails when it is gone', async () => {
    const { bench, calls } = await observed();
    const session = bench.newSession();
    const request = await bench.transfer(session, second, changed(first, second), parent.pointId);
    const planned = calls.length;
    await bench.repository.commitPoint(request);
    const late = calls.slice(planned);
    const committed = late.indexOf(`create points/${instanceId}/${session}`);
    for (const call of [
      `get points/${instanceId}/${parent.pointId}`,
      `list relocations/${instanceId}/`,
    ]) {
      const place = late.indexOf(call);
      assert.ok(place >= 0 && place < committed, call);
    }

    const other = bench.newSession();
    const lost = await bench.transfer(other, second, changed(first, second), parent.pointId);
    await bench.repository.removePoint(parent.pointId, instanceId);
    await assert.rejects(bench.repository.commitPoint(lost), { code: 'UNKNOWN_POINT' });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  machinesOf,
  usualMachine,
  usualWorkers,
  workerTypeFor,
} from '../../../src/domain/policy/worker-policy.ts';

const gib = 1024 ** 3;
const table = [
  { upToGib: 2_000, instanceType: 'c7g.2xlarge' },
  { upToGib: 100, instanceType: 'c7g.medium' },
  { upToGib: 500, instanceType: 'c7g.large' },
];

describe('the type of a worker', () => {
  const cases = [
    [1, 'c7g.medium'],
    [100 * gib, 'c7g.medium'],
    [100 * gib + 1, 'c7g.large'],
    [500 * gib, 'c7g.large'],
    [2_000 * gib, 'c7g.2xlarge'],
    [2_000 * gib + 1, null],
  ] as const;
  for (const [sizeBytes, type] of cases) {
    it(`for ${sizeBytes} bytes is ${type ?? 'that of the vault'}`, () => {
      assert.equal(workerTypeFor(table, sizeBytes), type);
    });
  }

  it('is that of the vault without a table', () => {
    assert.equal(workerTypeFor([], gib), null);
  });

  it('is of the smallest row that is large enough, whatever the order of the rows', () => {
    const row = fc.record({ upToGib: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(
        fc.uniqueArray(row, { selector: ({ upToGib }) => upToGib, maxLength: 8 }),
        fc.integer({ min: 1, max: 60 * gib }),
        (rows, sizeBytes) => {
          const types = rows.map(({ upToGib }) => ({ upToGib, instanceType: `t.${upToGib}` }));
          let wanted: string | null = null;
          for (let upToGib = 60; upToGib * gib >= sizeBytes; upToGib -= 1) {
            if (rows.some((one) => one.upToGib === upToGib)) wanted = `t.${upToGib}`;
          }
          assert.equal(workerTypeFor(types, sizeBytes), wanted);
        },
      ),
    );
  });
});

describe('the machines that a policy may ask for', () => {
  it('are that of the vault where it says nothing', () => {
    assert.deepEqual(machinesOf(usualWorkers), [usualMachine]);
  });

  it('are each type once, and that of the vault for what is too large', () => {
    const rows = [...table, { upToGib: 50, instanceType: 'c7g.medium' }];
    assert.deepEqual(
      machinesOf({ types: rows, market: 'on-demand' }).map(({ instanceType }) => instanceType),
      ['c7g.2xlarge', 'c7g.medium', 'c7g.large', null],
    );
  });

  it('are on demand as well where the first one is a spot instance', () => {
    assert.deepEqual(machinesOf({ types: [], market: 'spot' }), [
      { instanceType: null, market: 'spot' },
      usualMachine,
    ]);
  });
});

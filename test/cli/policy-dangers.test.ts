import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeavyLoss, PolicyPreview } from '../../src/index.ts';
import { atHour, sampleIds } from '../support/domain/sample-ids.ts';
import { runCliWith } from './support/run-cli-with.ts';

const harmless: PolicyPreview = { changes: [], losses: [], uncovered: [], unreadable: [] };

function loss(name: string, count: number): HeavyLoss {
  const going = Array.from({ length: count }, (_, number) => ({
    kind: 'snapshot-set' as const,
    id: sampleIds.set(number),
    takenAt: atHour(number),
    fate: 'removed' as const,
  }));
  return { instanceId: sampleIds.instance(name), going, itemsCount: count + 1 };
}

async function refusalOf(preview: Partial<PolicyPreview>, ...options: readonly string[]) {
  const argv = ['retention', 'obsolete', '6m', ...options];
  const vault = { preview: { ...harmless, ...preview } };
  const { exitCode, stderr } = await runCliWith(argv, { vault });
  assert.equal(exitCode, 1);
  return stderr;
}

describe('a change that has to be confirmed', () => {
  it('tells a program all that would go: of which instance, what, and when it was taken', async () => {
    const stderr = await refusalOf(
      {
        losses: [loss('web-1', 1)],
        uncovered: [sampleIds.instance('web-2')],
        changes: [
          { policyId: sampleIds.policy('none'), kind: 'changed', keepsNothing: true },
          { policyId: sampleIds.policy('as-ever'), kind: 'unchanged', keepsNothing: true },
          { policyId: sampleIds.policy('some'), kind: 'changed', keepsNothing: false },
        ],
      },
      '--json',
    );
    const { code, details } = JSON.parse(stderr) as { code: string; details: object };
    assert.equal(code, 'CONFIRMATION_NEEDED');
    assert.deepEqual(details, {
      losses: [
        {
          instanceId: 'web-1',
          itemsCount: 2,
          going: [
            {
              kind: 'snapshot-set',
              id: 'set-0',
              fate: 'removed',
              takenAt: '2026-01-05T00:00:00.000Z',
            },
          ],
          goingUnlisted: 0,
        },
      ],
      lossesUnlisted: 0,
      uncovered: ['web-2'],
      unreadable: [],
      keepingNothing: ['none'],
    });
  });

  it('counts what there is no room for', async () => {
    const losses = Array.from({ length: 103 }, (_, number) => loss(`web-${number}`, 102));
    const { details } = JSON.parse(await refusalOf({ losses }, '--json')) as {
      details: {
        losses: { going: unknown[]; goingUnlisted: number }[];
        lossesUnlisted: number;
      };
    };
    assert.equal(details.losses.length, 100);
    assert.equal(details.lossesUnlisted, 3);
    assert.deepEqual(
      details.losses.map(({ going, goingUnlisted }) => [going.length, goingUnlisted])[0],
      [100, 2],
    );
    const people = await refusalOf({ losses });
    assert.equal(people.match(/would lose 102 of 103 items in its chains/g)?.length, 20);
    assert.match(people, /, 92 more; the same of 83 more instances\n/);
  });
});

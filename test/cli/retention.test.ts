import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type {
  ExplainedItem,
  HoldId,
  ItemSize,
  PointId,
  SnapshotSetId,
  TimestampMs,
} from '../../src/index.ts';
import type { FakeVaultContent } from './support/fake-vault.ts';
import { runCliWith, testNow } from './support/run-cli-with.ts';
import { sampleIds, sampleInstance } from './support/sample-records.ts';
import { known } from '../../src/domain/sensitive/sensitive.ts';

const setId = 'aaaa1111-0000-4000-8000-000000000001' as SnapshotSetId;
const oldSetId = 'bbbb2222-0000-4000-8000-000000000002' as SnapshotSetId;
const pointId: PointId = sampleIds.session;
const holdId = 'cccc3333-0000-4000-8000-000000000003' as HoldId;
const takenAt = (testNow - 3_600_000) as TimestampMs;

const content: FakeVaultContent = {
  plan: {
    decidedAt: testNow,
    snapshots: {
      keep: [{ id: setId, takenAt, reasons: [{ kind: 'within-count', keep: 2 }] }],
      remove: [{ id: oldSetId, takenAt, reasons: [{ kind: 'beyond-count', keep: 2 }] }],
    },
    replicas: { keep: [], remove: [] },
    points: {
      dependency: 'independent',
      keep: [],
      expire: [
        {
          id: pointId,
          takenAt,
          expiredAt: takenAt,
          reasons: [{ kind: 'expired', age: { amount: 3, unit: 'days' } }],
          held: [{ kind: 'locked', holdId }],
        },
      ],
    },
  },
  sizes: new Map<string, ItemSize>([
    [setId, { place: { kind: 'snapshots' }, sizeBytes: 100 * 2 ** 30, basis: 'at-most' }],
    [pointId, { place: { kind: 'repository' }, sizeBytes: 2 ** 30, basis: 'added' }],
  ]),
};

/** What a command asked of the engine. */
async function asked(...argv: readonly string[]): Promise<unknown[]> {
  const requests: unknown[] = [];
  const { exitCode, stderr } = await runCliWith(argv, {
    vault: { ...content, asked: (request) => requests.push(request) },
  });
  assert.equal(exitCode, 0, stderr);
  return requests;
}

async function refused(...argv: readonly string[]): Promise<string> {
  const requests: unknown[] = [];
  const { exitCode, stderr } = await runCliWith(argv, {
    vault: { ...content, asked: (request) => requests.push(request) },
  });
  assert.equal(exitCode, 2, stderr);
  assert.deepEqual(requests, [], 'nothing was begun');
  return stderr;
}

describe('retention plan', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-prices-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('says of every item of every kind what becomes of it and why', async () => {
    const { stdout, exitCode } = await runCliWith(['retention', 'plan', 'web-1'], {
      vault: content,
    });

    assert.equal(exitCode, 0);
    assert.match(stdout, /web-1 \(no policy covers it\): 3 items, 1 to remove/);
    assert.match(stdout, /set +aaaa1111 .* stays .*one of the newest 2 sets/);
    assert.match(stdout, /set +bbbb2222 .* goes next .*older than the newest 2 sets/);
    assert.match(stdout, /point .* expired .*3 days old or older/);
    assert.ok(!stdout.includes('/MONTH'), 'no estimate without prices');
  });

  it('estimates what items cost from the prices in a file, and says where it is an upper bound', async () => {
    const prices = path.join(folder, 'prices.json');
    await writeFile(
      prices,
      JSON.stringify({
        currency: 'EUR',
        snapshotGibMonth: 0.05,
        repositoryGibMonth: 0.02,
        replicaGibMonth: { other: 0.05 },
      }),
    );
    const argv = ['retention', 'plan', 'web-1', '--prices', prices];

    const people = await runCliWith(argv, { vault: content });
    const program = await runCliWith([...argv, '--json'], { vault: content });

    assert.match(people.stdout, /WHY/);
    assert.match(people.stdout, / EST\. EUR\/MONTH /);
    assert.match(
      people.stdout,
      /\n\nEST\. EUR\/MONTH is an estimate from the price table\. <= is an upper bound/,
    );
    assert.match(people.stdout, /aaaa1111.*<= 5\.00/);
    assert.match(people.stdout, /point .*0\.020/);
    const items = JSON.parse(program.stdout) as { id: string; estimatedMonthlyCost?: unknown }[];
    assert.deepEqual(items.find(({ id }) => id === setId)?.estimatedMonthlyCost, {
      amount: 5,
      currency: 'EUR',
      sizeBytes: 100 * 2 ** 30,
      basis: 'at-most',
    });
    assert.equal(items.find(({ id }) => id === oldSetId)?.estimatedMonthlyCost, undefined);
  });

  it('writes small amounts for a person, and exact ones for a program', async () => {
    const prices = path.join(folder, 'small.json');
    const costs = async (perGib: number): Promise<readonly [string, unknown]> => {
      const table = {
        currency: 'EUR',
        snapshotGibMonth: perGib,
        repositoryGibMonth: perGib,
        replicaGibMonth: { other: perGib },
      };
      await writeFile(prices, JSON.stringify(table));
      const argv = ['retention', 'plan', 'web-1', '--prices', prices];
      const { stdout } = await runCliWith(argv, { vault: content });
      const program = await runCliWith([...argv, '--json'], { vault: content });
      const items = JSON.parse(program.stdout) as {
        id: string;
        estimatedMonthlyCost?: { amount: number };
      }[];
      const cost = items.find(({ id }) => id === setId)?.estimatedMonthlyCost;
      return [/aaaa1111.*?(<?=? ?\d+\.\d+(?:e-\d+)?) /.exec(stdout)?.[1] ?? '', cost?.amount];
    };
    // Of 100 GiB.
    assert.deepEqual(await costs(0.000_009), ['< 0.001', 0.0009]);
    assert.deepEqual(await costs(2 ** -40), ['< 0.001', 100 * 2 ** -40]);
    assert.deepEqual(await costs(0.000_01), ['<= 0.0010', 0.001]);
    assert.deepEqual(await costs(2 ** -10), ['<= 0.098', 100 * 2 ** -10]);
    assert.deepEqual(await costs(0), ['<= 0.00', 0]);
  });

  it('refuses a price table that is none, with the place', async () => {
    const wrong = path.join(folder, 'wrong.json');
    await writeFile(wrong, '{"currency": "EUR", "snapshotGibMonth": -1}');

    assert.match(
      await refused('retention', 'plan', 'web-1', '--prices', wrong),
      /wrong\.json.*(replicaGibMonth|snapshotGibMonth)/,
    );
    assert.match(
      await refused('retention', 'plan', 'web-1', '--prices', path.join(folder, 'none.json')),
      /none\.json.*ENOENT/,
    );
  });
});

describe('the other commands of retention', () => {
  it('ask for maintenance, and for the rule for obsolete items', async () => {
    assert.deepEqual(await asked('retention', 'run', 'web-1'), [
      { maintenance: sampleInstance.instanceId },
    ]);
    assert.deepEqual(await asked('retention', 'obsolete'), []);
    assert.deepEqual(await asked('retention', 'obsolete', 'never'), [{ rule: { kind: 'never' } }]);
    assert.deepEqual(await asked('retention', 'obsolete', '6m'), [
      { rule: { kind: 'after', period: { amount: 6, unit: 'months' } } },
    ]);
    assert.match(await refused('retention', 'obsolete', '6'), /30d, 4w, 6m, 1y/);
    assert.match(await refused('retention', 'obsolete', '0d'), /30d, 4w, 6m, 1y/);
  });

  it('ask for --yes when the rule for obsolete items would remove much', async () => {
    const losing: FakeVaultContent = {
      preview: {
        changes: [],
        uncovered: [],
        unreadable: [],
        losses: [
          {
            instanceId: sampleInstance.instanceId,
            going: [
              { kind: 'replica', id: setId, takenAt, fate: 'removed' },
              { kind: 'restore-point', id: pointId, takenAt, fate: 'leaves-chain' },
            ],
            itemsCount: 3,
          },
        ],
      },
    };
    const refusedRun = await runCliWith(['retention', 'obsolete', '6m'], { vault: losing });
    assert.equal(refusedRun.exitCode, 1);
    assert.match(
      refusedRun.stderr,
      /web-1 would lose 2 of 3 items .*the replica of .*, the restore point of .* \(held, but out of the chain for good\)/,
    );
    assert.match(refusedRun.stderr, /--yes/);
    const given = await runCliWith(['retention', 'obsolete', '6m', '--yes'], { vault: losing });
    assert.equal(given.exitCode, 0, given.stderr);
  });

  it('place and release holds', async () => {
    const item = {
      instanceId: sampleInstance.instanceId,
      item: { kind: 'restore-point', id: pointId },
    };
    const until = new Date(2027, 0, 1, 7).getTime();
    assert.deepEqual(await asked('hold', 'place', 'abcd', '--until', '2027-01-01T07:00'), [
      { item, hold: { kind: 'lock', until } },
    ]);
    assert.deepEqual(await asked('hold', 'place', 'abcd', '--legal', 'case 12'), [
      { item, hold: { kind: 'legal-hold', note: 'case 12' } },
    ]);
    assert.match(await refused('hold', 'place', 'abcd'), /either a lock or a legal hold/);
    assert.match(
      await refused('hold', 'place', 'abcd', '--until', '2027-01-01', '--legal', 'x'),
      /either a lock or a legal hold/,
    );
    assert.match(await refused('hold', 'place', 'abcd', '--until', '2027-02-30'), /2026-03-29/);
    assert.match(await refused('hold', 'place', '../..', '--legal', 'x'), /is no id/);
    assert.match(await refused('hold', 'place', 'abcd', '--legal', ' '), /note .* is empty/);
  });

  it('set when something made by hand expires', async () => {
    const item = {
      instanceId: sampleInstance.instanceId,
      item: { kind: 'restore-point', id: pointId },
    };
    const inThirtyDays = testNow + 30 * 86_400_000;
    assert.deepEqual(await asked('expire', 'abcd', '--in', '30d'), [
      { item, expiresAt: inThirtyDays },
    ]);
    assert.deepEqual(await asked('expire', 'abcd', '--never'), [{ item, expiresAt: null }]);
    assert.match(
      await refused('expire', 'abcd'),
      /it is not said when\n.*one of '--in', '--at' and '--never'/,
    );
    assert.match(
      await refused('expire', 'abcd', '--never', '--in', '1d'),
      /it is said more than once when\n.*one of '--in', '--at' and '--never'/,
    );
  });

  it('begin a backup by hand, which alone may have an expiry', async () => {
    const expiresAt = testNow + 7 * 86_400_000;
    assert.deepEqual(await asked('backup', 'web-1', '--manual', '--expires', '1w'), [
      {
        instanceId: 'web-1',
        scope: undefined,
        pointKind: undefined,
        origin: { kind: 'manual', expiresAt },
      },
    ]);
    assert.match(
      await refused('backup', 'web-1', '--expires', '1w'),
      /only for a backup made by hand/,
    );
  });
});

describe('why', () => {
  it('tells every reason with what would release it', async () => {
    const { stdout } = await runCliWith(['why', 'aaaa1111'], {
      vault: {
        ...content,
        explained: {
          instanceId: sampleInstance.instanceId,
          item: { kind: 'snapshot-set', id: setId },
          at: testNow,
          policyId: null,
          policyFrom: 'present',
          missing: null,
          adoption: null,
          explanation: {
            state: 'stays',
            takenAt,
            until: null,
            reasons: [
              {
                reason: { kind: 'within-count', keep: 2 },
                release: { kind: 'newer-items', count: 1 },
              },
              {
                reason: { kind: 'legal-hold', holdId },
                release: { kind: 'hold-released', holdId, note: known('case 12') },
              },
              { reason: { kind: 'manual' }, release: { kind: 'changed-settings' } },
            ],
          },
        },
      },
    });

    assert.match(stdout, /snapshot-set aaaa1111 of web-1/);
    assert.match(stdout, /It stays, because:/);
    assert.match(stdout, /- one of the newest 2 sets.*until there is 1 newer one/);
    assert.match(
      stdout.replaceAll(/\s+/g, ' '),
      /- made by hand: no policy removes it; until it is given an expiry of its own \('snapledger expire'\)/,
    );
    assert.match(
      stdout,
      /- under legal hold cccc3333; until hold cccc3333 \(case 12\) is released/,
    );
  });

  it('says what the policy of then is told from when no tags were recorded', async () => {
    const linesFor = async (
      policyFrom: ExplainedItem['policyFrom'],
      explanation: ExplainedItem['explanation'],
    ): Promise<string> => {
      const explained: ExplainedItem = {
        instanceId: sampleInstance.instanceId,
        item: { kind: 'snapshot-set', id: setId },
        at: testNow,
        policyId: null,
        policyFrom,
        missing: null,
        adoption: null,
        explanation,
      };
      const { stdout } = await runCliWith(['why', 'aaaa1111'], {
        vault: { ...content, explained },
      });
      return stdout.replaceAll(/\s+/g, ' ');
    };
    const stays = { state: 'stays', takenAt, until: null, reasons: [] } as const;
    const recorded = await linesFor('recorded-tags', stays);
    assert.equal(await linesFor('present', stays), recorded);
    assert.doesNotMatch(recorded, /recorded/);
    const notRecorded =
      'Which tags the instance had then was not recorded: its policy is told from';
    const sources = {
      'last-session': 'its last session before.',
      'later-tags': 'the first tags that were recorded later.',
      'present-tags': 'the tags that it has now.',
    } as const;
    for (const source of ['last-session', 'later-tags', 'present-tags'] as const) {
      const said = await linesFor(source, stays);
      assert.ok(said.includes(`${notRecorded} ${sources[source]}`), said);
    }
    const removed = {
      state: 'removed',
      takenAt,
      removedBy: sampleIds.session,
      decidedAt: testNow,
      reasons: [],
    } as const;
    assert.doesNotMatch(await linesFor('present-tags', removed), /recorded/);
  });

  it('tells when and why something was removed, for a program with times in UTC', async () => {
    const { stdout } = await runCliWith(['why', 'bbbb2222', '--json'], {
      vault: {
        ...content,
        explained: {
          instanceId: sampleInstance.instanceId,
          item: { kind: 'snapshot-set', id: oldSetId },
          at: testNow,
          policyId: null,
          policyFrom: 'present',
          missing: null,
          adoption: null,
          explanation: {
            state: 'removed',
            takenAt,
            removedBy: sampleIds.session,
            decidedAt: testNow,
            reasons: [{ kind: 'beyond-count', keep: 2 }],
          },
        },
      },
    });

    assert.deepEqual(JSON.parse(stdout), {
      id: oldSetId,
      kind: 'snapshot-set',
      instanceId: 'web-1',
      at: '2026-03-29T12:00:00.000Z',
      policy: null,
      policyFrom: 'present',
      state: 'removed',
      takenAt: '2026-03-29T11:00:00.000Z',
      removedBy: sampleIds.session,
      decidedAt: '2026-03-29T12:00:00.000Z',
      reasons: [{ kind: 'beyond-count', keep: 2 }],
      missing: null,
      adoption: null,
      estimatedMonthlyCost: null,
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  BlockIndex,
  DeviceName,
  RetentionPlan,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../src/index.ts';
import { sampleIds } from './support/sample-records.ts';
import type { FakeVaultContent } from './support/fake-vault.ts';
import { runCliWith } from './support/run-cli-with.ts';

const isoUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const plan: RetentionPlan = {
  decidedAt: 3000 as TimestampMs,
  snapshots: {
    keep: [
      {
        id: sampleIds.set,
        takenAt: 2000 as TimestampMs,
        reasons: [{ kind: 'within-count', keep: 1 }],
      },
    ],
    remove: [
      {
        id: 'old' as SnapshotSetId,
        takenAt: 1000 as TimestampMs,
        reasons: [{ kind: 'beyond-count', keep: 1 }],
      },
    ],
  },
  replicas: { keep: [], remove: [] },
  points: { dependency: 'independent', keep: [], expire: [] },
};

const finding = {
  kind: 'finding',
  pointId: sampleIds.session,
  volumeId: 'vol-1' as VolumeId,
  device: '/dev/xvda' as DeviceName,
  objectKey: 'packs/x/1',
  range: { offset: 40, lengthBytes: 100 },
  firstBlock: 7 as BlockIndex,
  blockCount: 1,
  reason: 'the tag does not match',
} as const;

describe('--json', () => {
  const lists: readonly (readonly [string, FakeVaultContent])[] = [
    ['instance list', {}],
    ['policy show', {}],
    ['sessions', {}],
    ['snapshots web-1', { plan }],
    ['points', {}],
    ['replay 3f2a', {}],
    ['resume', { interrupted: 'one' }],
    ['verify', { verify: [finding] }],
  ];
  for (const [line, vault] of lists) {
    it(`of '${line}' is an array of objects with an id and with times in ISO 8601 UTC`, async () => {
      const { stdout } = await runCliWith([...line.split(' '), '--json'], { vault });
      const list = JSON.parse(stdout) as readonly Record<string, unknown>[];
      assert.ok(list.length > 0);
      for (const element of list) assert.equal(typeof element['id'], 'string');
      assertTimesAreIso(list);
    });
  }

  it('of a list without elements is an empty array', async () => {
    for (const command of ['verify', 'resume', 'snapshots web-1']) {
      const { stdout } = await runCliWith([...command.split(' '), '--json']);
      assert.deepEqual(JSON.parse(stdout), []);
    }
  });

  it('shows whole ids, and a policy or a session as one object', async () => {
    const policy = await runCliWith(['policy', 'show', 'web-1', '--json']);
    assert.equal((JSON.parse(policy.stdout) as { id: string }).id, 'web-1');
    const backup = await runCliWith(['backup', 'web-1', '--json']);
    const session = JSON.parse(backup.stdout) as { id: string; retention: RetentionPlan };
    assert.equal(session.id, sampleIds.session);
    assert.equal(session.retention.snapshots.keep.length, 2);
    assertTimesAreIso(session);
  });

  it('keeps progress off stderr, so that only errors and warnings are there', async () => {
    assert.equal((await runCliWith(['backup', 'web-1', '--json'])).stderr, '');
    const resumed = await runCliWith(['backup', 'web-1', '--json'], {
      vault: { interrupted: 'one' },
    });
    const [line = ''] = resumed.stderr.split('\n');
    assert.equal((JSON.parse(line) as { level: string }).level, 'warning');
  });

  it("of 'replay' has the state after every event", async () => {
    const { stdout } = await runCliWith(['replay', '3f2a', '--json', '--at', '3']);
    const events = JSON.parse(stdout) as {
      revision: number;
      type: string;
      state: { status: string };
      nextStep: string;
    }[];
    assert.deepEqual(
      events.map(({ revision, type, state, nextStep }) => [revision, type, state.status, nextStep]),
      [
        [0, 'SessionStarted', 'running', 'inspect-instance'],
        [1, 'InstanceInspected', 'running', 'request-snapshots'],
        [2, 'SnapshotRequested', 'running', 'take-snapshots'],
        [3, 'SnapshotTaken', 'running', 'await-snapshots'],
      ],
    );
  });

  it('of damage is the findings on stdout, the verdict on stderr, and exit code 1', async () => {
    const run = await runCliWith(['verify', '--json'], { vault: { verify: [finding] } });
    assert.equal(run.exitCode, 1);
    assert.equal((JSON.parse(run.stdout) as unknown[]).length, 1);
    assert.equal((JSON.parse(run.stderr) as { code: string }).code, 'POINT_DAMAGED');
  });

  it("leaves an instance's configuration as its cloud gave it", async () => {
    const { stdout } = await runCliWith(['points', '--json']);
    const [point] = JSON.parse(stdout) as { configuration: unknown }[];
    assert.deepEqual(point?.configuration, { cloud: 'local', launchedAt: 5 });
  });
});

function assertTimesAreIso(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, content] of Object.entries(value) as [string, unknown][]) {
    if (name === 'configuration') continue;
    if (!name.endsWith('At')) assertTimesAreIso(content);
    else if (typeof content === 'string') assert.match(content, isoUtc, name);
    else assert.equal(content, null, name);
  }
}

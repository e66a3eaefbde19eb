import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultPolicy, type Engine, type InstanceId, type PolicyId } from '../../src/index.ts';
import { sampleIds, sampleInstance } from './support/sample-records.ts';
import { runCliWith } from './support/run-cli-with.ts';

/** Runs a command and gives what it asked of the engine. */
async function askedBy(line: string): Promise<unknown> {
  const asked: unknown[] = [];
  const run = await runCliWith(line.split(' '), {
    vault: { asked: (request) => asked.push(request) },
  });
  assert.equal(run.exitCode, 0, run.stderr);
  return asked.length === 1 ? asked[0] : asked;
}

describe("'policy show'", () => {
  const policies = {
    prod: { ...defaultPolicy('prod' as PolicyId, []), priority: 1 },
    rest: defaultPolicy('rest' as PolicyId, []),
  };
  const many = Array.from({ length: 12 }, (_, number) => `many-${number}`);
  const instances = ['web-1', 'db-1', 'web-2', 'lone', ...many];
  const policyOf: Engine['policyOf'] = (instanceId) => {
    if (instanceId === 'lone') return Promise.resolve(null);
    return Promise.resolve(instanceId.startsWith('web') ? policies.prod : policies.rest);
  };
  const vault = {
    engine: {
      policyOf,
      listInstances: () =>
        Promise.resolve(
          instances.map((instanceId) => ({
            ...sampleInstance,
            instanceId: instanceId as InstanceId,
          })),
        ),
    },
  };

  it('of all names each policy once, whom it covers, and whom none covers', async () => {
    const { stdout } = await runCliWith(['policy', 'show'], { vault });
    assert.deepEqual(stdout.match(/^\S.*|^ +covers.*/gm), [
      'policy prod',
      '  covers       web-1, web-2',
      'policy rest',
      `  covers       db-1, ${many.slice(0, 2).join(', ')} and 10 more`,
      'lone: no policy (snapledger policy set lone)',
    ]);
  });

  it('of an instance names its policy, and whom else it covers', async () => {
    const { stdout } = await runCliWith(['policy', 'show', 'web-2'], { vault });
    assert.match(stdout, /^policy of web-2: prod\n {2}covers {7}web-1, web-2\n/);
  });
});

describe('commands', () => {
  it("'instance add' takes volumes in their order, with paths relative to the folder one is in", async () => {
    assert.deepEqual(
      await askedBy(
        'instance add db-1 --volume /dev/xvda=root.img --volume /dev/sdf=/d/a=b.img --tag env=prod ' +
          '--volume-tag /dev/sdf:use=scratch --volume-tag /dev/sdf:as=x=y:z',
      ),
      {
        instanceId: 'db-1',
        tags: { env: 'prod' },
        volumes: [
          { device: '/dev/xvda', imagePath: '/somewhere/root.img', tags: {} },
          { device: '/dev/sdf', imagePath: '/d/a=b.img', tags: { use: 'scratch', as: 'x=y:z' } },
        ],
      },
    );
  });

  it("'policy set' changes what is given and leaves the rest", async () => {
    const unchanged = defaultPolicy('web-1' as PolicyId, ['web-1' as InstanceId]);
    assert.deepEqual(await askedBy('policy set web-1'), { policy: unchanged });
    assert.deepEqual(
      await askedBy(
        'policy set web-1 --keep-snapshots 2 --no-image --no-cbt --compression small --base-moves after-retention --volume-tags copy --market spot',
      ),
      {
        policy: {
          ...unchanged,
          snapshots: {
            schedules: [],
            retention: { count: 2, age: null, gfs: null },
            baseMoves: 'after-retention',
            volumeTags: 'copy',
          },
          image: {
            ...unchanged.image,
            level: 'off',
            changedBlockTracking: 'off',
            compression: 'small',
            workers: { types: [], market: 'spot' },
          },
        },
      },
    );
  });

  it("'backup' follows the policy unless told to take a snapshot only", async () => {
    const byPolicy = { instanceId: 'web-1', scope: undefined, pointKind: undefined };
    assert.deepEqual(await askedBy('backup web-1'), byPolicy);
    assert.deepEqual(await askedBy('backup web-1 --snapshot-only'), {
      ...byPolicy,
      scope: 'snapshot-only',
    });
    assert.deepEqual(await askedBy('backup web-1 --full'), { ...byPolicy, pointKind: 'full' });
  });

  it("'backup' cannot make a full point out of a snapshot only", async () => {
    const run = await runCliWith('backup web-1 --full --snapshot-only'.split(' '));
    assert.equal(run.exitCode, 2);
    assert.match(run.stderr, /'--snapshot-only' cannot be used with .*'--full'/);
  });

  it("'restore' never replaces images unless told to", async () => {
    assert.deepEqual(await askedBy('restore 3f2a --to out'), [
      { folder: '/somewhere/out', existing: 'refuse' },
      { pointId: sampleIds.session, volumeIds: undefined },
    ]);
    assert.deepEqual(await askedBy('restore 3F2A --to /out --overwrite --volume /dev/xvda'), [
      { folder: '/out', existing: 'overwrite' },
      { pointId: sampleIds.session, volumeIds: ['vol-1'] },
    ]);
  });

  it("'restore' of a volume that the point has not names those that it has", async () => {
    const run = await runCliWith(['restore', '3f2a', '--to', 'out', '--volume', '/dev/sdz']);
    assert.equal(run.exitCode, 1);
    assert.equal(
      run.stderr,
      "snapledger: restore point 3f2a91c4 has no volume '/dev/sdz'\nIt has: /dev/xvda.\n",
    );
  });

  it("'verify' reads every block only with --deep", async () => {
    assert.deepEqual(await askedBy('verify'), { depth: 'structure', pointId: undefined });
    assert.deepEqual(await askedBy('verify 3f2a --deep'), {
      depth: 'deep',
      pointId: sampleIds.session,
    });
  });

  it('tell an unknown instance from one of which there is nothing', async () => {
    for (const command of ['sessions', 'points', 'snapshots', 'policy show', 'policy set']) {
      const run = await runCliWith([...command.split(' '), 'web-9'], {
        vault: { points: [], engine: { listSessions: () => Promise.resolve([]) } },
      });
      assert.equal(run.exitCode, 1, command);
      assert.match(run.stderr, /^snapledger: there is no instance 'web-9'\n.*instance list/);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  defaultPolicy,
  type Engine,
  type HoldId,
  type InstanceId,
  type ListedHold,
  type PolicyId,
  SnapledgerError,
} from '../../src/index.ts';
import { known } from '../../src/domain/sensitive/sensitive.ts';
import { fakeVault, type FakeVaultContent } from './support/fake-vault.ts';
import { runCliWith } from './support/run-cli-with.ts';
import { sampleIds, sampleInstance, samplePoint } from './support/sample-records.ts';

const web = sampleInstance.instanceId;
const mail = 'mail-1' as InstanceId;
const error = new SnapledgerError('UNKNOWN_EVENT', 'a newer version wrote it', {
  remedy: 'Use the newer version.',
});
const hold: ListedHold = {
  instanceId: web,
  holdId: 'cccc3333-0000-4000-8000-000000000003' as HoldId,
  item: { kind: 'snapshot-set', id: sampleIds.set },
  hold: { kind: 'legal-hold', note: known('a case') },
  placedAt: sampleIds.startedAt,
};

/** An engine to which `unreadable` is so, beside an instance with which all is well. */
function without(unreadable: InstanceId): Partial<Engine> {
  const { engine } = fakeVault('v', {});
  const unlessIt =
    <Answer>(ask: (instanceId: InstanceId) => Promise<Answer>) =>
    (instanceId: InstanceId): Promise<Answer> =>
      instanceId === unreadable ? Promise.reject(error) : ask(instanceId);
  return {
    listInstances: () => Promise.resolve([sampleInstance, { ...sampleInstance, instanceId: mail }]),
    listPoints: async function* () {
      yield samplePoint;
      yield await Promise.resolve({ ...samplePoint, instanceId: mail });
    },
    describeItems: unlessIt((instanceId) => engine.describeItems(instanceId)),
    policyOf: unlessIt((instanceId) => engine.policyOf(instanceId)),
  };
}

async function outputOf(
  command: string,
  vault: FakeVaultContent,
): Promise<Awaited<ReturnType<typeof runCliWith>>> {
  return runCliWith(command.split(' '), { vault });
}

const leftOut =
  /^snapledger: warning: instance 'mail-1' is left out: a newer version wrote it\nUse the newer version\.\n$/;

describe('what cannot be read of one instance', () => {
  it('is left out of a list of holds, by name, and the others are shown', async () => {
    const vault = { holds: [hold], unreadableInstances: [{ instanceId: mail, error }] };
    const { stdout, stderr, exitCode } = await outputOf('hold list', vault);
    assert.match(stdout, /^cccc3333 +web-1 +snapshot-set 9b1c22d0 .* legal hold: a case$/m);
    assert.match(stderr, leftOut);
    assert.equal(exitCode, 3);
  });

  it('is left out of the plan for all instances; asked for by name it is refused', async () => {
    const vault = { engine: without(mail) };
    const { stdout, stderr, exitCode } = await outputOf('retention plan', vault);
    assert.match(stdout, /^web-1 \(no policy covers it\): 0 items, 0 to remove\n$/);
    assert.match(stderr, leftOut);
    assert.equal(exitCode, 3);
    const asked = await outputOf('retention plan mail-1', vault);
    assert.deepEqual([asked.stdout, asked.exitCode], ['', 1]);
    assert.match(asked.stderr, /^snapledger: a newer version wrote it\n/);
  });

  it('leaves its points listed, without what retention says of them', async () => {
    const { stdout, stderr, exitCode } = await outputOf('points', { engine: without(mail) });
    assert.match(stdout, /^3f2a91c4 +web-1 .* not in the ledger$/m);
    assert.match(stdout, /^3f2a91c4 +mail-1 .* not known$/m);
    assert.match(
      stderr,
      /what retention says of the points of instance 'mail-1' is not known: a newer version wrote it/,
    );
    assert.equal(exitCode, 3);
  });

  it('is left out where policies are shown with what they cover', async () => {
    const { stdout, stderr, exitCode } = await outputOf('policy show', { engine: without(mail) });
    assert.match(stdout, /^policy web-1\n +covers +web-1$/m);
    assert.match(stderr, leftOut);
    assert.equal(exitCode, 3);
  });

  it('is not taken for nothing where there is nothing else to show', async () => {
    const away = { holds: [], unreadableInstances: [{ instanceId: mail, error }] };
    const holds = await outputOf('hold list', away);
    assert.equal(holds.stdout, 'no holds are in force of those that could be read\n');
    assert.equal(holds.exitCode, 3);
    const engine = {
      listInstances: () => Promise.resolve([{ ...sampleInstance, instanceId: mail }]),
      policyOf: () => Promise.reject(error),
    };
    const policies = await outputOf('policy show', { engine });
    assert.equal(policies.stdout, 'no instances that could be read\n');
    assert.equal(policies.exitCode, 3);
    assert.equal((await outputOf('hold list', { holds: [] })).stdout, 'no holds are in force\n');
  });

  it('has a key for what is sensitive that is damaged, among others', async () => {
    const damaged = new SnapledgerError('SENSITIVE_KEY_DAMAGED', 'its key is not what was stored');
    const engine = {
      ...without(mail),
      describeItems: (instanceId: InstanceId) =>
        instanceId === mail
          ? Promise.reject(damaged)
          : fakeVault('v', {}).engine.describeItems(instanceId),
    };
    const { stdout, exitCode } = await outputOf('retention plan', { engine });
    assert.match(stdout, /^web-1 /);
    assert.equal(exitCode, 3);
  });

  for (const code of ['NOT_A_REPOSITORY', 'WRONG_PASSPHRASE', 'STORE_ACCESS_DENIED'] as const) {
    it(`is not what a failure of the whole vault is taken for: ${code}`, async () => {
      const engine = {
        ...without(mail),
        describeItems: (instanceId: InstanceId) =>
          instanceId === mail
            ? Promise.reject(new SnapledgerError(code, 'the repository is in the way'))
            : fakeVault('v', {}).engine.describeItems(instanceId),
      };
      const { stdout, stderr, exitCode } = await outputOf('retention plan', { engine });
      assert.deepEqual([stdout, exitCode], ['', 1]);
      assert.match(stderr, /^snapledger: the repository is in the way\n/);
    });
  }

  it('does not hide what is in the way of all', async () => {
    const away = new SnapledgerError('LEDGER_UNAVAILABLE', 'the ledger is away', {
      retry: 'retryable',
    });
    const engine = { ...without(mail), describeItems: () => Promise.reject(away) };
    const { stdout, stderr, exitCode } = await outputOf('retention plan', { engine });
    assert.deepEqual([stdout, exitCode], ['', 1]);
    assert.match(stderr, /^snapledger: the ledger is away\n/);
  });

  it('has a change that is about it confirmed, since what would go of it is not known', async () => {
    const preview = {
      changes: [],
      losses: [],
      uncovered: [],
      unreadable: [{ instanceId: mail, error }],
    };
    const refused = await outputOf('retention obsolete 30d', { preview });
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /nothing was changed: what would go of mail-1 is not known, because it cannot be read: a newer version wrote it\n.*--yes/,
    );
    assert.equal((await outputOf('retention obsolete 30d --yes', { preview })).exitCode, 0);
  });
});

describe('a session that cannot be read to its end', () => {
  const found = { sessions: [{ sessionId: sampleIds.session, error }], others: 'none' } as const;
  const unreadableSessions = () => Promise.resolve(found);
  const named =
    /^snapledger: warning: session [0-9a-f]{8} cannot be read to its end: a newer version wrote it\nUse the newer version\.\n$/;

  it('is named beside the list of sessions, which has the others', async () => {
    const { stdout, stderr, exitCode } = await outputOf('sessions', {
      engine: { unreadableSessions },
    });
    assert.match(stdout, /^SESSION .*\n[0-9a-f]{8} /);
    assert.match(stderr, named);
    assert.equal(exitCode, 3);
  });

  it('is not taken for the only one where there are more than are named', async () => {
    const { stderr, exitCode } = await outputOf('sessions', {
      engine: { unreadableSessions: () => Promise.resolve({ ...found, others: 'some' }) },
    });
    assert.match(
      stderr,
      /\nsnapledger: warning: there are more sessions that cannot be read to their end\n.*\n$/,
    );
    assert.equal(exitCode, 3);
  });

  it('is not taken for none where there is no other', async () => {
    const { stdout, stderr, exitCode } = await outputOf('sessions', {
      engine: { unreadableSessions, listSessions: () => Promise.resolve([]) },
    });
    assert.equal(stdout, 'no sessions that could be read\n');
    assert.match(stderr, named);
    assert.equal(exitCode, 3);
  });
});

describe('an instance of which the cloud cannot tell', () => {
  const corrupt = new SnapledgerError('CLOUD_STATE_CORRUPT', 'instance.json is not JSON', {
    remedy: 'Put the file back.',
  });
  const engine: Partial<Engine> = {
    unreadableInstances: () => Promise.resolve([{ instanceId: mail, error: corrupt }]),
    describeItems: (instanceId) =>
      instanceId === mail
        ? Promise.reject(corrupt)
        : fakeVault('v', {}).engine.describeItems(instanceId),
  };
  const named =
    /^snapledger: warning: instance 'mail-1' is left out: instance.json is not JSON\nPut the file back.\n$/;

  for (const command of ['instance list', 'policy show', 'retention plan']) {
    it(`is left out of '${command}', by name, and the others are shown`, async () => {
      const { stdout, stderr, exitCode } = await outputOf(command, { engine });
      assert.match(stdout, /web-1/);
      assert.doesNotMatch(stdout, /mail-1/);
      assert.match(stderr, named);
      assert.equal(exitCode, 3);
    });
  }

  it('is not taken for none where there is no other', async () => {
    const alone = { ...engine, listInstances: () => Promise.resolve([]) };
    const { stdout, stderr, exitCode } = await outputOf('instance list', { engine: alone });
    assert.equal(stdout, 'no instances that could be read\n');
    assert.match(stderr, named);
    assert.equal(exitCode, 3);
  });
});

describe('a command about an instance of which the cloud cannot tell', () => {
  const corrupt = new SnapledgerError('CLOUD_STATE_CORRUPT', 'instance.json is not JSON', {
    remedy: 'Put the file back.',
  });
  const { audit } = fakeVault('v', {}).engine;
  const engine: Partial<Engine> = {
    unreadableInstances: () => Promise.resolve([{ instanceId: mail, error: corrupt }]),
    listSessions: () => Promise.resolve([]),
    listPoints: async function* () {
      yield* await Promise.resolve([]);
    },
    audit: { ...audit, timeline: () => Promise.resolve([]) },
  };
  for (const command of [
    'policy show mail-1',
    'policy set mail-1 --keep-snapshots 2',
    'sessions mail-1',
    'points mail-1',
    'audit timeline mail-1',
  ]) {
    it(`says what is wrong with it, and what to do: '${command}'`, async () => {
      const { stdout, stderr, exitCode } = await outputOf(command, { engine });
      assert.equal(stdout, '');
      assert.match(stderr, /instance\.json is not JSON\n(.*\n)?Put the file back\./);
      assert.equal(exitCode, 1);
    });
  }

  it('does not take another name for it', async () => {
    const { stderr } = await outputOf('sessions mail-2', { engine });
    assert.match(stderr, /there is no instance 'mail-2'/);
  });
});

describe('runs of a policy that cannot be read', () => {
  it('are said to be so in the list of policies, which has the others', async () => {
    const described = {
      policy: defaultPolicy('prod' as PolicyId, [web]),
      version: 1,
      setAt: sampleIds.startedAt,
      lastRunId: null,
      nextRunAt: null,
    };
    const policies = [
      { ...described, state: 'idle', error: null },
      { ...described, state: 'unreadable', error },
    ] as const;
    const { stdout, stderr, exitCode } = await outputOf('policy list', { policies });
    assert.match(stdout, /^prod .* none +on demand\nprod .* not known +none$/m);
    assert.match(
      stderr,
      /warning: the runs of policy 'prod' cannot be read, so that none is begun or gone on with: a newer version wrote it\n/,
    );
    assert.equal(exitCode, 3);
    const { stdout: json } = await outputOf('policy list --json', { policies });
    const problems = (JSON.parse(json) as { readonly problem: unknown }[]).map(
      ({ problem }) => problem,
    );
    assert.deepEqual(problems, [null, { code: 'UNKNOWN_EVENT', message: error.message }]);
  });
});

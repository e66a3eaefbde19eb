import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CloudSetting,
  type ReconciledPlace,
  type Region,
  type ResourceOwner,
  type RunPoliciesRequest,
  SnapledgerError,
} from '../../src/index.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';

const region = 'eu-central-1' as Region;
const owner = { sessionId: 's', instanceId: 'web-1' } as ResourceOwner;

type Looked = Extract<ReconciledPlace, { readonly kind: 'looked' }>;
type Item = Looked['reconciliation']['items'][number];

function worker(problem: Item['problem'] = null): Item {
  return {
    item: {
      kind: 'worker',
      worker: { workerId: 'i-1' as never, owner, state: 'running', stateMessage: '' },
    },
    decision: { action: 'remove', reason: 'session-ended' },
    problem,
  };
}

const looked = (
  items: readonly Item[],
  untrusted: Looked['reconciliation']['untrusted'] = [],
  unreadable: Looked['reconciliation']['unreadable'] = [],
): ReconciledPlace => ({
  kind: 'looked',
  place: { region, account: null },
  reconciliation: { items, mailboxes: [], untrusted, unreadable },
});

/** What `run` says when its engine has looked at a region. */
function run(
  found: ReconciledPlace,
  ...options: string[]
): Promise<CliRun & { readonly asked: RunPoliciesRequest['reconcile'] }> {
  return runOn({ kind: 'ec2', region, worker: null }, found, ...options);
}

async function runOn(
  cloud: CloudSetting,
  found: ReconciledPlace,
  ...options: string[]
): Promise<CliRun & { readonly asked: RunPoliciesRequest['reconcile'] }> {
  let asked: RunPoliciesRequest['reconcile'];
  const done = await runCliWith(['run', ...options], {
    vault: {
      cloud,
      engine: {
        runPolicies: ({ reconcile, onReconciled }) => {
          asked = reconcile;
          onReconciled?.(found);
          return Promise.resolve();
        },
      },
    },
  });
  return { ...done, asked };
}

describe("what 'run' says of what is left over in AWS", () => {
  it('is nothing where all is in order', async () => {
    const { stderr, exitCode, asked } = await run(looked([]));
    assert.deepEqual([stderr, exitCode, asked], ['', 0, undefined]);
  });

  it('is of which sessions all is kept, because they cannot be read', async () => {
    const error = new SnapledgerError('LEDGER_CORRUPT', 'event 3 is damaged');
    const { stderr } = await run(looked([], [], [{ sessionId: owner.sessionId, error }]));
    assert.match(stderr, /what is left of 1 session is kept.*event 3 is damaged/);
  });

  it('is how much would go, and which command removes it', async () => {
    const { stderr } = await run(looked([worker()]));
    assert.match(stderr, /left over in eu-central-1 from sessions that have ended: 1 resource/);
    assert.match(stderr, /'snapledger reconcile --region eu-central-1' shows them/);
  });

  it('is what was removed, and what could not be, where it is to be removed', async () => {
    const held = { code: 'SNAPSHOT_HELD', message: 'an image is made of it' };
    const { stderr, asked } = await run(looked([worker(), worker(held)]), '--reconcile', 'remove');
    assert.equal(asked, 'remove');
    assert.match(stderr, /reconcile: 1 left-over resource removed in eu-central-1/);
    assert.match(stderr, /1 left-over resource could not be removed .*an image is made of it/);
  });

  it('is what carries tags that were changed', async () => {
    const untrusted = [{ region, resourceId: 'i-2', reason: 'the mark is missing' }];
    const { stderr } = await run(looked([], untrusted));
    assert.match(stderr, /with tags that were changed: i-2 \(the mark is missing\)/);
  });

  it('is why a region cannot be looked at, which stops nothing', async () => {
    const error = new SnapledgerError('CLOUD_ACCESS_DENIED', 'UnauthorizedOperation');
    const { stderr, exitCode } = await run({
      kind: 'failed',
      place: { region, account: null },
      error,
    });
    assert.match(stderr, /left over in eu-central-1 cannot be seen: UnauthorizedOperation/);
    assert.equal(exitCode, 0);
  });

  it("is not asked for with '--once', which does not look", async () => {
    const { exitCode, stderr, asked } = await run(looked([]), '--once', '--reconcile', 'remove');
    assert.equal(exitCode, 2);
    assert.match(stderr, /'--once' looks at nothing that is left over in AWS/);
    assert.equal(asked, undefined);
  });

  it('is nothing to ask for of a vault of this machine', async () => {
    for (const mode of ['plan', 'adopt', 'remove'] as const) {
      const { exitCode, stderr, asked } = await runOn(
        { kind: 'local' },
        looked([]),
        '--reconcile',
        mode,
      );
      assert.equal(exitCode, 2);
      assert.match(stderr, /there is nothing to reconcile/);
      assert.equal(asked, undefined, 'nothing was begun');
    }
    const off = await runOn({ kind: 'local' }, looked([]), '--reconcile', 'off');
    assert.deepEqual([off.exitCode, off.asked], [0, 'off']);
  });

  it('is asked for with a mode that there is', async () => {
    const { exitCode, stderr } = await run(looked([]), '--reconcile', 'all');
    assert.equal(exitCode, 2);
    assert.match(stderr, /Allowed choices are adopt, remove, plan, off/i);
  });
});

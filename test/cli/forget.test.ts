import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceName, InstanceId, VolumeId } from '../../src/domain/identifiers.ts';
import type { ForgettingPlan, HoldId } from '../../src/index.ts';
import { forgotten } from '../../src/domain/sensitive/sensitive.ts';
import { holdJson, holdTable } from '../../src/cli/items/holds.ts';
import { restoreEventInWords } from '../../src/cli/wording/restore-events.ts';
import { runCliWith } from './support/run-cli-with.ts';
import { sampleIds } from './support/sample-records.ts';

const plan: ForgettingPlan = {
  instanceId: 'web-1' as InstanceId,
  forgottenAt: null,
  key: 'there',
  sealedEvents: 5,
  eventsInClear: 2,
  snapshotSets: 2,
  replicas: 0,
  points: 1,
};

describe("'instance forget'", () => {
  it('shows what would be forgotten, what stays, and what has to be looked after, and does nothing', async () => {
    const requests: unknown[] = [];
    const { stdout, exitCode } = await runCliWith(['instance', 'forget', 'web-1'], {
      vault: { forgetting: plan, asked: (request) => requests.push(request) },
    });
    assert.equal(exitCode, 0);
    assert.deepEqual(requests, []);
    assert.match(
      stdout,
      /^to be forgotten: what is sensitive in 5 events, by destroying its key$/m,
    );
    assert.match(stdout, /^stays in clear: 2 events that an earlier version recorded$/m);
    assert.match(
      stdout,
      /^stays until its rules .*: 2 snapshot sets, 0 replicas, 1 restore point$/m,
    );
    assert.match(stdout, /^keeps the key as well: any copy of the repository/m);
    assert.match(stdout, /^nothing is done yet: repeat the command with '--yes'$/m);
  });

  it('does it with --yes, and says so; with events in clear when that is accepted', async () => {
    const requests: unknown[] = [];
    const vault = { asked: (request: unknown) => requests.push(request) };
    const { stdout } = await runCliWith(['instance', 'forget', 'web-1', '--yes'], { vault });
    assert.match(stdout, /^instance web-1 is forgotten$/m);
    await runCliWith(['instance', 'forget', 'web-1', '--yes', '--leave-clear'], { vault });
    assert.deepEqual(requests, [
      { instanceId: 'web-1', eventsInClear: 'refuse' },
      { instanceId: 'web-1', eventsInClear: 'leave' },
    ]);
  });

  it('tells programs the same', async () => {
    const { stdout } = await runCliWith(['instance', 'forget', 'web-1', '--json'], {
      vault: { forgetting: { ...plan, key: 'gone', forgottenAt: sampleIds.startedAt } },
    });
    const told = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [told['id'], told['change'], told['key'], told['sealedEvents']],
      ['web-1', 'planned', 'gone', 5],
    );
    assert.equal(told['forgottenAt'], new Date(sampleIds.startedAt).toISOString());
  });

  it('exits with a warning when a witness did not get the checkpoint of the record of it', async () => {
    const problem = { code: 'WITNESS_FAILED', message: 'the witness is away' };
    const { exitCode, stderr } = await runCliWith(['instance', 'forget', 'web-1', '--yes'], {
      vault: { sealed: { kind: 'sealed', checkpoint: null, problems: [problem] } },
    });
    assert.equal(exitCode, 3);
    assert.match(stderr, /warning: the witness is away/);
  });
});

describe('what is forgotten', () => {
  it('is shown as that: the note of a hold', () => {
    const hold = {
      holdId: 'cccc3333-0000-4000-8000-000000000003' as HoldId,
      instanceId: plan.instanceId,
      item: { kind: 'restore-point', id: sampleIds.session } as const,
      hold: { kind: 'legal-hold', note: forgotten } as const,
      placedAt: sampleIds.startedAt,
    };
    assert.match(holdTable([hold]).join('\n'), /legal hold: its note is forgotten/);
    assert.deepEqual((holdJson(hold) as { readonly hold: unknown }).hold, {
      kind: 'legal-hold',
      note: null,
    });
  });

  it('is shown as that: where a volume was restored to', () => {
    const words = restoreEventInWords({
      type: 'VolumeRestored',
      data: {
        volumeId: 'vol-1' as VolumeId,
        device: '/dev/xvda' as DeviceName,
        sizeBytes: 1024,
        location: forgotten,
        bytesWritten: 1024,
        bytesDamaged: 0,
      },
    });
    assert.match(words, /restored to a place that is forgotten$/);
  });
});

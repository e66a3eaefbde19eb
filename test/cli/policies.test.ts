import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openVault, type PolicyId, SnapledgerError } from '../../src/index.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';

let temporary: TemporaryFolder;
let vaultFolder: string;
const passphrase = 'policies';

before(async () => {
  temporary = await makeTemporaryFolder();
  vaultFolder = path.join(temporary.path, 'vault');
  await createTestVault({ folder: vaultFolder, passphrase });
  await makeDisk(path.join(temporary.path, 'disk.img'), ['a', 'b']);
  await run('instance add web-1 --volume /dev/xvda=disk.img --tag env=prod');
});

after(async () => {
  await temporary[Symbol.asyncDispose]();
});

function attempt(line: string): Promise<CliRun> {
  return runCliWith(line.split(' '), {
    env: { SNAPLEDGER_VAULT: vaultFolder, SNAPLEDGER_PASSPHRASE: passphrase },
    dependencies: { workingFolder: temporary.path, openVault },
  });
}

async function run(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(line);
  assert.equal(exitCode, 0, `${line}: ${stderr}`);
  return stdout;
}

async function write(name: string, keep: number, extra = ''): Promise<void> {
  const text = `policies:
  - policyId: prod
    selection: { include: { kind: tag, key: env, value: prod } }
    snapshots:
      schedules: [{ kind: daily, hour: 7 }]
      retention: { count: ${keep} }
    image: { level: off${keep === 0 ? ', changedBlockTracking: off' : ''} }
${extra}`;
  await writeFile(path.join(temporary.path, name), text);
}

interface Refusal {
  readonly code: string;
  readonly details: {
    readonly losses: readonly {
      readonly instanceId: string;
      readonly going: readonly { readonly kind: string; readonly id: string }[];
    }[];
  };
}

describe('policies on the command line', () => {
  it('are applied from a file, listed, shown, run, and removed', async () => {
    await write('policies.yaml', 8);
    assert.equal(await run('policy validate policies.yaml'), 'policies.yaml is sound: 1 policy\n');
    assert.equal(await run('policy apply policies.yaml'), 'policy prod: new\n');
    assert.equal(await run('policy apply policies.yaml'), 'policy prod: unchanged\n');
    assert.match(await run('policy list'), /^prod +0 +1 .* none +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    assert.match(
      await run('policy show prod'),
      /^policy prod, version 1\n +covers +web-1\n +instances +tag env=prod\n.*keep the newest 8 sets\n.*daily at 07:00/s,
    );
    assert.match(await run('policy show web-1'), /^policy of web-1: prod\n +covers +web-1\n/);
    assert.match(await run('policy run prod'), /^run of policy prod: done\n/);
    assert.match(await run('sessions'), /policy prod +run .* done/);
    assert.equal(await run('run --once'), 'nothing was due\n');
    const { stdout } = await attempt('policy show prod --json');
    await writeFile(
      path.join(temporary.path, 'shown.json'),
      JSON.stringify({ policies: [(JSON.parse(stdout) as { policy: object }).policy] }),
    );
    assert.equal(await run('policy apply shown.json'), 'policy prod: unchanged\n');
  });

  it('are not stored when anything in the file is wrong', async () => {
    await write('wrong.yaml', 3, '  - policyId: other\n    colour: red\n');
    const refused = await attempt('policy apply wrong.yaml');
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /wrong\.yaml:9:5: policies\[1\]\.colour is not known/);
    assert.match(await run('policy show prod'), /newest 8 sets/);
    await write('worse.yaml', -3, '    colour: red\n');
    assert.match(
      (await attempt('policy apply worse.yaml')).stderr,
      /^snapledger: worse\.yaml:6:27: .*count is -3\. .*\nworse\.yaml:8:5: .*colour is not known\. .*\nNothing was stored\./m,
    );
    const missing = await attempt('policy apply nowhere.yaml');
    assert.equal(missing.exitCode, 2);
    assert.match(missing.stderr, /nowhere\.yaml cannot be read/);
    const latin1 = Buffer.from('# M\u00fcll\n', 'latin1');
    await writeFile(path.join(temporary.path, 'latin1.yaml'), latin1);
    const foreign = await attempt('policy apply latin1.yaml');
    assert.equal(foreign.exitCode, 2);
    assert.match(foreign.stderr, /latin1\.yaml is not encoded in UTF-8\nsave it in UTF-8/);
  });

  it('need --yes when the next run would remove more than half of what there is', async () => {
    for (let backups = 0; backups < 3; backups += 1) await run('backup web-1');
    await write('fewer.yaml', 1);
    const refused = await attempt('policy apply fewer.yaml');
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /nothing was changed: with its next retention or backup web-1 would lose 4 of 4 items in its chains: the snapshot set of .*\n.*--yes/,
    );
    const { code, details } = JSON.parse(
      (await attempt('policy apply fewer.yaml --json')).stderr,
    ) as Refusal;
    assert.equal(code, 'CONFIRMATION_NEEDED');
    const [loss] = details.losses;
    assert.equal(loss?.instanceId, 'web-1');
    const sets = JSON.parse(await run('snapshots web-1 --json')) as { readonly id: string }[];
    assert.deepEqual(
      loss.going.map(({ kind, id }) => `${kind} ${id}`),
      sets.map(({ id }) => `snapshot-set ${id}`),
    );
    assert.match(await run('policy show prod'), /newest 8 sets/);
    assert.equal(await run('policy apply fewer.yaml --yes'), 'policy prod: changed\n');
    assert.match(await run('policy list'), /^prod +0 +2 /m);
  });

  it('need --yes to keep nothing, and say what would go, however little that is', async () => {
    const text = `policies:
  - policyId: prod
    selection: { include: { kind: tag, key: env, value: prod } }
    snapshots: { retention: { count: 0 } }
    image: { changedBlockTracking: off }
`;
    await writeFile(path.join(temporary.path, 'nothing.yaml'), text);
    await run('retention run web-1');
    await run('backup web-1 --manual');
    await run('backup web-1 --manual');
    const { exitCode, stderr } = await attempt('policy apply nothing.yaml');
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /nothing was changed: with its next retention or backup web-1 would lose 1 of 1 item in its chains: the snapshot set of [^;]*; policy 'prod' keeps no snapshot set by its own rules\n.*--yes/,
    );
  });

  it('need --yes, too, where tags take an instance to a policy by which more than half goes', async () => {
    await write('more.yaml', 8);
    await run('policy apply more.yaml');
    for (let backups = 0; backups < 5; backups += 1) await run('backup web-1');
    const text = `policies:
  - policyId: lab
    selection: { include: { kind: tag, key: env, value: lab } }
    snapshots: { retention: { count: 1 } }
`;
    await writeFile(path.join(temporary.path, 'lab.yaml'), text);
    assert.equal(await run('policy apply lab.yaml'), 'policy lab: new\n');
    const refused = await attempt('instance tag web-1 --set env=lab');
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /nothing was changed: with its next retention or backup web-1 would lose 6 of 6 items in its chains: the snapshot set of .*\n.*--yes/,
    );
    assert.match(await run('instance tag web-1 --set team=b'), /env=prod, team=b/);
    assert.match(await run('instance tag web-1 --set env=lab --yes'), /env=lab/);
    await run('instance tag web-1 --set env=prod --remove team');
    await run('policy remove lab');
  });

  it('name what is busy, unknown or missing', async () => {
    const unknown = await attempt('policy run nobody');
    assert.match(unknown.stderr, /there is no policy 'nobody'/);
    const removed = await attempt('policy remove nobody');
    assert.match(removed.stderr, /there is no policy 'nobody'/);
  });

  it('follow the tags of an instance', async () => {
    const refused = await attempt('instance tag web-1 --set env=test --set team=a');
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /nothing was changed: web-1 would belong to no policy: nothing would back it up any more\n.*--yes/,
    );
    assert.match(await run('instance tag web-1 --set team=a'), /env=prod, team=a/);
    assert.match(await run('instance tag web-1 --set env=test --yes'), /env=test, team=a/);
    const { stderr } = await attempt('backup web-1');
    assert.match(stderr, /no policy covers instance 'web-1'/);
    const nothing = await attempt('policy run prod');
    assert.equal(nothing.exitCode, 3);
    assert.match(nothing.stdout, /has no instance to back up/);
    assert.equal(
      await run('instance tag web-1 --remove env --remove team'),
      'tags of web-1: none\n',
    );
    assert.equal(await run('policy remove prod'), 'policy prod: removed; what it made stays\n');
    assert.match(await run('policy list'), /no policies yet/);
  });
});

describe('policy list', () => {
  it('says of a policy that cannot be read that it is there, and why', async () => {
    const error = new SnapledgerError('UNKNOWN_EVENT', 'a newer version wrote it', {
      remedy: 'Use the newer version.',
    });
    const { exitCode, stdout, stderr } = await runCliWith(['policy', 'list'], {
      vault: { unreadable: [{ policyId: 'lost' as PolicyId, lastKnown: null, error }] },
    });
    assert.equal(exitCode, 3);
    assert.match(stdout, /no policies yet/);
    assert.match(
      stderr,
      /warning: policy 'lost' cannot be read: a newer version wrote it\nUse the newer version\./,
    );
  });
});

describe('run, while the ledger does not answer for a time,', () => {
  const away = new SnapledgerError('LEDGER_UNAVAILABLE', 'the ledger is away', {
    retry: 'retryable',
    remedy: 'Look at its server.',
  });

  it('says so at once, and ends well when everything did in the end', async () => {
    const { exitCode, stdout, stderr } = await runCliWith(['run'], {
      vault: { trouble: away, runEnds: [away, away, 'well'] },
    });
    assert.equal(exitCode, 0);
    assert.match(stdout, /: done\n$/);
    const warnings = stderr.match(/warning: .*\n.*\n/g);
    assert.deepEqual(warnings, [
      'warning: what is due cannot be seen, and is looked for again: the ledger is away\nLook at its server.\n',
      'warning: nightly: the ledger is away\nLook at its server.\n',
    ]);
  });

  it('leaves a run that waits to try again, when it is stopped, and ends well', async () => {
    const waits = new SnapledgerError('INTERRUPTED', 'run 1 waits to try again at 5', {
      retry: 'retryable',
    });
    const stopped = await runCliWith(['run'], {
      vault: { runEnds: [waits] },
      signal: AbortSignal.abort(new Error('stopped')),
    });
    assert.equal(stopped.exitCode, 0);
    assert.equal(
      stopped.stdout,
      "run 1 waits to try again at 5; 'snapledger run' goes on with it\n",
    );
    assert.equal(stopped.stderr.includes('warning'), false);
    const died = await runCliWith(['run'], { vault: { runEnds: [waits] } });
    assert.equal(died.exitCode, 1);
  });

  it('says what will not be tried again in the words of the error alone', async () => {
    const trouble = new SnapledgerError('LEDGER_ACCESS_DENIED', 'runs are not handed out', {
      remedy: 'Give the right.',
    });
    const { exitCode, stderr } = await runCliWith(['run'], {
      vault: { trouble, runEnds: ['well'] },
    });
    assert.equal(exitCode, 0);
    assert.match(stderr, /warning: runs are not handed out\nGive the right\.\n/);
  });

  it('fails with the reason when a run never came to its end', async () => {
    const { exitCode, stderr } = await runCliWith(['run', '--once'], {
      vault: { runEnds: [away] },
    });
    assert.equal(exitCode, 1);
    assert.match(stderr, /snapledger: the ledger is away\nLook at its server\.\n$/);
    assert.doesNotMatch(stderr, /warning/, 'it is told once');
  });
});

describe('a simulation on the command line', () => {
  it('needs no vault, and reproduces the worked example by count', async () => {
    const text = `policies:
  - policyId: example
    selection: { include: { kind: all } }
    snapshots:
      schedules: [{ kind: cron, expression: "0 7-17/2 * * *" }]
      retention: { count: 2 }
    image: { schedules: [{ kind: cron, expression: "0 7,17 * * *" }] }
`;
    await writeFile(path.join(temporary.path, 'example.yaml'), text);
    const { stdout } = await runCliWith(
      'policy simulate example.yaml --for 1 --from 2026-01-05'.split(' '),
      { env: {}, dependencies: { workingFolder: temporary.path } },
    );
    const removes = [...stdout.matchAll(/removes set 01-05 (\d\d)/g)].map(([, hour]) => hour);
    assert.deepEqual(removes, ['09', '11', '07', '13']);
    assert.match(stdout, /sets \(2\): 01-05 15:00 {2}01-05 17:00\*\n/);

    const failing = await runCliWith(
      'policy simulate example.yaml --for 1 --from 2026-01-05 --fail 6'.split(' '),
      { env: {}, dependencies: { workingFolder: temporary.path } },
    );
    const removed = [...failing.stdout.matchAll(/removes set 01-05 (\d\d)/g)].map(([, at]) => at);
    assert.deepEqual(removed, ['09', '11', '13'], 'a session that fails does not move the base');
    assert.match(failing.stdout, /sets \(3\): 01-05 07:00\* {2}01-05 15:00 {2}01-05 17:00\n/);
  });

  it('tells two times apart that the clocks show twice on one day', async () => {
    const text = `policies:
  - policyId: autumn
    timeZone: Europe/Berlin
    selection: { include: { kind: all } }
    snapshots:
      schedules: [{ kind: cron, expression: "30 * * * *" }]
      retention: { count: 3 }
    image: { level: off }
`;
    await writeFile(path.join(temporary.path, 'autumn.yaml'), text);
    const { stdout } = await runCliWith(
      'policy simulate autumn.yaml --for 1 --from 2026-10-25'.split(' '),
      { env: {}, dependencies: { workingFolder: temporary.path } },
    );
    assert.match(stdout, /^2026-10-25 {2}00:30, 01:30, 02:30 GMT\+2, 02:30 GMT\+1, 03:30, /m);
    assert.match(
      stdout,
      /removes set 10-25 02:30 GMT\+2: .*\n {4}removes set 10-25 02:30 GMT\+1: .*\n {4}removes set 10-25 03:30: /s,
    );
  });

  it('says what has no effect: sessions to fail that never come, image-level where it is off', async () => {
    const text = `policies:
  - policyId: weekly
    selection: { include: { kind: all } }
    snapshots:
      schedules: [{ kind: weekly, weekdays: [1], hour: 0 }]
      retention: { count: 2 }
    image: { level: off }
`;
    await writeFile(path.join(temporary.path, 'effects.yaml'), text);
    const simulate = (options: string): Promise<CliRun> =>
      runCliWith(`policy simulate effects.yaml --for 14d --from 2026-01-05 ${options}`.split(' '), {
        env: {},
        dependencies: { workingFolder: temporary.path },
      });
    const failing = await simulate('--fail 2,3,50');
    assert.equal(failing.exitCode, 0);
    assert.match(failing.stdout, /^2026-01-12 {2}00:00 FAILED$/m);
    assert.match(
      failing.stderr,
      /^snapledger: warning: '--fail 3,50' has no effect: in 14 days there are 2 sessions\n.*--for/,
    );
    const program = await simulate('--fail 3 --json');
    assert.equal((JSON.parse(program.stderr) as { level: string }).level, 'warning');
    assert.equal((await simulate('--fail 1,2')).stderr, '');
    const off = await simulate('--image-every 2');
    assert.equal(off.exitCode, 2);
    assert.equal(off.stdout, '');
    assert.match(
      off.stderr,
      /image-level backup is off in policy 'weekly', so '--image-every' has no effect\n/,
    );
  });

  it('shows maintenance between backups, in days of the time zone of the policy', async () => {
    const text = `policies:
  - policyId: weekly
    timeZone: America/New_York
    selection: { include: { kind: all } }
    snapshots:
      schedules: [{ kind: weekly, weekdays: [1], hour: 0 }]
      retention: { age: { amount: 2, unit: days } }
    image: { level: off }
`;
    await writeFile(path.join(temporary.path, 'weekly.yaml'), text);
    const simulate = 'policy simulate weekly.yaml --for 3d --from 2026-01-05';
    const options = { env: {}, dependencies: { workingFolder: temporary.path } };
    const { stdout } = await runCliWith(simulate.split(' '), options);
    assert.equal(
      stdout,
      `policy weekly, times of America/New_York; * is the CBT base

2026-01-05  00:00
    sets (1): 01-05 00:00
2026-01-07  00:00 maintenance
    removes set 01-05 00:00: 2 days old or older
    nothing is left
`,
    );
    const program = await runCliWith([...simulate.split(' '), '--json'], options);
    const [first, second] = JSON.parse(program.stdout) as readonly object[];
    assert.deepEqual(first, {
      id: '2026-01-05',
      date: '2026-01-05',
      sessions: [
        {
          ...{ number: 1, startedAt: '2026-01-05T05:00:00.000Z' },
          ...{ scope: 'snapshot-only', outcome: 'succeeded' },
        },
      ],
      maintenance: [],
      removed: [],
      chain: [
        {
          ...{ kind: 'snapshot-set', target: null, takenAt: '2026-01-05T05:00:00.000Z' },
          reasons: [{ kind: 'within-age', age: { amount: 2, unit: 'days' } }],
        },
      ],
    });
    assert.deepEqual(second, {
      id: '2026-01-07',
      date: '2026-01-07',
      sessions: [],
      maintenance: [{ startedAt: '2026-01-07T05:00:00.000Z' }],
      removed: [
        {
          ...{ kind: 'snapshot-set', target: null, takenAt: '2026-01-05T05:00:00.000Z' },
          reasons: [{ kind: 'expired', age: { amount: 2, unit: 'days' } }],
        },
      ],
      chain: [],
    });
    assert.equal(program.stderr, '');
    const noDate = await runCliWith(
      'policy simulate weekly.yaml --from 2026-02-30'.split(' '),
      options,
    );
    assert.equal(noDate.exitCode, 2);
    assert.match(noDate.stderr, /Give a date, such as 2026-01-05/);
  });
});

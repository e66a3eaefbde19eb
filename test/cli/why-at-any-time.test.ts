import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { createVault, openVault, type TimestampMs } from '../../src/index.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { runCliWith } from './support/run-cli-with.ts';

/** Everything is kept for two days. */
const policies = `policies:
  - policyId: all
    selection: { include: { kind: all } }
    snapshots: { retention: { age: { amount: 2, unit: days } } }
    replicas: [{ target: { region: west }, retention: { age: { amount: 2, unit: days } } }]
    image: { retention: { age: { amount: 2, unit: days } } }
`;
const kinds = ['snapshot-set', 'replica', 'restore-point'] as const;
type Kind = (typeof kinds)[number];

let temporary: TemporaryFolder;
let vaultFolder: string;
/** What the first backup made, and what the second. */
let first: Record<Kind, string>;
let second: Record<Kind, string>;

before(async () => {
  temporary = await makeTemporaryFolder();
  vaultFolder = path.join(temporary.path, 'vault');
  // Timers are real: only the time of the day is the test's.
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-05T07:00Z') });
  await createVault({ folder: vaultFolder, passphrase: 'why' });
  await makeDisk(path.join(temporary.path, 'disk.img'), ['a', 'b']);
  await writeFile(path.join(temporary.path, 'policies.yaml'), policies);
  await run('instance add web-1 --volume /dev/xvda=disk.img');
  await run('policy apply policies.yaml');
  await run('policy run all');
  first = await itemsTaken('2026-01-05');
  mock.timers.setTime(Date.parse('2026-01-06T07:00Z'));
  await run('policy run all');
  second = await itemsTaken('2026-01-06');
  mock.timers.setTime(Date.parse('2026-01-07T09:00Z'));
});

after(async () => {
  mock.timers.reset();
  await temporary[Symbol.asyncDispose]();
});

async function run(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCliWith(line.split(' '), {
    env: { SNAPLEDGER_VAULT: vaultFolder, SNAPLEDGER_PASSPHRASE: 'why' },
    dependencies: {
      workingFolder: temporary.path,
      openVault,
      now: () => Date.now() as TimestampMs,
    },
  });
  assert.equal(exitCode, 0, `${line}: ${stderr}`);
  return stdout;
}

async function itemsTaken(day: string): Promise<Record<Kind, string>> {
  const items = JSON.parse(await run('retention plan web-1 --json')) as readonly {
    readonly id: string;
    readonly kind: Kind;
    readonly takenAt: string;
  }[];
  const idOf = (wanted: Kind): string => {
    const found = items.filter(({ kind, takenAt }) => kind === wanted && takenAt.startsWith(day));
    assert.equal(found.length, 1, wanted);
    return found[0]?.id ?? '';
  };
  return {
    'snapshot-set': idOf('snapshot-set'),
    replica: idOf('replica'),
    'restore-point': idOf('restore-point'),
  };
}

/** State, when it ends, and the kinds of the reasons. */
async function whyIn(id: string, at: string | null): Promise<string> {
  const said = JSON.parse(
    await run(`why ${id} --json${at === null ? '' : ` --at ${at}`}`),
  ) as Record<'state' | 'kind', string> & {
    readonly until?: string | null;
    readonly decidedAt?: string;
    readonly reasons: readonly {
      readonly kind?: string;
      readonly reason?: { readonly kind: string };
    }[];
  };
  const reasons = said.reasons.map(({ kind, reason }) => kind ?? reason?.kind);
  return [said.state, said.until ?? said.decidedAt ?? '-', ...reasons].join(' ');
}

describe("due maintenance by 'run', and why things are there at any time", () => {
  const pins = {
    'snapshot-set': 'cbt-base',
    replica: 'replica-base',
    'restore-point': 'parent-point',
  };
  const firstExpiry = '2026-01-07T07:00:00.000Z';

  it('removes with run --once what time alone let go, tells what, and does it once', async () => {
    const before = await whyIn(first['snapshot-set'], null);
    assert.equal(before, 'goes - expired');
    const said = await run('run --once');
    assert.match(said, /^retention [0-9a-f]{8} of instance web-1: done\n$/);
    assert.equal(await run('run --once'), 'nothing was due\n');
  });

  for (const kind of kinds) {
    it(`tells of a ${kind} that was removed: now, when it was needed, and when it was not`, async () => {
      const id = first[kind];
      assert.equal(await whyIn(id, null), 'removed 2026-01-07T09:00:00.000Z expired');
      assert.equal(await whyIn(id, '2026-01-05T12:00Z'), `stays - within-age ${pins[kind]}`);
      assert.equal(await whyIn(id, '2026-01-06T12:00Z'), `stays ${firstExpiry} within-age`);
      const goes = kind === 'restore-point' ? 'expired' : 'goes';
      assert.equal(await whyIn(id, '2026-01-07T08:00Z'), `${goes} - expired`);
      assert.match(
        await run(`why ${id.slice(0, 13)}`),
        /^\S+ \S+ of web-1, taken .*\nIt was removed .* by session [0-9a-f]{8}: 2 days old or older\n/,
      );
    });

    it(`tells of a ${kind} that is kept, and of a moment before it was there`, async () => {
      const id = second[kind];
      assert.equal(await whyIn(id, null), `stays - within-age ${pins[kind]}`);
      const words = await run(`why ${id.slice(0, 13)} --at 2026-01-06T08:00Z`);
      assert.match(words, /^It stays, because:\n- younger than 2 days.*; until 2026-01-0/m);
      const env = { SNAPLEDGER_VAULT: vaultFolder, SNAPLEDGER_PASSPHRASE: 'why' };
      const early = await runCliWith(['why', id, '--at', '2026-01-06T06:00Z'], {
        env,
        dependencies: { workingFolder: temporary.path, openVault },
      });
      assert.equal(early.exitCode, 1);
      assert.match(early.stderr, /was not there at 2026-01-06T06:00:00\.000Z/);
    });
  }
});

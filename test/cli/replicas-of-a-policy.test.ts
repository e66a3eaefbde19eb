import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openVault } from '../../src/index.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { runCliWith } from './support/run-cli-with.ts';

let temporary: TemporaryFolder;
let vaultFolder: string;
const passphrase = 'replicas';

before(async () => {
  temporary = await makeTemporaryFolder();
  vaultFolder = path.join(temporary.path, 'vault');
  await createTestVault({ folder: vaultFolder, passphrase });
  await makeDisk(path.join(temporary.path, 'disk.img'), ['a', 'b']);
  await run('instance add web-1 --volume /dev/xvda=disk.img');
});

after(async () => {
  await temporary[Symbol.asyncDispose]();
});

async function run(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCliWith(line.split(' '), {
    env: { SNAPLEDGER_VAULT: vaultFolder, SNAPLEDGER_PASSPHRASE: passphrase },
    dependencies: { workingFolder: temporary.path, openVault, now: () => Date.now() as never },
  });
  assert.equal(exitCode, 0, `${line}: ${stderr}`);
  return stdout;
}

/** One set, two replicas in the west, no image level. */
async function applyPolicy(replicas: string): Promise<void> {
  const text = `policies:
  - policyId: copied
    selection: { include: { kind: instances, instanceIds: [web-1] } }
    snapshots: { retention: { count: 1 } }
    image: { level: off }
    replicas: ${replicas}
`;
  await writeFile(path.join(temporary.path, 'copied.yaml'), text);
  await run('policy apply copied.yaml --yes');
}

interface PlannedItem {
  readonly id: string;
  readonly kind: string;
  readonly decision: string;
  readonly reasons: readonly { readonly kind: string }[];
}

async function plannedItems(): Promise<readonly PlannedItem[]> {
  return JSON.parse(await run('retention plan web-1 --json')) as readonly PlannedItem[];
}

async function replicasPlanned(): Promise<readonly string[]> {
  return (await plannedItems())
    .filter(({ kind }) => kind === 'replica')
    .map(({ decision, reasons }) => [decision, ...reasons.map(({ kind }) => kind)].join(' '));
}

describe('replicas of a policy, from its file to their end,', () => {
  it('are made by its runs, and kept by rules of their own', async () => {
    await applyPolicy('[{ target: { region: west }, retention: { count: 2 } }]');
    for (let runs = 0; runs < 2; runs += 1) await run('policy run copied');
    const [oldest] = (await plannedItems()).filter(({ kind }) => kind === 'replica');
    assert.ok(oldest !== undefined);
    assert.match(
      await run(`why ${oldest.id.slice(0, 13)}`),
      /^replica .* of web-1, taken .*\n.*one of the newest 2 replicas, which the policy keeps; until/s,
    );
    assert.equal((await plannedItems()).filter(({ kind }) => kind === 'snapshot-set').length, 1);

    await run('policy run copied');
    assert.deepEqual(await replicasPlanned(), [
      'keep within-count',
      'keep within-count replica-base',
    ]);
    assert.match(
      await run(`why ${oldest.id.slice(0, 13)}`),
      /It was removed .*: older than the newest 2 replicas, which the\s+policy keeps/s,
    );
    const copies = await readdir(path.join(vaultLayout(vaultFolder).cloud, 'regions', 'west'));
    assert.equal(copies.length, 2);
  });

  it('are shown with what would become of them, and removed by retention alone', async () => {
    await applyPolicy('[{ target: { region: west }, retention: { count: 1 } }]');
    assert.deepEqual(await replicasPlanned(), [
      'remove beyond-count',
      'keep within-count replica-base',
    ]);
    assert.match(
      await run('retention plan web-1'),
      /replica .* goes next .*older than the newest replica, which the\s+policy keeps/,
    );
    const said = await run('retention run web-1');
    assert.match(said, /removed +replica [0-9a-f]+: older than the newest replica/);
    assert.deepEqual(await replicasPlanned(), ['keep within-count replica-base']);
  });

  it('stay when the policy copies to there no more, until the setting for such items says otherwise', async () => {
    await applyPolicy('[{ target: { region: east }, retention: { count: 1 } }]');
    await run('policy run copied');
    assert.deepEqual(await replicasPlanned(), ['keep no-policy', 'keep within-count replica-base']);
    assert.match(await run('replicas web-1'), /west .*no policy rules over it any more/);
  });
});

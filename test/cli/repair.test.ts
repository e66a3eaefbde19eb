import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { flipBit, makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { findPack } from '../support/vault/find-packs.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import type { ProcessResult } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

describe("'repair'", { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder = '';
  let points: readonly string[] = [];
  const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'correct horse' };
  const run = (line: string): Promise<ProcessResult> =>
    runInProcess(line.split(' '), { env, folder });
  const succeed = async (line: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(line);
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
    return stdout;
  };

  /** Two points that share a damaged block, which is in the snapshot of the second one. */
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    await makeDisk(join(folder, 'disk.img'), ['a', 'b', 'c']);
    await createTestVault({
      folder: join(folder, 'vault'),
      passphrase: env.SNAPLEDGER_PASSPHRASE,
    });
    await succeed('instance add web-1 --volume /dev/xvda=disk.img');
    await succeed('policy set web-1 --keep-snapshots 1 --transport direct');
    await succeed('backup web-1');
    await writeBlock(join(folder, 'disk.img'), 0, noise('changed', blockSizeBytes));
    await succeed('backup web-1');
    const listed = JSON.parse(await succeed('points --json')) as { id: string }[];
    points = listed.map(({ id }) => id);
    const { file } = await findPack(join(folder, 'vault'), points[0] as PointId, 'data');
    await flipBit(file, -100);
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const lose = async (): Promise<void> => {
    await writeBlock(join(folder, 'disk.img'), 2, noise('over', blockSizeBytes));
    await succeed('backup web-1');
  };

  it('shows first what is damaged and what heals it, and changes nothing', async () => {
    const before = await succeed('sessions --json');
    const { exitCode, stdout } = await run('repair --deep');
    assert.equal(exitCode, 1, 'damage was found');
    const [one = '', two = ''] = points.map((id) => id.slice(0, 8));
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `web-1: 2 points checked, damaged: ${one}, ${two}`,
      '  1 damaged block: 0 from other copies, 1 from snapshots, 0 not to be had',
      "nothing is done yet: repeat the command with '--yes'",
    ]);
    assert.equal(await succeed('sessions --json'), before);
    const json = JSON.parse((await run('repair web-1 --deep --json')).stdout) as object[];
    assert.deepEqual(json, [
      {
        id: 'web-1',
        pointsChecked: 2,
        damagedPoints: points,
        lostPoints: [],
        healable: {
          blocksDamaged: 1,
          blocksFromCopies: 0,
          blocksFromElsewhere: 1,
          mapPartsDamaged: 0,
          mapPartsHealed: 0,
          objectsSpoilt: 0,
        },
        unreadSnapshots: null,
      },
    ]);
  });

  it('heals with --yes, as a session that can be replayed', async () => {
    const told = await succeed('repair --deep --yes');
    assert.match(told, /^repair of web-1: done in .*\nfound {8}1 damaged block: /);
    assert.match(told, /\nhealed {7}2 points, 5\d\d\.\d KiB written\n$/);
    assert.match(await succeed('verify --deep'), /^2 points checked .*: sound\n$/);
    await succeed(`restore ${points[1] ?? ''} --to restored`);
    assert.equal(
      await sha256OfFile(join(folder, 'restored', 'xvda.img')),
      await sha256OfFile(join(folder, 'disk.img')),
    );
    const sessions = JSON.parse(await succeed('sessions web-1 --json')) as {
      id: string;
      kind: string;
    }[];
    const repair = sessions.find(({ kind }) => kind === 'repair') ?? assert.fail('it is listed');
    const replayed = await succeed(`replay ${repair.id}`);
    assert.match(replayed, /repair of what is damaged began\n/);
    assert.match(replayed, /2 points of web-1 healed, /);
    assert.match(replayed, /2 points of web-1 marked as sound\n/);
    assert.match(await succeed('repair --deep'), /^2 points checked: nothing is damaged/);
    assert.match(await succeed('repair --deep --yes'), /\nnothing is damaged\n$/);
  });

  it('names what cannot be had; points and restores tell of it from then on', async () => {
    await lose();
    const plan = await run('repair --deep');
    assert.match(
      plan.stdout,
      /1 not to be had\nnothing of it can be healed; with '--yes' the points are marked/,
    );
    const healed = await run('repair --deep --yes');
    assert.equal(healed.exitCode, 1);
    assert.match(healed.stderr, /the repair of web-1 failed: damage was found in 2 restore points/);
    const [one = '', two = ''] = points.map((id) => id.slice(0, 8));
    assert.match(healed.stdout, new RegExp(`left +point ${one} is damaged`));
    assert.match(healed.stdout, new RegExp(`left +point ${two} is damaged`));

    const listed = JSON.parse(await succeed('points --json')) as { damaged: boolean }[];
    assert.deepEqual(
      listed.map(({ damaged }) => damaged),
      [true, true, false],
    );
    assert.match(await succeed('points'), /CONDITION/);
    const restored = await run(`restore ${one} --to restored`);
    assert.equal(restored.exitCode, 1);
    assert.match(
      restored.stderr,
      /^snapledger: warning: restore point \w+ was found to be damaged/,
    );
    assert.match(restored.stdout, /xvda\.img\.damaged/);
  });

  it('says nothing of damage where none is known', async () => {
    const { stderr } = await run(`restore ${points[0] ?? ''} --to restored`);
    assert.doesNotMatch(stderr, /was found to be damaged/);
    assert.doesNotMatch(await succeed('points'), /CONDITION/);
  });

  it('refuses an instance that has no restore points', async () => {
    const { exitCode, stderr } = await run('repair web-2');
    assert.equal(exitCode, 2);
    assert.match(stderr, /no restore points of an instance 'web-2'/);
  });

  it('does not bring back a point that is gone; every command tells of it until retention lets it go', async () => {
    const [gone = '', left = ''] = points;
    const key = `points/web-1/${gone}`;
    const short = gone.slice(0, 8);
    const file = join(folder, 'vault', 'repository', ...key.split('/'));
    const aside = join(folder, 'aside');
    await rename(file, aside);
    const verified = await run('verify');
    assert.equal(verified.exitCode, 1);
    assert.equal(
      verified.stdout,
      `damaged: point ${short}: the point is gone, and no retention has removed it: ` +
        `the object is missing (${key})\n`,
    );
    const listed = await run('points');
    assert.equal(listed.exitCode, 3, 'a warning');
    assert.match(listed.stdout, new RegExp(`${short}.* missing `));
    assert.match(listed.stderr, /1 restore point should be there/);
    const [first] = JSON.parse((await run('points --json')).stdout) as { id: string }[];
    assert.equal(first?.id, left, 'those that are there come first');
    assert.match(await succeed(`audit why ${gone}`), new RegExp(`It is missing:[^]*${key}`));
    const restored = await run(`restore ${gone} --to restored`);
    assert.equal(restored.exitCode, 1);
    assert.match(restored.stderr, new RegExp(`gone\\s+from\\s+the\\s+repository[^]*${left}`));
    const planned = await run('repair');
    assert.match(planned.stdout, new RegExp(`which no repair brings back: ${key}`));
    const marked = await run('repair web-1 --yes');
    assert.equal(marked.exitCode, 1);
    assert.match(marked.stdout, new RegExp(`cannot be restored: bring ${key} back from a copy`));
    assert.equal((await run('gc plan')).exitCode, 1);

    await rename(aside, file);
    await succeed('verify');
    assert.doesNotMatch(await succeed('points'), /missing/);
  });
});

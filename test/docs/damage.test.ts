import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import { runInProcess } from '../cli/support/run-in-process.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { flipBit, makeDisk, noise, writeBlock } from '../support/vault/disk-image.ts';
import { findPack } from '../support/vault/find-packs.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { consoleSamplesOf, patternOfLine } from './console-samples.ts';

const page = await readFile(new URL('../../docs/damage.md', import.meta.url), 'utf8');

describe('docs/damage.md', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder = '';
  const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'correct horse' };
  const snapledger = async (line: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await runInProcess(line.split(' '), { env, folder });
    assert.ok(exitCode === 0 || exitCode === 1, `${line}: ${stderr}`);
    return stdout;
  };
  const points = async (): Promise<readonly PointId[]> =>
    (JSON.parse(await snapledger('points --json')) as { id: PointId }[]).map(({ id }) => id);
  const disk = (): string => join(folder, 'disk.img');

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    await makeDisk(disk(), ['a', 'b', 'c']);
    const passphrase = env.SNAPLEDGER_PASSPHRASE;
    await createTestVault({ folder: join(folder, 'vault'), passphrase });
    await snapledger('instance add web-1 --volume /dev/xvda=disk.img');
    await snapledger('policy set web-1 --keep-snapshots 1 --transport direct');
    await snapledger('backup web-1');
    await writeBlock(disk(), 0, noise('changed', blockSizeBytes));
    await snapledger('backup web-1');
    const [first = assert.fail()] = await points();
    await flipBit((await findPack(join(folder, 'vault'), first, 'data')).file, -100);
  });
  after(() => temporary[Symbol.asyncDispose]());

  /** In the first point alone, and nowhere else: the disk and its snapshots have changed there. */
  const damageForGood = async (): Promise<void> => {
    const [first = assert.fail()] = await points();
    await flipBit((await findPack(join(folder, 'vault'), first, 'data')).file, 40 + 80);
  };

  it('shows what its commands print', async () => {
    const samples = consoleSamplesOf(page);
    assert.ok(samples.length >= 8);
    for (const { command, output } of samples) {
      if (command === 'snapledger repair web-1 --deep --yes') await damageForGood();
      const printed = await snapledger(command.replace(/^snapledger /, ''));
      assert.ok(output.length > 0, command);
      for (const line of output) {
        assert.match(printed, patternOfLine(line), `${command} prints: ${line}`);
      }
    }
  });
});

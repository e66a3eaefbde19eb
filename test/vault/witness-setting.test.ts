import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { readWitnessSetting, writeWitnessSetting } from '../../src/vault/witness-setting.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

describe('the witness of a vault', () => {
  it('is refused when its file cannot be written, and stays who it was', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = temporary.path;
    const setting = { kind: 'file', path: path.join(folder, 'witnessed') } as const;
    await writeWitnessSetting(folder, setting);
    for (const wrong of [path.join(folder, 'nonexistent', 'x'), folder]) {
      await assert.rejects(writeWitnessSetting(folder, { kind: 'file', path: wrong }), {
        code: 'INVALID_ARGUMENT',
        message: /the witness '.*' cannot be written: E/,
      });
    }
    assert.deepEqual(await readWitnessSetting(folder), setting);
  });

  it('has no file until it gets a checkpoint, and keeps what its file had', async () => {
    await using temporary = await makeTemporaryFolder();
    const witnessed = path.join(temporary.path, 'witnessed');
    const setting = { kind: 'file', path: witnessed } as const;
    await writeWitnessSetting(temporary.path, setting);
    await assert.rejects(readFile(witnessed), { code: 'ENOENT' });
    await writeFile(witnessed, '"kept"\n');
    await writeWitnessSetting(temporary.path, setting);
    assert.equal(await readFile(witnessed, 'utf8'), '"kept"\n');
  });
});

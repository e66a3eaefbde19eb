import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createFilePresence } from '../../../src/adapters/filesystem/file-presence.ts';
import type { EngineId } from '../../../src/domain/identifiers.ts';
import { enginePresenceConformance } from '../../conformance/engine-presence.ts';
import { startChild } from './child-process.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

enginePresenceConformance('a folder of locks', async () => {
  const folder = await makeTemporaryFolder();
  const path = join(folder.path, 'engines');
  return {
    open: () => createFilePresence({ folder: path }),
    dispose: async () => {
      await folder[Symbol.asyncDispose]();
    },
  };
});

describe('engines in processes of their own', () => {
  it('are present until they are killed, and their files are removed by who finds them', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    await using holder = await startChild('presence-holder', [folder.path, engine]);
    assert.equal(await presence.isPresent(engine), true);

    await holder.kill();

    assert.ok(existsSync(join(folder.path, `${engine}.lock`)));
    assert.equal(await presence.isPresent(engine), false);
    assert.deepEqual(await readdir(folder.path), ['folder.lock']);
  });

  it('are present while they are stopped: they may go on at any time', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    await using holder = await startChild('presence-holder', [folder.path, engine]);

    holder.signal('SIGSTOP');

    assert.equal(await presence.isPresent(engine), true);
    holder.signal('SIGCONT');
    assert.equal(await presence.isPresent(engine), true);
  });

  it('cannot announce an id that another living process has; a dead one has it no more', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    await using holder = await startChild('presence-holder', [folder.path, engine]);

    await assert.rejects(presence.announce(engine), { code: 'INVALID_ARGUMENT' });
    assert.equal(await presence.isPresent(engine), true);

    await holder.kill();
    await presence.announce(engine);
    assert.equal(await presence.isPresent(engine), true);
    await presence.leave(engine);
  });

  it('keep their lock when this process opens and closes it many times', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    await presence.announce(engine);
    for (let n = 0; n < 50; n++) assert.equal(await presence.isPresent(engine), true);

    // another process would now remove the file, had the lock been lost
    await using prober = await startChild('presence-prober', [folder.path, engine]);
    await new Promise((resolve) => setTimeout(resolve, 200));

    assert.ok(existsSync(join(folder.path, `${engine}.lock`)));
    assert.equal(await presence.isPresent(engine), true);
    await prober.kill();
    await presence.leave(engine);
  });

  it('never lose their file to somebody who takes it for a dead one’s', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    const path = join(folder.path, `${engine}.lock`);
    await using first = await startChild('presence-prober', [folder.path, engine]);
    await using second = await startChild('presence-prober', [folder.path, engine]);

    for (let round = 0; round < 400; round++) {
      // what a dead engine leaves, for everybody to remove while it is announced
      writeFileSync(path, '');
      await presence.announce(engine);
      assert.ok(existsSync(path), `the file of a living engine was removed in round ${round}`);
      assert.equal(await presence.isPresent(engine), true);
      await presence.leave(engine);
    }

    await Promise.all([first.kill(), second.kill()]);
  });

  it('are not taken for living because somebody else looks for them, too', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const engine = engineId();
    await using first = await startChild('presence-prober', [folder.path, engine]);
    await using second = await startChild('presence-prober', [folder.path, engine]);

    for (let round = 0; round < 400; round++) {
      writeFileSync(join(folder.path, `${engine}.lock`), '');
      assert.equal(await presence.isPresent(engine), false, `round ${round}`);
    }

    await Promise.all([first.kill(), second.kill()]);
  });
});

describe('a folder of locks', () => {
  it('takes nothing but ids of engines, so that no other file is touched', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    for (const bad of ['', '../x', 'folder', randomUUID().toUpperCase()] as EngineId[]) {
      await assert.rejects(presence.announce(bad), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(presence.isPresent(bad), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(presence.leave(bad), { code: 'INVALID_ARGUMENT' });
    }
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('makes no file by looking', async () => {
    await using folder = await makeTemporaryFolder();
    await createFilePresence({ folder: folder.path }).isPresent(engineId());

    assert.deepEqual(await readdir(folder.path), []);
  });

  it('rejects rather than call an engine dead whose file it cannot read', async () => {
    await using folder = await makeTemporaryFolder();
    const presence = createFilePresence({ folder: folder.path });
    const [unreadable, isFolder] = [engineId(), engineId()];
    await writeFile(join(folder.path, `${unreadable}.lock`), 'no database'.repeat(100));
    await mkdir(join(folder.path, `${isFolder}.lock`));

    for (const engine of [unreadable, isFolder]) {
      await assert.rejects(presence.isPresent(engine), { code: 'PRESENCE_UNAVAILABLE' });
    }
  });
});

function engineId(): EngineId {
  return randomUUID() as EngineId;
}

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createCommandWitness } from '../../../src/adapters/witness/command-witness.ts';
import { createFileWitness } from '../../../src/adapters/witness/file-witness.ts';
import type { CheckpointWitness } from '../../../src/ports/checkpoint-witness.ts';

const note = 'origin\n1\nAAAA\n\n— origin AAAA\n';
const next = note.replace('1', '2');

function notesOf(witness: CheckpointWitness): Promise<readonly string[]> {
  return Array.fromAsync(witness.published(), ({ note: published }) => published);
}

describe('witnesses', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'snapledger-witness-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe('a file', () => {
    it('keeps what it was given, from several processes, each once', async () => {
      const file = path.join(folder, 'checkpoints');
      const [one, other] = [createFileWitness(file), createFileWitness(file)];
      assert.deepEqual(await Array.fromAsync(one.published()), []);
      await one.publish(note);
      await one.publish(note);
      await other.publish(next);
      assert.deepEqual(await notesOf(one), [note, next]);
    });

    it('loses nothing that comes after a line that was torn', async () => {
      const file = path.join(folder, 'torn');
      const witness = createFileWitness(file);
      await witness.publish(note);
      await appendFile(file, '"origin\\n2');
      await witness.publish(next);
      assert.deepEqual(await notesOf(witness), [note, next]);
    });

    it('gives what somebody else wrote into it as it is, with its line', async () => {
      const file = path.join(folder, 'garbage');
      const witness = createFileWitness(file);
      await witness.publish(note);
      await appendFile(file, 'garbage\n42\n');
      assert.deepEqual(await Array.fromAsync(witness.published()), [
        { note, place: `line 1 of '${file}'` },
        { note: 'garbage', place: `line 2 of '${file}'` },
        { note: '42', place: `line 3 of '${file}'` },
      ]);
    });

    it('that cannot be written or read says so', async () => {
      const inFile = createFileWitness(path.join(folder, 'no-folder', 'checkpoints'));
      await assert.rejects(inFile.publish(note), { code: 'WITNESS_FAILED' });
      await assert.rejects(Array.fromAsync(createFileWitness(folder).published()));
    });
  });

  describe('a command', () => {
    const script = (text: string): readonly string[] => [process.execPath, '-e', text];

    it('gets the checkpoint on its standard input', async () => {
      const file = path.join(folder, 'taken');
      await writeFile(file, '');
      const text = `require('fs').writeFileSync(${JSON.stringify(file)}, require('fs').readFileSync(0))`;
      await createCommandWitness({ command: script(text) }).publish(note);
      assert.equal(await readFile(file, 'utf8'), note);
    });

    it('may leave its input unread', async () => {
      await createCommandWitness({ command: script('') }).publish(note.repeat(50_000));
    });

    it('that is not there keeps nobody waiting', async () => {
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      const before = timers();
      const missing = createCommandWitness({ command: [path.join(folder, 'nothing')] });
      await assert.rejects(missing.publish(note), { code: 'WITNESS_FAILED' });
      assert.equal(timers(), before, 'no timer keeps the program alive');
    });

    it('that fails, is not there, or takes too long has failed', async () => {
      const failing = createCommandWitness({ command: script('process.exit(3)') });
      await assert.rejects(failing.publish(note), {
        code: 'WITNESS_FAILED',
        message: /exit code 3/,
      });
      const missing = createCommandWitness({ command: [path.join(folder, 'nothing')] });
      await assert.rejects(missing.publish(note), { code: 'WITNESS_FAILED' });
      const slow = createCommandWitness({
        command: script('setTimeout(() => {}, 60_000)'),
        timeoutMs: 300,
      });
      await assert.rejects(slow.publish(note), { code: 'WITNESS_FAILED', message: /300 ms/ });
    });
  });
});

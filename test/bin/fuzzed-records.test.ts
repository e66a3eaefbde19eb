import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { exportLedger, storedRecords } from '../../src/engine/audit/export/export-ledger.ts';
import { RecordProofs } from '../../src/engine/audit/export/record-proofs.ts';
import { decodeLogEntry } from '../../src/engine/transparency-log/log-entry.ts';
import {
  formatNoteKey,
  openNote,
  parseNoteKey,
} from '../../src/engine/transparency-log/signed-note.ts';
import {
  keysUnder,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
} from '../engine/transparency-log/sealed-ledger-rig.ts';
import { mutatedBytes } from '../support/fuzz/mutated-bytes.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const program = fileURLToPath(new URL('../../bin/snapledger-verify.mjs', import.meta.url));
/** Each is a process: in the gate there are few. */
const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '25');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '1');

describe('a record of backups that somebody has changed anyhow', { timeout: 600_000 }, () => {
  let rig: SealedLedgerRig;
  let key = '';
  let exported = '';
  const entries = new Map<string, Uint8Array>();
  before(async () => {
    rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3);
    await rig.record(sessionB, 300_000, 2 ** 40);
    key = formatNoteKey(rig.keys.signer);
    const { objectStore, eventStore, keys } = rig;
    const streams = [sessionA, sessionB];
    const proofs = await RecordProofs.read(
      { objectStore, random: systemRandom, keys },
      new Set(streams),
    );
    const selection = { kind: 'everything' } as const;
    const header = {
      ...{ checkpoint: proofs.checkpoint, key, exportedAt: 0, actor: 'tester', selection },
    } as const;
    const records = storedRecords(eventStore, streams);
    const lines = exportLedger({ format: 'json-lines', header, proofs, records });
    exported = (await Array.fromAsync(lines)).join('');
    for (const objectKey of await keysUnder(objectStore, 'ledger/log/')) {
      entries.set(path.basename(objectKey), await objectStore.get(objectKey));
    }
  });

  const verdict = async (
    place: string,
  ): Promise<{ readonly code: number; readonly said: string }> => {
    const child = spawn(process.execPath, [program, '--key', key, place]);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number];
    assert.ok(code === 0 || code === 1, said);
    assert.match(said, /^(NOT PROVEN|proven|note): /);
    assert.doesNotMatch(said, /\n\s+at /, 'nobody is shown where a program broke');
    return { code, said };
  };

  it('is not proven as an export, or says exactly what it said', async () => {
    await using folder = await makeTemporaryFolder();
    const file = path.join(folder.path, 'export.jsonl');
    await fc.assert(
      fc.asyncProperty(mutatedBytes([Buffer.from(exported)]), async (bytes) => {
        await writeFile(file, bytes);
        const { code, said } = await verdict(file);
        // Sessions in this ledger have no end, so even the whole of it is not all proven.
        if (/NOT PROVEN: \d+ of/.exec(said) === null && code === 1) return;
        assert.deepEqual(recordsIn(bytes.toString('utf8')), recordsIn(exported));
      }),
      { numRuns: runs, seed },
    );
  });

  it('is not proven as the ledger of a bucket, or holds exactly what it held', async () => {
    await using folder = await makeTemporaryFolder();
    const log = path.join(folder.path, 'ledger', 'log');
    await mkdir(log, { recursive: true });
    const which = fc.constantFrom(...entries.keys());
    const change = which.chain((name) =>
      mutatedBytes([entries.get(name) ?? Buffer.alloc(0)]).map((bytes) => ({ name, bytes })),
    );
    await fc.assert(
      fc.asyncProperty(change, async ({ name, bytes }) => {
        for (const [other, content] of entries) await writeFile(path.join(log, other), content);
        await writeFile(path.join(log, name), bytes);
        const { code } = await verdict(folder.path);
        if (code === 1) return;
        const parsed: unknown = JSON.parse(bytes.toString('utf8'));
        const before: unknown = JSON.parse(Buffer.from(entries.get(name) ?? []).toString('utf8'));
        assert.deepEqual(provenOf(parsed), provenOf(before));
      }),
      { numRuns: runs, seed },
    );
  });

  it('is no entry of the log, no note and no key, and breaks nothing that reads it', () => {
    const [entry = Buffer.alloc(0)] = entries.values();
    const note = decodeLogEntry(entry)?.checkpoint ?? '';
    assert.ok(openNote(note, rig.keys.signer) !== null);
    const samples = [entry, Buffer.from(note), Buffer.from(key)];
    fc.assert(
      fc.property(mutatedBytes(samples), (bytes) => {
        const text = bytes.toString('utf8');
        decodeLogEntry(bytes);
        parseNoteKey(text);
        const opened = openNote(text, rig.keys.signer);
        if (opened !== null)
          assert.ok(note.startsWith(opened), 'what is signed is what was signed');
      }),
      { numRuns: 20 * runs, seed },
    );
  });
});

function recordsIn(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line.includes('"kind":"record"'))
    .map((line): unknown => JSON.parse(line));
}

/** What a bucket proves of an entry: its records, where they belong. */
function provenOf(entry: unknown): unknown {
  assert.ok(typeof entry === 'object' && entry !== null && 'segments' in entry);
  return entry.segments;
}

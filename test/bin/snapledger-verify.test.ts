import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { exportLedger, storedRecords } from '../../src/engine/audit/export/export-ledger.ts';
import { RecordProofs } from '../../src/engine/audit/export/record-proofs.ts';
import type { ExportFormat } from '../../src/engine/audit/audit.ts';
import { formatNoteKey } from '../../src/engine/transparency-log/signed-note.ts';
import type { StreamName } from '../../src/ports/event-store.ts';
import { encodeEventData } from '../../src/engine/ledger/event-codec.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import { counted, counter } from '../engine/ledger/ledger-rig.ts';
import {
  instanceA,
  keysUnder,
  ledgerSealedTwice,
  ofWeb1,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
  testLogKeys,
} from '../engine/transparency-log/sealed-ledger-rig.ts';

const program = fileURLToPath(new URL('../../bin/snapledger-verify.mjs', import.meta.url));

interface Verdict {
  readonly exitCode: number | null;
  readonly said: string;
}

interface RecordLine {
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly proof: { readonly path: readonly string[] };
}

describe('the standalone verifier', { timeout: 120_000 }, () => {
  let folder = '';
  let rig: SealedLedgerRig;
  let key = '';
  const notes: string[] = [];
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'snapledger-verifier-'));
    rig = await sealedLedgerRig();
    key = formatNoteKey(rig.keys.signer);
    notes.push((await recordSession(sessionA, 1, 2, 3)) ?? '');
    notes.push((await rig.record(instanceA, 1, 2)) ?? '');
    notes.push((await recordSession(sessionB, 300_000, 2 ** 40)) ?? '');
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** With its end, which is sealed together with the rest. */
  async function recordSession(
    stream: StreamName,
    ...amounts: readonly number[]
  ): Promise<string | null> {
    const { ledger, eventStore, writer } = rig;
    for (const event of counted(...amounts)) {
      await ledger.append(await ledger.load(stream, counter), [event], 'Count', counter);
    }
    const newest = { direction: 'backwards', limit: 1 } as const;
    const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
    assert.ok(last !== undefined);
    const metadata = { ...last.metadata, previousHash: recordHash(stream, last.revision, last) };
    const data = encodeEventData({ type: 'SessionCompleted', data: { outcome: 'succeeded' } });
    const id = crypto.randomUUID();
    const end = { id, type: 'SessionCompleted', data, metadata };
    await eventStore.append(stream, last.revision, [end]);
    return writer.seal([ofWeb1(stream)]);
  }

  function verify(...args: readonly string[]): Verdict {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      cwd: folder,
    });
    return { exitCode: status, said: stdout + stderr };
  }

  async function write(name: string, text: string): Promise<string> {
    await writeFile(path.join(folder, name), text);
    return name;
  }

  async function exported(format: ExportFormat, streams = [sessionA, sessionB]): Promise<string> {
    const { objectStore, eventStore, keys } = rig;
    const parts = { objectStore, random: systemRandom, keys };
    const proofs = await RecordProofs.read(parts, new Set(streams));
    const selection = { kind: 'everything' } as const;
    const header = {
      checkpoint: proofs.checkpoint,
      key,
      exportedAt: 0,
      actor: 'tester',
      selection,
    } as const;
    const request = { format, header, proofs, records: storedRecords(eventStore, streams) };
    return (await Array.fromAsync(exportLedger(request))).join('');
  }

  /** The ledger as the folder of a bucket, changed by whoever can write there. */
  async function bucket(
    name: string,
    change: (file: string, text: string) => string | null = (_, text) => text,
  ): Promise<string> {
    const log = path.join(folder, name, 'ledger', 'log');
    await mkdir(log, { recursive: true });
    for (const objectKey of await keysUnder(rig.objectStore, 'ledger/log/')) {
      const file = path.basename(objectKey);
      const text = Buffer.from(await rig.objectStore.get(objectKey)).toString('utf8');
      const changed = change(file, text);
      if (changed !== null) await writeFile(path.join(log, file), changed);
    }
    return name;
  }

  function assertNotProven({ exitCode, said }: Verdict, why: RegExp): void {
    assert.equal(exitCode, 1, said);
    assert.match(said, /^NOT PROVEN: /);
    assert.match(said, why);
  }

  it('is one file that can be read in one sitting, and needs Node alone', async () => {
    const text = await readFile(program, 'utf8');
    assert.ok(text.split('\n').length < 500);
    const imports = [...text.matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, name]) => name);
    assert.deepEqual(
      imports.filter((name) => name?.startsWith('node:') !== true),
      [],
    );
  });

  it('proves an export, a report, and a bucket, with the public key alone', async () => {
    const lines = await write('export.jsonl', await exported('json-lines'));
    const html = await write('report.html', await exported('html'));
    const keyFile = await write('ledger.key', `${key}\n`);
    for (const file of [lines, html]) {
      const { exitCode, said } = verify('--key-file', keyFile, file);
      assert.equal(exitCode, 0, said);
      assert.match(said, /^proven: 7 of 7 records in 2 streams\n/);
    }
    const whole = await bucket('good');
    for (const place of [whole, path.join(whole, 'ledger')]) {
      const { exitCode, said } = verify('--key', key, place);
      assert.equal(exitCode, 0, said);
      assert.match(said, /^proven: 9 records in 3 entries and 3 streams\n/);
    }
  });

  it('shows the records that it has proven', async () => {
    const lines = await write('shown.jsonl', await exported('json-lines'));
    const { said } = verify('--key', key, '--print', lines);
    assert.match(said, /^0 session-\S+a@0 2026\S+ tester Counted \{"by":1\}$/m);
    assert.match(said, /^6 session-\S+b@0 .* \{"by":300000\}$/m);
  });

  describe('of an export', () => {
    const deeds: readonly {
      readonly what: string;
      readonly tamper: (lines: readonly string[]) => readonly string[];
      readonly why: RegExp;
    }[] = [
      {
        what: 'a deleted record',
        tamper: (lines) => lines.toSpliced(2, 1),
        why: /counts other records/,
      },
      {
        what: 'a deleted record, counted again',
        tamper: (lines) => recounted(lines.toSpliced(2, 1)),
        why: /line 3: event 2 of session-\S+a: event 1 should be here/,
      },
      {
        what: 'an altered time',
        tamper: (lines) => changed(lines, 2, { recordedAt: 12_345 }),
        why: /event 1 of session-\S+a was changed/,
      },
      {
        what: 'an altered time with a hash that fits',
        tamper: (lines) => changed(lines, 3, { actor: 'somebody', recordHash: '0'.repeat(64) }),
        why: /event 2 of session-\S+a was changed/,
      },
      {
        what: 'shown data that is not the data recorded',
        tamper: (lines) => changed(lines, 1, { data: { by: 7 } }),
        why: /event 0 of session-\S+a: the data shown is not the data that was recorded/,
      },
      {
        what: 'a field that no record has',
        tamper: (lines) => changed(lines, 2, { approvedBy: 'somebody' }),
        why: /event 1 of session-\S+a is no record, or one with other fields/,
      },
      {
        what: 'a field of a proof that no proof has',
        tamper: (lines) => withProof(lines, 2, { approvedBy: 'somebody' }),
        why: /event 1 of session-\S+a: its proof has other fields/,
      },
      {
        what: 'a field that is there twice, of which the last is true',
        tamper: (lines) =>
          lines.map((line, index) =>
            index === 2 ? line.replace('"type":', '"type":"Forged","type":') : line,
          ),
        why: /line 3 is not as it was written/,
      },
      {
        what: 'two records in another order',
        tamper: ([header = '', one = '', two = '', ...rest]) => [header, two, one, ...rest],
        why: /event 0 should be here/,
      },
      {
        what: 'an inserted record',
        tamper: ([header = '', one = '', ...rest]) => recounted([header, one, one, ...rest]),
        why: /line 3: .*event 1 should be here/,
      },
      {
        what: 'an end that is cut off',
        tamper: (lines) => lines.slice(0, 3),
        why: /its last line is missing/,
      },
      {
        what: 'the last record of a session cut off, counted again',
        tamper: (lines) => recounted(lines.toSpliced(4, 1)),
        why: /: 6 of 6 records in 2 streams\nsession-\S+a has no end: cut off, or not ended yet\n/,
      },
      {
        what: 'a text in a list, which would hash like the text',
        tamper: (lines) => changed(lines, 1, { type: ['Counted'] }),
        why: /a field is no text/,
      },
      {
        what: 'another path to the root',
        tamper: (lines) => {
          const { proof } = JSON.parse(lines[1] ?? '') as RecordLine;
          return changed(lines, 1, { proof: { ...proof, path: proof.path.toReversed() } });
        },
        why: /event 0 of session-\S+a is not in the log that was signed/,
      },
    ];
    for (const { what, tamper, why } of deeds) {
      it(`notices ${what}`, async () => {
        const lines = (await exported('json-lines')).trimEnd().split('\n');
        const file = await write('tampered.jsonl', `${tamper(lines).join('\n')}\n`);
        assertNotProven(verify('--key', key, file), why);
      });
    }

    it('notices that another key signed', async () => {
      const file = await write('export.jsonl', await exported('json-lines'));
      const forger = formatNoteKey((await testLogKeys(66)).signer);
      assertNotProven(verify('--key', forger, file), /not signed by this key/);
    });

    it('says whether there is more in the log than the export has', async () => {
      const part = await write('part.jsonl', await exported('json-lines'));
      assert.match(verify('--key', key, part).said, /^the log has 9 records: nothing shows what/m);
      const streams = [sessionA, instanceA, sessionB];
      const all = await write('all.jsonl', await exported('json-lines', streams));
      assert.match(verify('--key', key, all).said, /^these are all records of the log$/m);
    });

    it('says of a report that what it shows was not checked, and what is in its records', async () => {
      const report = await exported('html');
      assert.match(report, /<td>Session completed<\/td>/);
      const altered = report.replaceAll('<td>Session completed</td>', '<td>Session failed</td>');
      for (const text of [report, altered]) {
        const { exitCode, said } = verify('--key', key, await write('shown.html', text));
        assert.equal(exitCode, 0, said);
        assert.match(said, /^what the page shows was NOT checked; by its records .* there are:$/m);
        assert.match(
          said,
          /^ {2}session-\S+a: 4 events, 2026\S+ Counted by tester, 2026\S+ SessionCompleted by tester \(succeeded\)$/m,
        );
      }
      const lines = await write('lines.jsonl', await exported('json-lines'));
      assert.doesNotMatch(verify('--key', key, lines).said, /NOT checked/);
    });

    it('calls what is not sealed not proven', async () => {
      const lines = (await exported('json-lines')).trimEnd().split('\n');
      const file = await write('open.jsonl', `${changed(lines, 5, { proof: null }).join('\n')}\n`);
      assertNotProven(verify('--key', key, file), /^not sealed yet, .*: 1$/m);
    });
  });

  describe('of a bucket', () => {
    const [first, second, last] = ['0', '4', '6'].map((position) => position.padStart(16, '0'));
    const texts = new Map<string, string>();
    before(async () => {
      for (const objectKey of await keysUnder(rig.objectStore, 'ledger/log/')) {
        const text = Buffer.from(await rig.objectStore.get(objectKey)).toString('utf8');
        texts.set(path.basename(objectKey), text);
      }
    });
    const deeds: readonly {
      readonly what: string;
      readonly change: (file: string, text: string) => string | null;
      readonly why: RegExp;
    }[] = [
      {
        what: 'a deleted entry',
        change: (file, text) => (file === second ? null : text),
        why: /the entry '0000000000000004' is missing before '0000000000000006'/,
      },
      {
        what: 'an altered record',
        change: (file, text) =>
          file === first ? text.replace(/"sealed":"..../, '"sealed":"AAAA') : text,
        why: /entry 0000000000000000: event 0 of session-\S+a was changed/,
      },
      {
        what: 'an altered place',
        change: (file, text) => (file === last ? text.replace(sessionB, 'session-other') : text),
        why: /event 0 of session-other was changed/,
      },
      {
        what: 'an altered checkpoint',
        change: (file, text) => (file === second ? text.replace('\\n6\\n', '\\n7\\n') : text),
        why: /entry 0000000000000004: the checkpoint is not signed by this key/,
      },
      {
        what: 'exchanged entries',
        change: (file, text) => {
          const other = { [second ?? '']: last, [last ?? '']: second }[file];
          return other === undefined ? text : (texts.get(other) ?? null);
        },
        why: /entry 0000000000000004: it belongs in another place/,
      },
      {
        what: 'an entry that is cut off',
        change: (file, text) => (file === second ? text.slice(0, text.length / 2) : text),
        why: /entry 0000000000000004 is no JSON object/,
      },
      { what: 'an empty log', change: () => null, why: /nothing is sealed here/ },
    ];
    for (const [index, { what, change, why }] of deeds.entries()) {
      it(`notices ${what}`, async () => {
        assertNotProven(verify('--key', key, await bucket(`bad-${index}`, change)), why);
      });
    }

    it('notices an entry that stands where none begins', async () => {
      const place = await bucket('copied');
      const copy = path.join(folder, place, 'ledger', 'log', '1'.padStart(16, '0'));
      await writeFile(copy, texts.get(first ?? '') ?? '');
      assertNotProven(verify('--key', key, place), /'0000000000000001' is no part of the log/);
    });

    it('takes a record that is there a second time for what it is, and another one for a forgery', async () => {
      for (const [amount, expected] of [
        [1, /^proven: 4 records .* 2 streams\n1 of them are there a second time/],
        [9, /^NOT PROVEN: entry 0{15}3: event 0 of session-\S+a is there a second time, and is/],
      ] as const) {
        const twice = await ledgerSealedTwice(amount);
        const place = path.join(`twice-${amount}`, 'ledger', 'log');
        await mkdir(path.join(folder, place), { recursive: true });
        for (const objectKey of await keysUnder(twice.objectStore, 'ledger/log/')) {
          const file = path.join(folder, place, path.basename(objectKey));
          await writeFile(file, await twice.objectStore.get(objectKey));
        }
        const { exitCode, said } = verify('--key', key, path.dirname(place));
        assert.match(said, expected);
        assert.equal(exitCode, amount === 1 ? 0 : 1);
      }
    });

    it('notices with a checkpoint kept elsewhere that the end was cut off', async () => {
      const cut = await bucket('cut', (file, text) => (file === last ? null : text));
      assert.equal(verify('--key', key, cut).exitCode, 0, 'the bucket alone cannot tell');
      const lines = notes.map((note) => `${JSON.stringify(note)}\n`).join('');
      const kept = await write('checkpoints', `${lines}"snapledger/torn\n`);
      assertNotProven(verify('--key', key, '--checkpoint', kept, cut), /it was cut off/);
      const one = await write('checkpoint', notes[1] ?? '');
      const { exitCode, said } = verify('--key', key, '--checkpoint', one, cut);
      assert.equal(exitCode, 0, said);
    });
  });

  it('says how it is used when it is asked', () => {
    for (const word of ['--help', '-h']) {
      const { exitCode, said } = verify(word);
      assert.equal(exitCode, 0);
      assert.match(said, /^usage: snapledger-verify /);
    }
  });

  it('says what is wrong with a command line that it does not understand', async () => {
    const file = await write('export.jsonl', await exported('json-lines'));
    const damaged = key.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    const lines = [[file], ['--key', 'x', file], ['--key', damaged, file], ['--key', key]];
    for (const args of [...lines, ['--key', key, 'missing'], ['--what', file]]) {
      const { exitCode, said } = verify(...args);
      assert.equal(exitCode, 2, said);
      assert.match(said, /^snapledger-verify: .+\nusage: /);
    }
  });

  it('says of an export of nothing that there is nothing', async () => {
    const [header = ''] = (await exported('json-lines')).split('\n');
    const end = JSON.stringify({ kind: 'end', records: 0, sealed: 0 });
    const file = await write('nothing.jsonl', `${header}\n${end}\n`);
    assertNotProven(verify('--key', key, file), /there is nothing in this export/);
  });

  it('writes nothing', async () => {
    const whole = await bucket('untouched');
    const before = await readdir(path.join(folder, whole), { recursive: true });
    verify('--key', key, whole);
    assert.deepEqual(await readdir(path.join(folder, whole), { recursive: true }), before);
  });
});

function changed(lines: readonly string[], at: number, change: object): readonly string[] {
  return lines.map((line, index) =>
    index === at ? JSON.stringify({ ...(JSON.parse(line) as object), ...change }) : line,
  );
}

/** With a change in the proof of one record. */
function withProof(lines: readonly string[], at: number, change: object): readonly string[] {
  const { proof } = JSON.parse(lines[at] ?? '') as { readonly proof: object };
  return changed(lines, at, { proof: { ...proof, ...change } });
}

/** With an end that counts the records that are there. */
function recounted(lines: readonly string[]): readonly string[] {
  return [
    ...lines.slice(0, -1),
    JSON.stringify({ kind: 'end', records: lines.length - 2, sealed: lines.length - 2 }),
  ];
}

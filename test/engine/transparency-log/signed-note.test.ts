import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  openCheckpoint,
  readClaimedCheckpoint,
  signCheckpoint,
} from '../../../src/engine/transparency-log/checkpoint.ts';
import {
  createNoteSigner,
  formatNoteKey,
  openNote,
  parseNoteKey,
  signNote,
} from '../../../src/engine/transparency-log/signed-note.ts';

/** The example that the Go implementation of signed notes documents; made by somebody else's code. */
const knownKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const knownText =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n";
const knownNote = `${knownText}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

const signer = createNoteSigner('snapledger/test', new Uint8Array(32).fill(7));
const other = createNoteSigner('snapledger/test', new Uint8Array(32).fill(8));

describe('a signed note', () => {
  it('of another implementation is opened with its key, and with no changed letter', () => {
    const key = parseNoteKey(knownKey);
    assert.ok(key !== null);
    assert.equal(openNote(knownNote, key), knownText);
    assert.equal(openNote(knownNote.replace('answer', 'Answer'), key), null);
    assert.equal(formatNoteKey(key), knownKey);
  });

  it('is opened by its own key among the signatures of others', () => {
    const note = signNote('text\n', signer);
    const signature = signNote('text\n', other).split('\n\n')[1] ?? '';
    assert.equal(openNote(note, signer), 'text\n');
    assert.equal(openNote(note, other), null);
    assert.equal(openNote(note + signature, other), 'text\n');
    assert.equal(openNote(note + signature, signer), 'text\n');
  });

  it('is not opened when it is none', () => {
    const note = signNote('text\n', signer);
    for (const text of ['', 'text', 'text\n', note.slice(0, -1), note.replace('—', '-')]) {
      assert.equal(openNote(text, signer), null, text);
    }
  });

  it('names its key by name and public half', () => {
    const text = formatNoteKey(signer);
    assert.match(text, /^snapledger\/test\+[0-9a-f]{8}\+A[A-Za-z0-9+/]+=*$/);
    const parsed = parseNoteKey(`${text}\n`);
    assert.ok(parsed !== null);
    assert.equal(openNote(signNote('text\n', signer), parsed), 'text\n');
    for (const wrong of ['', text.slice(1), text.replace('+A', '+B'), `${text}AAAA`]) {
      assert.equal(parseNoteKey(wrong), null, wrong);
    }
  });
});

describe('a checkpoint', () => {
  const checkpoint = {
    origin: 'snapledger/test',
    size: 20852163,
    root: new Uint8Array(32).fill(5),
  };

  it('is a note of origin, size and root', () => {
    const note = signCheckpoint(checkpoint, signer);
    const root = Buffer.from(checkpoint.root).toString('base64');
    assert.ok(note.startsWith(`snapledger/test\n20852163\n${root}\n\n— snapledger/test `));
    assert.deepEqual(openCheckpoint(note, signer), checkpoint);
    assert.deepEqual(readClaimedCheckpoint(note), checkpoint);
    assert.equal(openCheckpoint(note, other), null);
  });

  it('of another log is none of this one, whoever signed it', () => {
    const note = signCheckpoint({ ...checkpoint, origin: 'another' }, signer);
    assert.equal(openCheckpoint(note, signer), null);
  });

  it('with a size or root that none can have is none', () => {
    for (const text of ['o\n01\nAAAA\n', `o\n-1\n${'A'.repeat(43)}=\n`, 'o\n1\n']) {
      assert.equal(openCheckpoint(signNote(text, signer), signer), null);
    }
  });
});

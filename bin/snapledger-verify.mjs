#!/usr/bin/env node
/*
 * snapledger-verify: checks the record of backups that snapledger keeps, without snapledger.
 *
 * It needs this file, Node 20 or newer, and the ledger's public key, which must come from somebody
 * you trust and not from where the record comes from. It reads, and never writes or connects.
 *
 *   node snapledger-verify.mjs --key-file ledger.key export.jsonl    an exported session, or all
 *   node snapledger-verify.mjs --key-file ledger.key report.html     a report
 *   node snapledger-verify.mjs --key-file ledger.key BUCKET/ledger   the sealed ledger of a bucket
 *
 * What is checked, and every structure below, is specified in docs/ledger.md. In short: a *record*
 * is an event of a stream. Its hash covers all of it and the hash of the record before it. A *leaf*
 * binds the record's place, a commitment to its hash, and the digest of its encrypted form. The
 * leaves are those of a Merkle tree (RFC 6962), whose root is signed (Ed25519) in a *checkpoint*
 * (C2SP tlog-checkpoint).
 *
 * Exit codes: 0 proven; 1 not proven, or a session without its end; 2 the command line is wrong.
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is wrong with the record; everything else that is thrown is a failure of this program. */
class NotProven extends Error {}
class WrongUsage extends Error {}

// ---- bytes and hashes -----------------------------------------------------------------------

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Each field preceded by its length: u32, little-endian. */
function lengthPrefixed(fields) {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.isBuffer(field) ? field : Buffer.from(field, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function hexBytes(text, what) {
  if (typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new NotProven(`${what} is not 64 hexadecimal digits`);
}

// ---- the tree of RFC 6962 -------------------------------------------------------------------

const leafHash = (leaf) => sha256(Buffer.of(0), leaf);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** A tree that grows: the roots of the perfect subtrees that it is made of, the largest first. */
class GrowingTree {
  size = 0;
  subtrees = [];

  append(leaf) {
    let merged = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) {
      merged = nodeHash(this.subtrees.pop(), merged);
    }
    this.subtrees.push(merged);
    this.size += 1;
  }

  root() {
    if (this.size === 0) return sha256();
    return this.subtrees.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root that an audit path leads to from a leaf (RFC 9162, 2.1.3.2); null when it cannot. */
function rootByPath(leaf, index, size, path) {
  if (!(index >= 0 && index < size)) return null;
  const half = (value) => Math.floor(value / 2);
  let [node, last, hash] = [index, size - 1, leaf];
  for (const other of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(other, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? hash : null;
}

// ---- keys and checkpoints -------------------------------------------------------------------

/** `<name>+<key id>+<base64 of 1 and the 32 bytes of an Ed25519 public key>` */
function parseKey(text) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  if (match === null) throw new WrongUsage('the key is not of the form name+id+base64');
  const [, name, id, encoded] = match;
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== 1) throw new WrongUsage('the key is no Ed25519 key');
  const keyId = sha256(Buffer.from(`${name}\n`, 'utf8'), typed).subarray(0, 4);
  if (keyId.toString('hex') !== id) throw new WrongUsage('the key is damaged: its id is another');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return { name, keyId, publicKey };
}

/** Size and root of a signed note, after its signature was checked. */
function openCheckpoint(note, key, where) {
  const split = typeof note === 'string' ? note.lastIndexOf('\n\n') : -1;
  if (split < 0) throw new NotProven(`${where}: this is no signed checkpoint`);
  const text = note.slice(0, split + 1);
  const signatures = note.slice(split + 2).split('\n');
  const isSigned = signatures.some((line) => {
    const [dash, name, encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    if (dash !== '—' || name !== key.name || !bytes.subarray(0, 4).equals(key.keyId)) return false;
    return verifySignature(null, Buffer.from(text, 'utf8'), key.publicKey, bytes.subarray(4));
  });
  if (!isSigned) throw new NotProven(`${where}: the checkpoint is not signed by this key`);
  const [origin, size, root = ''] = text.split('\n');
  if (origin !== key.name) throw new NotProven(`${where}: the checkpoint is of another log`);
  if (!/^(0|[1-9]\d{0,15})$/.test(size)) throw new NotProven(`${where}: the size is no number`);
  return { size: Number(size), root: Buffer.from(root, 'base64'), note };
}

// ---- records --------------------------------------------------------------------------------

const beginning = { next: 0, hash: '0'.repeat(64) };

/** What the hash of a record is over, in this order; then come its data. */
const hashedNames =
  'stream revision type id schemaVersion recordedAt actor engineVersion cause previousHash';
const hashedFields = hashedNames.split(' ');

const recordFields = `kind ${hashedNames} dataBase64 data recordHash proof`;
const proofFields = 'position subject salt sealedDigest path';
const fieldsOf = (value) => Object.keys(value).join(' ');

/** The hash of a record: over all its fields, and the hash of the one before it. */
function recordHashOf(record) {
  const fields = hashedFields.map((name) => record[name]);
  // A list of one text would hash like that text.
  if (fields.some((one) => typeof one === 'object')) throw new NotProven('a field is no text');
  const data = Buffer.from(record.dataBase64, 'base64');
  const hashed = ['snapledger/ledger/1/record', ...fields.map(String), data];
  return sha256(lengthPrefixed(hashed)).toString('hex');
}

function leafOf({ stream, revision, subject }, commitment, sealedDigest) {
  const place = ['snapledger/ledger/1/leaf', stream, String(revision), subject];
  return leafHash(lengthPrefixed([...place, commitment, sealedDigest]));
}

/** Stands for a record's hash; only who is told the salt can tell which. */
function commitmentOf(recordHash, salt) {
  return sha256(lengthPrefixed(['snapledger/ledger/1/commitment', salt, recordHash]));
}

// ---- an export ------------------------------------------------------------------------------

function verifyExport(lines, key, known, { print, isPage }) {
  const [header, ...rest] = lines.map(parseLine);
  if (header?.kind !== 'snapledger-export' || header.version !== 1) {
    throw new NotProven('line 1: this is no export that this program knows');
  }
  const end = rest.pop();
  if (end?.kind !== 'end' || end.records !== rest.length) {
    throw new NotProven('the export is cut off: its last line is missing or counts other records');
  }
  const checkpoint =
    header.checkpoint === null ? null : openCheckpoint(header.checkpoint, key, 'line 1');
  const heads = new Map();
  let sealed = 0;
  for (const [index, record] of rest.entries()) {
    const where = `line ${index + 2}: event ${record.revision} of ${record.stream}`;
    const isRecord = record.kind === 'record' && fieldsOf(record) === recordFields;
    if (!isRecord) throw new NotProven(`${where} is no record, or one with other fields`);
    checkChain(record, heads, where);
    if (record.proof === null) continue;
    checkProof(record, checkpoint, where);
    sealed += 1;
  }
  // Only now: nothing is shown as proven that a later line could still disprove.
  if (print) process.stdout.write(rest.map(recordLine).join(''));
  if (checkpoint !== null) compareKnown(known, checkpoint);
  // The last record of a stream is chained to by none, so an end that was cut off shows by this alone.
  const endless = [...heads].filter(([stream, { last }]) => isSession(stream) && !isEnd(last));
  const said = [
    `${sealed} of ${counted(rest.length, 'record')} in ${counted(heads.size, 'stream')}`,
  ];
  const open = rest.length - sealed;
  if (open > 0) said.push(`not sealed yet, so that only the order of them is checked: ${open}`);
  for (const [stream] of endless) said.push(`${stream} has no end: cut off, or not ended yet`);
  if (rest.length === 0) said.push('there is nothing in this export that could be proven');
  if (isPage) said.push(notChecked, ...[...heads].map(outline));
  if (checkpoint !== null) said.push(wholeness(sealed, checkpoint), '', checkpoint.note.trimEnd());
  return { lines: said, proven: open === 0 && sealed > 0 && endless.length === 0 };
}

const notChecked =
  'what the page shows was NOT checked; by its records (--print shows all of them) there are:';
const isSession = (stream) => stream.startsWith('session-');
const isEnd = ({ type }) =>
  /^(Session|Restore|PolicyRun|RepositorySession)(Completed|Failed|Cancelled)$/.test(type);

function wholeness(count, { size }) {
  if (count === size) return 'these are all records of the log';
  return `the log has ${counted(size, 'record')}: nothing shows what is in those that are not here`;
}

/** A stream in one line: what it is of, its first event and its last. */
function outline([stream, { next, first, last }]) {
  const said = ({ recordedAt, type, actor }) =>
    `${new Date(Number(recordedAt)).toISOString()} ${type} by ${actor}`;
  const of = first.data.instanceId ?? first.data.policyId;
  const [about, outcome] = [of, last.data.outcome].map((word) => (word ? ` (${word})` : ''));
  return printable(
    `  ${stream}${about}: ${counted(next, 'event')}, ${said(first)}, ${said(last)}${outcome}`,
  );
}

const printable = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');

function recordLine({ stream, revision, recordedAt, type, actor, data, proof }) {
  const place = proof === null ? 'NOT SEALED' : proof.position;
  const time = new Date(Number(recordedAt)).toISOString();
  const text = `${place} ${stream}@${revision} ${time} ${actor} ${type} ${JSON.stringify(data)}`;
  return `${printable(text)}\n`;
}

function parseLine(line, index) {
  const value = parseObject(line, `line ${index + 1}`);
  // A field that is there twice is one thing to this program, and maybe another one to the next.
  if (inPage(JSON.stringify(value)) === inPage(line)) return value;
  throw new NotProven(`line ${index + 1} is not as it was written: fields are twice, or spaces`);
}

const inPage = (text) => text.replaceAll('<', '\\u003c');

function parseObject(text, what) {
  try {
    const value = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, with its place.
  }
  throw new NotProven(`${what} is no JSON object`);
}

/** The hash is the record's, the link the one to the record before, and what is shown what is hashed. */
function checkChain(record, heads, where) {
  const { next, hash: before, first = record } = heads.get(record.stream) ?? beginning;
  if (record.revision !== next) {
    throw new NotProven(`${where}: event ${next} should be here: one is missing or misplaced`);
  }
  if (record.previousHash !== before) {
    throw new NotProven(`${where} is not chained to the one before: one of them was changed`);
  }
  const hash = recordHashOf(record);
  if (hash !== record.recordHash) throw new NotProven(`${where} was changed: its hash is another`);
  const data = unpack(Buffer.from(record.dataBase64, 'base64'), where);
  if (canonical(data) !== canonical(record.data)) {
    throw new NotProven(`${where}: the data shown is not the data that was recorded`);
  }
  heads.set(record.stream, { next: next + 1, hash, first, last: record });
}

function checkProof({ stream, revision, recordHash, proof }, checkpoint, where) {
  if (checkpoint === null) throw new NotProven(`${where}: a proof, but no checkpoint`);
  if (fieldsOf(proof) !== proofFields) throw new NotProven(`${where}: its proof has other fields`);
  const salt = hexBytes(proof.salt, `${where}: the salt`);
  const digest = hexBytes(proof.sealedDigest, `${where}: the sealed digest`);
  const path = proof.path.map((hash) => hexBytes(hash, `${where}: a hash of the path`));
  const { subject, position } = proof;
  const leaf = leafOf({ stream, revision, subject }, commitmentOf(recordHash, salt), digest);
  const root = rootByPath(leaf, position, checkpoint.size, path);
  if (root?.equals(checkpoint.root) !== true) {
    throw new NotProven(`${where} is not in the log that was signed`);
  }
}

/** The same text for the same value, whatever the order of its fields. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** MessagePack, as far as JSON values go. */
function unpack(bytes, where) {
  let offset = 0;
  const take = (count) => {
    if (offset + count > bytes.length) throw new NotProven(`${where}: its data ends too early`);
    offset += count;
    return bytes.subarray(offset - count, offset);
  };
  const unsigned = (count) => take(count).readUIntBE(0, count);
  const signed = (count) => take(count).readIntBE(0, count);
  const text = (count) => take(count).toString('utf8');
  const list = (count) => Array.from({ length: count }, () => value());
  const map = (count) =>
    Object.fromEntries(Array.from({ length: count }, () => [value(), value()]));
  function value() {
    const code = unsigned(1);
    if (code < 0x80) return code;
    if (code < 0x90) return map(code - 0x80);
    if (code < 0xa0) return list(code - 0x90);
    if (code < 0xc0) return text(code - 0xa0);
    if (code >= 0xe0) return code - 0x100;
    if (code === 0xc0) return null;
    if (code === 0xc2 || code === 0xc3) return code === 0xc3;
    if (code === 0xca) return take(4).readFloatBE(0);
    if (code === 0xcb) return take(8).readDoubleBE(0);
    if (code >= 0xcc && code <= 0xce) return unsigned(2 ** (code - 0xcc));
    if (code === 0xcf) return Number(take(8).readBigUInt64BE(0));
    if (code >= 0xd0 && code <= 0xd2) return signed(2 ** (code - 0xd0));
    if (code === 0xd3) return Number(take(8).readBigInt64BE(0));
    if (code >= 0xd9 && code <= 0xdb) return text(unsigned(2 ** (code - 0xd9)));
    if (code === 0xdc || code === 0xdd) return list(unsigned(2 ** (code - 0xdb)));
    if (code === 0xde || code === 0xdf) return map(unsigned(2 ** (code - 0xdd)));
    throw new NotProven(`${where}: a value of an unknown kind`);
  }
  const whole = value();
  if (offset !== bytes.length) throw new NotProven(`${where}: something follows its data`);
  return whole;
}

// ---- the ledger of a bucket -----------------------------------------------------------------

/** Each entry of the log: what it holds, in its place, and signed. Without any key to decrypt. */
function verifyBucket(folder, key, known) {
  const tree = new GrowingTree();
  const heads = new Map();
  const unmatched = new Set(known);
  let note = null;
  const names = readdirSync(folder).sort();
  for (const name of names) {
    if (!/^\d{16}$/.test(name)) throw new NotProven(`'${name}' is not the name of an entry`);
    if (Number(name) < tree.size) throw new NotProven(`the entry '${name}' is no part of the log`);
    if (Number(name) !== tree.size) {
      const missing = String(tree.size).padStart(16, '0');
      throw new NotProven(`the entry '${missing}' is missing before '${name}'`);
    }
    const entry = parseObject(readFileSync(join(folder, name), 'utf8'), `entry ${name}`);
    if (entry.format !== 'snapledger-log-entry' || entry.version !== 1) {
      throw new NotProven(`entry ${name}: it is none that this program knows`);
    }
    if (entry.firstLeaf !== tree.size) {
      throw new NotProven(`entry ${name}: it belongs in another place`);
    }
    for (const segment of entry.segments) addSegment(segment, tree, heads, unmatched, name);
    const checkpoint = openCheckpoint(entry.checkpoint, key, `entry ${name}`);
    if (checkpoint.size !== tree.size || !checkpoint.root.equals(tree.root())) {
      throw new NotProven(`entry ${name}: its checkpoint was signed for other records`);
    }
    ({ note } = checkpoint);
  }
  const [beyond] = unmatched;
  if (beyond !== undefined) {
    throw new NotProven(
      `the log ends after ${tree.size} records, but there is a checkpoint of ${beyond.size}: it was cut off`,
    );
  }
  const twice = [...heads.values()].reduce((rest, { length }) => rest - length, tree.size);
  if (note === null) throw new NotProven('there is no entry: nothing is sealed here');
  const said = [
    `${counted(tree.size, 'record')} in ${counted(names.length, 'entry', 'entries')} and ${counted(heads.size, 'stream')}`,
  ];
  if (twice > 0) said.push(`${twice} of them are there a second time, the same as before`);
  const kept = counted(known.length, 'checkpoint');
  if (known.length > 0) said.push(`it goes on from ${kept} kept elsewhere`);
  return { lines: [...said, '', note.trimEnd()], proven: true };
}

function addSegment({ stream, subject, firstRevision, records }, tree, heads, unmatched, name) {
  const known = heads.get(stream) ?? [];
  heads.set(stream, known);
  if (firstRevision > known.length) {
    throw new NotProven(`entry ${name}: event ${known.length} of ${stream} is missing before it`);
  }
  for (const [index, record] of records.entries()) {
    const revision = firstRevision + index;
    const where = `entry ${name}: event ${revision} of ${stream}`;
    const commitment = hexBytes(record.commitment, `${where}: the commitment`);
    const digest = sha256(Buffer.from(record.sealed, 'base64'));
    const leaf = leafOf({ stream, revision, subject }, commitment, digest);
    if (leaf.toString('hex') !== record.leaf) throw new NotProven(`${where} was changed`);
    if (!(known[revision] ?? commitment).equals(commitment)) {
      throw new NotProven(`${where} is there a second time, and is another one`);
    }
    known[revision] = commitment;
    tree.append(leaf);
    for (const one of unmatched) {
      if (one.size !== tree.size) continue;
      if (!one.root.equals(tree.root())) throw rewritten(one);
      unmatched.delete(one);
    }
  }
}

// ---- checkpoints kept elsewhere -------------------------------------------------------------

/** Signed notes of a file: one as it is, or one JSON string on each line, as a witness keeps them. */
function readCheckpoints(path, key) {
  const text = readFileSync(path, 'utf8');
  // A witness that died while it wrote has left the beginning of a line.
  const lines = text.split('\n').filter((line) => !/^\s*$|^"[^"]*$/.test(line));
  const notes = text.startsWith('"') ? lines.map((line) => JSON.parse(line)) : [text];
  return notes.map((note) => openCheckpoint(note, key, path));
}

/** An export has one checkpoint: only one of the same size can be compared with it. */
function compareKnown(known, checkpoint) {
  for (const one of known) {
    if (one.size === checkpoint.size && !one.root.equals(checkpoint.root)) throw rewritten(one);
    const note = `note: this export is older than a checkpoint of ${one.size} records\n`;
    if (one.size > checkpoint.size) process.stderr.write(note);
  }
}

function rewritten({ size }) {
  return new NotProven(`the log is not the one that a checkpoint of ${size} records was kept of`);
}

// ---- the command line -----------------------------------------------------------------------

const usage = `usage: snapledger-verify (--key KEY | --key-file FILE) [--checkpoint FILE]... [--print] PATH
  --print shows the records of an export once they are proven
  PATH is an export (JSON Lines), a report (HTML), or the 'ledger' folder of a bucket
`;

function parseArguments(argv) {
  const options = { key: null, checkpoints: [], path: null, print: false };
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift();
    const value = () => {
      const next = rest.shift();
      if (next === undefined) throw new WrongUsage(`${word} needs a value`);
      return next;
    };
    if (word === '--key') options.key = parseKey(value());
    else if (word === '--key-file') options.key = parseKey(readInput(value()));
    else if (word === '--checkpoint') options.checkpoints.push(value());
    else if (word === '--print') options.print = true;
    else if (word === '--help' || word === '-h') {
      process.stdout.write(usage);
      process.exit(0);
    } else if (word.startsWith('-')) throw new WrongUsage(`there is no option ${word}`);
    else if (options.path !== null) throw new WrongUsage('more than one path is given');
    else options.path = word;
  }
  if (options.key === null) throw new WrongUsage('no key is given: without it nothing is proven');
  if (options.path === null) throw new WrongUsage('no path is given');
  if (!existsSync(options.path)) throw new WrongUsage(`'${options.path}' does not exist`);
  return options;
}

function readInput(path) {
  if (!existsSync(path)) throw new WrongUsage(`'${path}' does not exist`);
  return readFileSync(path, 'utf8');
}

function verifyPath({ path, key, checkpoints, print }) {
  const known = checkpoints.flatMap((file) => readCheckpoints(file, key));
  if (statSync(path).isDirectory()) {
    const folder = [join(path, 'log'), join(path, 'ledger', 'log')].find((one) => existsSync(one));
    if (folder === undefined) throw new NotProven(`'${path}' has no folder 'log': no ledger here`);
    return verifyBucket(folder, key, known);
  }
  const text = readFileSync(path, 'utf8');
  const report = /<script type="application\/x-snapledger-export">\n([^<]*)<\/script>/.exec(text);
  const lines = (report?.[1] ?? text).split('\n').filter((line) => line !== '');
  return verifyExport(lines, key, known, { print, isPage: report !== null });
}

try {
  const result = verifyPath(parseArguments(process.argv.slice(2)));
  process.stdout.write(`${result.proven ? 'proven' : 'NOT PROVEN'}: ${result.lines.join('\n')}\n`);
  process.exitCode = result.proven ? 0 : 1;
} catch (error) {
  if (error instanceof WrongUsage) {
    process.stderr.write(`snapledger-verify: ${error.message}\n${usage}`);
    process.exitCode = 2;
  } else {
    // Anything unexpected means as well that nothing is proven.
    process.stdout.write(`NOT PROVEN: ${error.message}\n`);
    process.exitCode = 1;
  }
}

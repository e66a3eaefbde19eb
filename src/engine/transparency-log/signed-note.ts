import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';

/** Checks signatures of one key under one name: the public half. */
export interface NoteVerifier {
  /** Neither white space nor a plus sign: the text form is split there. */
  readonly name: string;
  readonly publicKey: KeyObject;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
}

/** Names the kind of a key and its signatures in a note: Ed25519. */
const ed25519Algorithm = 1;
const keyIdSizeBytes = 4;
const seedSizeBytes = 32;
/** What precedes the 32 bytes of an Ed25519 seed, or public key, in DER (RFC 8410). */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** A note of ours has some 300 bytes and one signature; witnesses may add theirs. */
const noteMaxLength = 64 * 1024;

/** @param seed the 32 secret bytes of an Ed25519 key (RFC 8032) */
export function createNoteSigner(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([privateKeyPrefix, seed.subarray(0, seedSizeBytes)]),
    format: 'der',
    type: 'pkcs8',
  });
  return { name, privateKey, publicKey: createPublicKey(privateKey) };
}

/**
 * Signs a text (C2SP signed-note): the text, an empty line, and a line with the key's name and
 * base64 of key id and signature.
 *
 * @param text ends with a line feed
 */
export function signNote(text: string, signer: NoteSigner): string {
  const signature = signBytes(null, Buffer.from(text, 'utf8'), signer.privateKey);
  const signed = Buffer.concat([keyIdOf(signer), signature]).toString('base64');
  return `${text}\n— ${signer.name} ${signed}\n`;
}

/**
 * The text of a note if it bears a good signature of this key, otherwise null. Signatures of other
 * keys are passed over.
 */
export function openNote(note: string, verifier: NoteVerifier): string | null {
  const parts = splitNote(note);
  if (parts === null) return null;
  const keyId = keyIdOf(verifier);
  for (const line of parts.signatures) {
    const [dash, name, encoded, more] = line.split(' ');
    if (dash !== '—' || encoded === undefined || more !== undefined) return null;
    const bytes = Buffer.from(encoded, 'base64');
    const isOfKey = name === verifier.name && bytes.subarray(0, keyIdSizeBytes).equals(keyId);
    if (!isOfKey) continue;
    const signature = bytes.subarray(keyIdSizeBytes);
    const isGood = verifyBytes(
      null,
      Buffer.from(parts.text, 'utf8'),
      verifier.publicKey,
      signature,
    );
    return isGood ? parts.text : null;
  }
  return null;
}

/** The text of a note, whoever signed it; null when it is no note. */
export function splitNote(
  note: string,
): { readonly text: string; readonly signatures: readonly string[] } | null {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || note.length > noteMaxLength) return null;
  const signatures = note.slice(split + 2, -1).split('\n');
  return { text: note.slice(0, split + 1), signatures };
}

/** The public key in the text form of signed notes: `<name>+<key id>+<base64>`. */
export function formatNoteKey(verifier: NoteVerifier): string {
  const keyId = keyIdOf(verifier).toString('hex');
  return `${verifier.name}+${keyId}+${typedKeyOf(verifier.publicKey).toString('base64')}`;
}

/** The key of such a text, or null when it is none. */
export function parseNoteKey(text: string): NoteVerifier | null {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, name = '', keyId, encoded = ''] = match ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 1 + seedSizeBytes || bytes[0] !== ed25519Algorithm) return null;
  const publicKey = createPublicKey({
    key: Buffer.concat([publicKeyPrefix, bytes.subarray(1)]),
    format: 'der',
    type: 'spki',
  });
  const verifier = { name, publicKey };
  return keyIdOf(verifier).toString('hex') === keyId ? verifier : null;
}

function keyIdOf({ name, publicKey }: NoteVerifier): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), typedKeyOf(publicKey)]);
  return hash('sha256', named, 'buffer').subarray(0, keyIdSizeBytes);
}

function typedKeyOf(publicKey: KeyObject): Buffer {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return Buffer.concat([Uint8Array.of(ed25519Algorithm), der.subarray(publicKeyPrefix.length)]);
}

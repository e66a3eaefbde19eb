import type { MerkleHash } from './merkle-hash.ts';
import {
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signNote,
  splitNote,
} from './signed-note.ts';

/** What is signed of a log: how many leaves it has and what they are (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log, and is the name of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: MerkleHash;
}

/** The signed note of a checkpoint. */
export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  const encodedRoot = Buffer.from(root).toString('base64');
  return signNote(`${origin}\n${size}\n${encodedRoot}\n`, signer);
}

/** The checkpoint of a note that this key signed for its own log; null for any other text. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | null {
  const text = openNote(note, verifier);
  const checkpoint = text === null ? null : parseCheckpoint(text);
  return checkpoint?.origin === verifier.name ? checkpoint : null;
}

/** What a note says, whoever signed it: a claim and no proof. */
export function readClaimedCheckpoint(note: string): Checkpoint | null {
  const parts = splitNote(note);
  return parts === null ? null : parseCheckpoint(parts.text);
}

/** Lines after the third are extensions, which nobody has to know. */
function parseCheckpoint(text: string): Checkpoint | null {
  const [origin = '', sizeText = '', encodedRoot = ''] = text.split('\n');
  const root = new Uint8Array(Buffer.from(encodedRoot, 'base64'));
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(sizeText) || root.length !== 32) return null;
  return { origin, size: Number(sizeText), root };
}

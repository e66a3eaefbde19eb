import { assert } from '../../domain/errors/assert.ts';
import type { StreamName } from '../../ports/event-store.ts';
import { logLimits } from './log-limits.ts';
import type { MerkleFrontier } from './merkle-frontier.ts';
import type { MerkleHash } from './merkle-hash.ts';
import type { SealedRecord } from './sealed-record.ts';

/** One append to the log: records of some streams, and the checkpoint after them. */
export interface LogEntry {
  /** The position of its first leaf; also in the name of its object. */
  readonly firstLeaf: number;
  readonly segments: readonly LogSegment[];
  /** The tree after this entry. */
  readonly frontier: MerkleFrontier;
  /** The signed note of the tree after this entry. */
  readonly checkpoint: string;
}

/** Neighbouring records of one stream. */
export interface LogSegment {
  readonly stream: StreamName;
  readonly firstRevision: number;
  readonly subject: string;
  readonly records: readonly SealedRecord[];
}

const format = 'snapledger-log-entry';
const version = 1;

/** The entry as an object holds it: JSON, so that any program can read it. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const json = {
    format,
    version,
    firstLeaf: entry.firstLeaf,
    segments: entry.segments.map(({ stream, firstRevision, subject, records }) => ({
      stream,
      firstRevision,
      subject,
      records: records.map(({ leaf, commitment, sealed }) => ({
        leaf: hex(leaf),
        commitment: hex(commitment),
        sealed: Buffer.from(sealed).toString('base64'),
      })),
    })),
    frontier: entry.frontier.subtrees.map(hex),
    checkpoint: entry.checkpoint,
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(json)}\n`);
  assert(bytes.length <= logLimits.entrySizeMaxBytes, 'an entry stays below its limit');
  return bytes;
}

/** The entry, or null when these bytes are none that this version knows. */
export function decodeLogEntry(bytes: Uint8Array): LogEntry | null {
  if (bytes.length > logLimits.entrySizeMaxBytes) return null;
  const json = parseJson(Buffer.from(bytes).toString('utf8'));
  if (!isMap(json) || json['format'] !== format || json['version'] !== version) return null;
  const { firstLeaf, segments, frontier, checkpoint } = json;
  if (!isCount(firstLeaf) || typeof checkpoint !== 'string') return null;
  const decoded = allOf(segments, decodeSegment);
  const subtrees = allOf(frontier, (item) => hexBytes(item));
  if (decoded === null || subtrees === null) return null;
  const records = decoded.reduce((sum, segment) => sum + segment.records.length, 0);
  const size = firstLeaf + records;
  if (records === 0) return null;
  return { firstLeaf, segments: decoded, frontier: { size, subtrees }, checkpoint };
}

function decodeSegment(item: unknown): LogSegment | null {
  if (!isMap(item)) return null;
  const { stream, firstRevision, subject } = item;
  const records = allOf(item['records'], decodeRecord);
  if (typeof stream !== 'string' || typeof subject !== 'string') return null;
  if (!isCount(firstRevision) || records === null || records.length === 0) return null;
  return { stream: stream as StreamName, firstRevision, subject, records };
}

function decodeRecord(item: unknown): SealedRecord | null {
  if (!isMap(item)) return null;
  const leaf = hexBytes(item['leaf']);
  const commitment = hexBytes(item['commitment']);
  const { sealed } = item;
  if (leaf === null || commitment === null || typeof sealed !== 'string') return null;
  return { leaf, commitment, sealed: new Uint8Array(Buffer.from(sealed, 'base64')) };
}

/** Every item decoded, or null when one cannot be, or it is no list. */
function allOf<Item>(list: unknown, decode: (item: unknown) => Item | null): Item[] | null {
  if (!Array.isArray(list)) return null;
  const items: Item[] = [];
  for (const item of list) {
    const decoded = decode(item);
    if (decoded === null) return null;
    items.push(decoded);
  }
  return items;
}

function hexBytes(value: unknown): MerkleHash | null {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) return null;
  return new Uint8Array(Buffer.from(value, 'hex'));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

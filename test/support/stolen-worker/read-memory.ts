import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const pieceBytes = 16 * 1024 * 1024;
/** More than any text that is looked for, so that none is missed between two pieces. */
const overlapBytes = 256;
const pagemapEntryBytes = 8;
/** Of the highest byte of an entry of /proc/PID/pagemap: the page is in memory, or swapped out. */
const isThereMask = 0xc0;

/**
 * All memory that another process (Linux) has written to, in pieces that overlap. The caller keeps
 * the process from running meanwhile. What was reserved and never touched is passed over, and so
 * is what can only be read: it is the program itself.
 */
export function* readMemory(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-)/)) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(mapping) ?? [];
      const [, pageKib] = /^KernelPageSize: +(\d+) kB$/m.exec(mapping) ?? [];
      if (from === undefined || to === undefined || pageKib === undefined) continue;
      const [start, end, pageBytes] = [
        Number.parseInt(from, 16),
        Number.parseInt(to, 16),
        Number(pageKib) * 1024,
      ];
      for (const run of touchedRuns(pagemap, start, end, pageBytes)) yield* readRun(memory, run);
    }
  } finally {
    closeSync(memory);
    closeSync(pagemap);
  }
}

interface AddressRun {
  readonly from: number;
  readonly to: number;
}

function* touchedRuns(
  pagemap: number,
  start: number,
  end: number,
  pageBytes: number,
): Generator<AddressRun> {
  const pages = (end - start) / pageBytes;
  const entries = Buffer.alloc(pages * pagemapEntryBytes);
  const got = readSync(
    pagemap,
    entries,
    0,
    entries.length,
    (start / pageBytes) * pagemapEntryBytes,
  );
  if (got !== entries.length) throw new Error('the pages of a mapping are not told');
  let from: number | null = null;
  for (let page = 0; page <= pages; page += 1) {
    const highest = page < pages ? entries.readUInt8(page * pagemapEntryBytes + 7) : 0;
    const isThere = (highest & isThereMask) !== 0;
    const address = start + page * pageBytes;
    if (isThere) from ??= address;
    if (isThere || from === null) continue;
    yield { from, to: address };
    from = null;
  }
}

function* readRun(memory: number, { from, to }: AddressRun): Generator<Buffer> {
  for (let at = from; at < to; at += pieceBytes - overlapBytes) {
    const piece = Buffer.alloc(Math.min(pieceBytes, to - at));
    const got = readOrNothing(memory, piece, at);
    if (got > 0) yield piece.subarray(0, got);
    if (to - at <= pieceBytes) break;
  }
}

/** Pages that cannot be read although they are mapped are those of devices. */
function readOrNothing(memory: number, piece: Buffer, position: number): number {
  try {
    return readSync(memory, piece, 0, piece.length, position);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return 0;
    throw error;
  }
}

/** Which of the named byte strings occur in the pieces, also written in hexadecimal or base64. */
export function findSecrets(
  pieces: Iterable<Buffer>,
  secrets: ReadonlyMap<string, Uint8Array>,
): ReadonlySet<string> {
  const needles = [...secrets].flatMap(([name, secret]) => {
    const bytes = Buffer.from(secret);
    const forms = [
      bytes,
      Buffer.from(bytes.toString('hex')),
      Buffer.from(bytes.toString('base64')),
    ];
    return forms.map((needle) => ({ name, needle }));
  });
  // By their first two bytes: one pass over the memory looks for all of them.
  const byStart = Map.groupBy(needles, ({ needle }) => needle.readUInt16LE(0));
  const isStart = new Uint8Array(65_536);
  for (const start of byStart.keys()) isStart[start] = 1;
  const found = new Set<string>();
  for (const piece of pieces) {
    let previous = piece[0] ?? 0;
    for (let at = 1; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0;
      const start = previous | (byte << 8);
      previous = byte;
      if (isStart[start] !== 1) continue;
      for (const { name, needle } of byStart.get(start) ?? []) {
        const end = at - 1 + needle.length;
        if (end <= piece.length && piece.compare(needle, 0, needle.length, at - 1, end) === 0) {
          found.add(name);
        }
      }
    }
  }
  return found;
}

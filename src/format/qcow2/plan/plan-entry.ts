/** What is to be done about neighbouring blocks. What has no entry is as in the parent. */
export interface PlanEntry {
  readonly first: number;
  readonly count: number;
  /** `absent` ones are not read: they have become what was never written. */
  readonly task: 'read' | 'absent';
  readonly before: BlockBefore;
}

/** What the parent has there: the digest is that of the data. */
export type BlockBefore =
  { readonly state: 'absent' | 'zero' } | { readonly state: 'data'; readonly digest: Uint8Array };

const planEntryBytes = 44;
const tasks = ['absent', 'read-absent', 'read-zero', 'read-data'] as const;
const digestOffset = 12;

/** The bytes of entries, little-endian. */
export function encodePlanEntries(entries: readonly PlanEntry[]): Uint8Array {
  const bytes = Buffer.alloc(entries.length * planEntryBytes);
  for (const [number, { first, count, task, before }] of entries.entries()) {
    const at = number * planEntryBytes;
    const code = task === 'absent' ? 'absent' : (`read-${before.state}` as const);
    bytes.writeUInt32LE(first, at);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(tasks.indexOf(code), at + 8);
    if (before.state === 'data') bytes.set(before.digest, at + digestOffset);
  }
  return bytes;
}

/** Digests are views of the bytes, which were authenticated. */
export function* decodePlanEntries(bytes: Uint8Array): Generator<PlanEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + planEntryBytes <= bytes.length; at += planEntryBytes) {
    const first = view.getUint32(at, true);
    const count = view.getUint32(at + 4, true);
    const code = tasks[view.getUint32(at + 8, true)] ?? 'read-absent';
    const digest = bytes.subarray(at + digestOffset, at + planEntryBytes);
    yield { first, count, ...contentOf(code, digest) };
  }
}

function contentOf(
  code: (typeof tasks)[number],
  digest: Uint8Array,
): Pick<PlanEntry, 'task' | 'before'> {
  switch (code) {
    case 'absent':
      return { task: 'absent', before: { state: 'absent' } };
    case 'read-absent':
      return { task: 'read', before: { state: 'absent' } };
    case 'read-zero':
      return { task: 'read', before: { state: 'zero' } };
    case 'read-data':
      return { task: 'read', before: { state: 'data', digest } };
  }
}

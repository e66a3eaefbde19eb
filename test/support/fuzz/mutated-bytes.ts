import fc from 'fast-check';

/** Values at which sums overflow, signs turn and loops become long. */
const tellingNumbers = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

interface Edit {
  readonly kind: 'flip' | 'cut' | 'insert' | 'number' | 'copy' | 'remove';
  /** Places and lengths are shares of what is there, so that every edit fits every sample. */
  readonly at: number;
  readonly from: number;
  readonly share: number;
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly width: 1 | 2 | 4;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'cut', 'insert', 'number', 'copy', 'remove'),
    at: share,
    from: share,
    share: fc.oneof(share, fc.constantFrom(0, 0.01, 0.1)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    number: fc.constantFrom(...tellingNumbers),
    width: fc.constantFrom(1, 2, 4),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Samples of a format with a few edits, and bytes that are no sample of anything. */
export function mutatedBytes(samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const edited = fc
    .record({ sample: fc.constantFrom(...samples), all: edits })
    .map(({ sample, all }) => all.reduce(edit, Buffer.from(sample)));
  return fc.oneof(
    { weight: 20, arbitrary: edited },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
}

function edit(before: Buffer, { kind, ...how }: Edit): Buffer {
  const bytes = Buffer.from(before);
  const at = Math.floor(how.at * bytes.length);
  const lengthBytes = Math.ceil(how.share * 64);
  switch (kind) {
    case 'flip':
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (how.bytes[0] ?? 1);
      return bytes;
    case 'cut':
      return bytes.subarray(0, at);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), how.bytes, bytes.subarray(at)]);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + lengthBytes)]);
    case 'copy': {
      const from = Math.floor(how.from * bytes.length);
      Buffer.from(bytes.subarray(from, from + lengthBytes)).copy(bytes, at);
      return bytes;
    }
    case 'number': {
      const { width } = how;
      if (at + width <= bytes.length) bytes.writeUIntLE(how.number % 2 ** (8 * width), at, width);
      return bytes;
    }
  }
}

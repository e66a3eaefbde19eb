/** What a set of tags is bounded by. Lengths in characters, all of them ASCII. */
export const tagLimits = {
  /** Of one resource, ours and the user's together (EC2). */
  tagsMax: 50,
  /** EC2 allows 128; the EBS direct APIs 127 (StartSnapshot). */
  nameMaxLength: 127,
  /** EC2 allows 256; the EBS direct APIs 255. */
  valueMaxLength: 255,
  /** Of the id of an instance, in bytes of UTF-8: its tag's name must fit. */
  instanceIdMaxBytes: 64,
  /** The description of a resource before it is compressed: a forged one must not take all memory. */
  descriptionMaxBytes: 256 * 1024,
  /** Volumes of one instance. */
  volumesMax: 128,
} as const;

/** Characters of a tag's value hold so many bytes of base64url. */
const sealedValueMaxBytes = Math.floor((tagLimits.valueMaxLength * 3) / 4);

/** What AES-SIV adds to whatever it seals. */
export const sealOverheadBytes = 16;

/** The part of a description that one tag can hold. */
export const partMaxBytes = sealedValueMaxBytes - sealOverheadBytes;

/** Limits of the log of sealed records. */
export const logLimits = {
  /** Records in one entry, so that one request carries it. */
  entryRecordsMax: 2048,
  /** Sealed bytes in one entry; one record has 512 KiB at most. */
  entrySealedBytesMax: 8 * 1024 * 1024,
  /** A larger object is none that a writer made: base64 and hashes add less than this. */
  entrySizeMaxBytes: 32 * 1024 * 1024,
  /** Engines that may be faster, one after the other, before an append gives up. */
  conflictsMax: 50,
} as const;

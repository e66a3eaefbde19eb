/** Bounds of what one retention decision records, so that it fits into one event of 512 KiB. */
export const recordedPlanLimits = {
  /** Items of each kind that one session removes; more are left for the next. */
  removalsMax: 500,
  /** Estimated bytes from which on no further kept item is listed. */
  bytesMax: 500 * 1024,
  /** What an item takes when it is encoded, without its id and the places of its reasons. */
  itemBytes: 36,
} as const;

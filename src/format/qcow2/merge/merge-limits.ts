/** Of a merge. */
export const mergeLimits = {
  /** A part of which less than this share is needed is not taken over as a whole. */
  liveShareMin: 0.5,
  /** Nor is a smaller one: many small ones make an image of many objects. */
  wholePartMinBytes: 4 * 1024 * 1024,
  /** Records that are read at once to be stored anew. */
  recordsAtOnceMax: 8,
} as const;

/** Bounds of what an instance's stream may hold. */
export const instanceLimits = {
  /** Holds in force at once: each of them stands in every retention decision of the instance. */
  holdsMax: 1000,
  /** Characters of the note of a legal hold. */
  holdNoteMaxLength: 500,
} as const;

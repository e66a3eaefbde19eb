/** Bounds of what a policy may ask for. */
export const policyLimits = {
  /** A chain this long costs more than anybody meant; EBS allows 100,000 snapshots a region. */
  keepSnapshotsMax: 1000,
  policyIdMaxLength: 64,
} as const;

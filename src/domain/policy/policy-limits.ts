/** Bounds of what a policy may ask for. */
export const policyLimits = {
  /** A chain this long costs more than anybody meant; EBS allows 100,000 snapshots a region. */
  keepMax: 1000,
  policyIdMaxLength: 64,
  priorityMax: 1_000_000,
  /** The longest of each unit: a century. */
  periodMax: { days: 36_525, weeks: 5_218, months: 1_200, years: 100 },
  /** Of one cadence; each is asked for its next occurrence whenever due runs are looked for. */
  schedulesMax: 24,
  cronExpressionMaxLength: 200,
  replicasMax: 10,
  /** As IAM and STS have them. */
  roleArnMaxLength: 2_048,
  externalIdMaxLength: 1_224,
  /** Ids and tags of a selection, in all; an event carries the whole policy. */
  selectionTermsMax: 2_000,
  /** Levels of all-of and any-of. */
  selectionDepthMax: 8,
  /** Tags as EC2 has them. */
  tagKeyMaxLength: 128,
  tagValueMaxLength: 256,
  namedIdMaxLength: 128,
  volumeExclusionsMax: 100,
  /** Rows of the table of workers. */
  workerTypesMax: 20,
  /** Volumes of an instance together: 64 of 64 TiB. */
  workerSizeMaxGib: 4_194_304,
  attemptsMax: 10,
  waitMinutesMax: 24 * 60,
  /** Instances of one run; more are for a second policy. One event lists them all. */
  instancesPerRunMax: 2_000,
  /** Beside these, instances that cannot be read and that the same event lists. */
  unreadablePerRunMax: 2_000,
  /** Those of them that are listed with more than the code of what is wrong, and how much of it. */
  unreadableInWordsMax: 20,
  unreadableWordsMaxLength: 1_000,
  /** A run that starts later than this has been missed; `skip` then leaves it out. */
  lateStartMaxMs: 5 * 60_000,
  /** Tries to find a scheduled time within the window before the two are held to contradict. */
  windowTriesMax: 366,
} as const;

/** What a session of the repository can do. */
export const repositoryWorks = [
  'collection',
  'verification',
  'repacking',
  'merging',
  'repair',
] as const;
export type RepositoryWork = (typeof repositoryWorks)[number];

/** Whether a session of this kind is one of the repository. */
export function isRepositoryWork(kind: string): kind is RepositoryWork {
  return repositoryWorks.some((work) => work === kind);
}

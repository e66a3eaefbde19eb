import type { ProcessIdentity } from './process-identity.ts';

const namePattern = /^([0-9a-f]{16})-([0-9]{1,10})-([0-9]{1,16})-[0-9a-f]{24}$/;

/** A name that tells whose file it is. `suffix`: 24 random hex digits. */
export function temporaryFileName(owner: ProcessIdentity, suffix: string): string {
  return `${owner.scope}-${owner.pid}-${owner.startedAt}-${suffix}`;
}

/** Whose temporary file this is, or null when it is none of ours. */
export function ownerOfTemporaryFile(name: string): ProcessIdentity | null {
  const [, scope, pid, startedAt] = namePattern.exec(name) ?? [];
  if (scope === undefined || pid === undefined || startedAt === undefined) return null;
  return { scope, pid: Number(pid), startedAt: Number(startedAt) };
}

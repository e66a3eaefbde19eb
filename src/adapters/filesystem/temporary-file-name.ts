import {
  formatIdentity,
  parseIdentity,
  type ProcessIdentity,
} from '../../platform/process-identity.ts';

const suffixPattern = /-[0-9a-f]{24}$/;

/** A name that tells whose file it is. `suffix`: 24 random hex digits. */
export function temporaryFileName(owner: ProcessIdentity, suffix: string): string {
  return `${formatIdentity(owner)}-${suffix}`;
}

/** Whose temporary file this is, or null when it is none of ours. */
export function ownerOfTemporaryFile(name: string): ProcessIdentity | null {
  return suffixPattern.test(name) ? parseIdentity(name.replace(suffixPattern, '')) : null;
}

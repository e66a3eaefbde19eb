import { hkdfSync } from 'node:crypto';

/** AES-256-SIV takes two keys of 256 bits. */
const keySizeBytes = 64;

/** The keys of the tags of one repository. Secret; engines hold them, workers never. */
export interface TagKeys {
  /** Seals the names of tags. */
  readonly nameKey: Uint8Array;
  /** Seals their values. */
  readonly valueKey: Uint8Array;
}

/**
 * @param tagSecret K_tags of docs/strata.md: `Repository.deriveTagSecret`
 * @see docs/aws-tags.md
 */
export function deriveTagKeys(tagSecret: Uint8Array): TagKeys {
  const derive = (label: string): Uint8Array =>
    new Uint8Array(
      hkdfSync('sha256', tagSecret, '', `snapledger/aws-tags/1/${label}`, keySizeBytes),
    );
  return { nameKey: derive('names'), valueKey: derive('values') };
}

import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import type { StateRecord } from '../state/state-record.ts';

export type Tags = Readonly<Record<string, string>>;

/** As a list: a key may be one that means something else to a JSON object. */
export function formatTags(
  tags: Tags,
): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

export function parseTags(record: StateRecord): Tags {
  return Object.fromEntries(
    record.list('tags').map((tag) => [tag.string('key'), tag.string('value', /^/)]),
  );
}

/** @throws INVALID_ARGUMENT for tags that EC2 would not have either */
export function requireTags(tags: Tags): void {
  const entries = Object.entries(tags);
  if (entries.length > localCloudLimits.tagsMax) {
    throw invalid(`${entries.length} tags are given`, `Give at most ${localCloudLimits.tagsMax}.`);
  }
  for (const [key, value] of entries) {
    const { tagKeyMaxLength, tagValueMaxLength } = localCloudLimits;
    if (key === '' || key.length > tagKeyMaxLength) {
      throw invalid(
        `'${key}' cannot be the key of a tag`,
        `Give 1 to ${tagKeyMaxLength} characters.`,
      );
    }
    if (value.length > tagValueMaxLength) {
      throw invalid(
        `the value of the tag '${key}' is too long`,
        `Give at most ${tagValueMaxLength} characters.`,
      );
    }
  }
}

function invalid(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, { remedy });
}

import type { KeyChangeTrouble } from '../../index.ts';

/** What went wrong after a change of keys was made, and what to do about it. */
export function describeKeyChangeTrouble({ inForce, error }: KeyChangeTrouble): {
  /** Goes on with a sentence that says what was changed. */
  readonly message: string;
  readonly remedy: string;
} {
  switch (inForce) {
    case 'yes':
      return {
        message: `the key slots of before could not be removed: ${error.message}`,
        remedy:
          'Until they are, who has a key of then can find the master key in them. The next change ' +
          `of keys removes them. ${error.remedy ?? ''}`.trimEnd(),
      };
    case 'unknown':
      return {
        message: `it could not be found out whether that counts: ${error.message}`,
        remedy: `Look with 'snapledger key list'. ${error.remedy ?? ''}`.trimEnd(),
      };
  }
}

import type { FormatDescription } from '../../../src/index.ts';

/** What a vault is made in unless something else is asked for. */
export const sampleFormat: FormatDescription = {
  name: 'strata',
  traits: {
    pointDependency: 'independent',
    encryption: 'always',
    deduplication: 'within-instance',
  },
};

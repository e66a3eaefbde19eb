import { createCronerOccurrences } from '../../../src/adapters/schedule/croner-occurrences.ts';

/** Deterministic, so every test may share it. */
export const cronOccurrences = createCronerOccurrences();

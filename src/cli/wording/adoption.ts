import type { AdoptionReason } from '../../index.ts';

/** Why the ledger did not have what it adopts. */
export const adoptionWords: Readonly<Record<AdoptionReason, string>> = {
  'unknown-session': 'whole, and this ledger does not know its session',
  'given-up': 'whole, and its session had given it up',
  'not-recorded': 'whole, and its session did not record it',
};

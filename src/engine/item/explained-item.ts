import type { TimestampMs } from '../../domain/identifiers.ts';
import type { Explanation } from '../../domain/retention/explanation.ts';
import type { FoundItem } from './found-item.ts';

/** Why an item is where it is, or was at a moment of the past. */
export interface ExplainedItem extends FoundItem {
  /** The moment that is spoken of. */
  readonly at: TimestampMs;
  readonly explanation: Explanation;
}

import type { SessionId } from '../identifiers.ts';
import type { ImageLevelSession } from './history-items.ts';
import type { InstanceHistory } from './instance-history.ts';

/**
 * The CBT base of the next image-level session: the source set of the last one that committed its
 * restore point. Failed and cancelled sessions do not move it. Null when there was none, or when
 * the set exists no more.
 *
 * @param options.without a session that is to be left out: `baseMoves: 'after-retention'` runs
 *   retention with the base of before the session
 */
export function cbtBase(
  history: Pick<InstanceHistory, 'sets' | 'imageLevel'>,
  options: { readonly without?: SessionId } = {},
): ImageLevelSession | null {
  const last = history.imageLevel.findLast(({ sessionId }) => sessionId !== options.without);
  if (last === undefined) return null;
  return history.sets.some(({ id }) => id === last.setId) ? last : null;
}

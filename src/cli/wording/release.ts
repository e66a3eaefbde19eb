import { type ExplainedReason, knownOr } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatLocalMinute } from '../output/format-time.ts';

/** What would end a reason to keep, in words that follow "until". */
export function releaseInWords({ reason, release }: ExplainedReason): string {
  switch (release.kind) {
    case 'time':
      return formatLocalMinute(release.at);
    case 'newer-items':
      return `${release.count === 1 ? 'there is' : 'there are'} ${formatCount(release.count, 'newer one')}`;
    case 'newer-periods': {
      const period = periods[release.flag];
      return `${formatCount(release.count, `newer ${period}`)} have one`;
    }
    case 'next-point':
      return 'the next restore point is committed';
    case 'next-replica':
      return 'the next copy of these volumes to this target is complete';
    case 'point-removed':
      return `restore point ${formatId(release.pointId)} is removed`;
    case 'session-ended':
      return `session ${formatId(release.sessionId)} has ended`;
    case 'hold-released': {
      const text = knownOr(release.note, 'its note is forgotten');
      const note = text === '' ? '' : ` (${text})`;
      return `hold ${formatId(release.holdId)}${note} is released`;
    }
    case 'changed-settings':
      return reason.kind === 'manual'
        ? "it is given an expiry of its own ('snapledger expire')"
        : 'its policy, the settings or its own expiry are changed';
  }
}

const periods = { daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year' } as const;

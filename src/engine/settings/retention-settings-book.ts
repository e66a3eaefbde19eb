import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import { keepObsolete, type ObsoleteRule } from '../../domain/retention/obsolete-rule.ts';
import type { RetentionSettingsEvent } from '../../domain/retention/obsolete-rule-set.ts';
import type { Clock } from '../../ports/clock.ts';
import { retentionSettingsCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { retentionSettingsStream } from '../ledger/stream-names.ts';

interface SetRule {
  readonly rule: ObsoleteRule;
  readonly setAt: TimestampMs;
}

/** What was set, oldest first: what held at a moment of the past can be asked for. */
const settingsAggregate: Aggregate<readonly SetRule[], RetentionSettingsEvent> = {
  catalogue: retentionSettingsCatalogue,
  initial: [],
  evolve: (state, { data }) => [...state, data],
};

/** An age that nobody meant: a century, in days. */
const amountMax = 36_500;

/** Settings of retention that belong to no policy, as the ledger has them. */
export class RetentionSettingsBook {
  readonly #ledger: Ledger;
  readonly #clock: Clock;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** @throws INVALID_ARGUMENT; REVISION_CONFLICT when somebody else sets it at the same moment */
  async setObsoleteRule(rule: ObsoleteRule): Promise<void> {
    if (rule.kind === 'after') assertAmount(rule.period.amount);
    const loaded = await this.#ledger.load(retentionSettingsStream, settingsAggregate);
    const setAt = this.#clock.now();
    const event: RetentionSettingsEvent = { type: 'ObsoleteRuleSet', data: { rule, setAt } };
    await this.#ledger.append(loaded, [event], event.type, settingsAggregate);
  }

  /** @param at default: now */
  async obsoleteRule(at: TimestampMs | null = null): Promise<ObsoleteRule> {
    const { state } = await this.#ledger.load(retentionSettingsStream, settingsAggregate);
    const last = state.findLast(({ setAt }) => at === null || setAt <= at);
    return last?.rule ?? keepObsolete;
  }
}

function assertAmount(amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 1 && amount <= amountMax) return;
  throw new SnapledgerError('INVALID_ARGUMENT', `an age of ${amount} cannot be`, {
    remedy: `Give a whole number from 1 to ${amountMax}.`,
  });
}

/**
 * The same as raw-shared-table.ts with two ledgers of ours, which then both go on; and afterwards
 * nothing may keep the process alive.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { EventStore } from '../../../../src/ports/event-store.ts';
import { all, newEvents, newStream } from '../../../conformance/event-store/sample-events.ts';
import { FakeKurrentDb } from '../fake-kurrentdb.ts';
import { openLedgerOn } from '../open-ledger-on.ts';

const [broken, sound] = [await FakeKurrentDb.start(), await FakeKurrentDb.start()];
const [one, other] = [await openLedgerOn(broken.url), await openLedgerOn(sound.url)];
sound.faults.arm('append', { kind: 'slow', delayMs: 300 });
broken.faults.arm('append', { kind: 'cut-before' });
const append = async (store: EventStore): Promise<string> => {
  try {
    await store.append(newStream(), 'no-stream', newEvents(1));
    return 'resolved';
  } catch (error) {
    return hasErrorCode(error, 'LEDGER_UNAVAILABLE') ? 'unavailable' : String(error);
  }
};
const waiting = append(other);
await delay(50);
const outcomes = [await append(one), await waiting, await append(one), await append(other)];
const reading = [...(await all(one.readAll())), ...(await all(other.readAll()))];
process.stdout.write(`${outcomes.join(' ')} ${reading.length}`);
await Promise.all([one.close(), other.close()]);
await Promise.all([broken[Symbol.asyncDispose](), sound[Symbol.asyncDispose]()]);

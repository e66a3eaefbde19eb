import { itemsToAdopt } from '../../domain/adoption/items-to-adopt.ts';
import type { AdoptedItems } from '../../domain/backup-session/adoption-events.ts';
import type { SessionOrigin } from '../../domain/backup-session/session-origin.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { ClaimedSessions } from '../backup/claimed-sessions.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { loadRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { presentPolicyOf } from '../policy/policy-of-instance.ts';

/** Of one session: with their configurations they stay far below what one append takes. */
const itemsMax = 20;

export interface AdoptionParts {
  readonly context: EngineContext;
  readonly ledger: Ledger;
  readonly claims: InstanceClaims;
  readonly policies: PolicyBook;
  readonly claimed: ClaimedSessions;
}

/** Who wants it, and how long. */
export interface AdoptionWish {
  readonly origin: SessionOrigin;
  readonly signal: AbortSignal;
}

/**
 * Takes what was found of an instance into the ledger; also of one that the ledger, or its cloud, does not know.
 *
 * @returns the ids of the sets and replicas that were adopted now
 * @throws INSTANCE_BUSY while another session works with it; UNKNOWN_EVENT and LEDGER_CORRUPT when what is
 *   recorded of it cannot be read
 */
export async function adoptItems(
  { context, ledger, claims, policies, claimed }: AdoptionParts,
  { origin, signal }: AdoptionWish,
  instanceId: InstanceId,
  found: AdoptedItems,
): Promise<ReadonlySet<string>> {
  const adopted = new Set<string>();
  const records = await loadRecords(ledger, instanceId);
  // Looked at before the instance is claimed: nobody has to wait for a session that does nothing.
  for (const items of partsOf(itemsToAdopt(found, records))) {
    signal.throwIfAborted();
    const instance = await selectableInstance(context.cloud.instances, instanceId);
    const policy = await presentPolicyOf(ledger, policies, instance);
    const sessionId = context.random.uuid() as SessionId;
    const plan = { sessionId, instanceId, origin, policy };
    const adoption = await claimed.adopt(plan, items, signal, () =>
      claims.claim(instance, sessionId, 'maintenance'),
    );
    if (adoption === null) continue;
    await adoption.session.ended;
    for (const { setId } of adoption.items.sets) adopted.add(setId);
    for (const { replicaSetId } of adoption.items.replicas) adopted.add(replicaSetId);
  }
  return adopted;
}

function* partsOf({ sets, replicas }: AdoptedItems): Generator<AdoptedItems, void> {
  for (let start = 0; start < sets.length; start += itemsMax) {
    yield { sets: sets.slice(start, start + itemsMax), replicas: [] };
  }
  for (let start = 0; start < replicas.length; start += itemsMax) {
    yield { sets: [], replicas: replicas.slice(start, start + itemsMax) };
  }
}

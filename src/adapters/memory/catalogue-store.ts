import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type {
  CatalogueCheckpoint,
  CatalogueStore,
  ClaimRow,
  InstanceCounts,
  ListedSession,
  CataloguedFilter,
  SessionPage,
  SessionRows,
} from '../../ports/catalogue-store.ts';
import type { StreamName } from '../../ports/event-store.ts';

interface Placed extends SessionRows {
  readonly ordinal: number;
}

/** A catalogue without a disk, for simulations and tests: gone with its process. */
export function createMemoryCatalogueStore(): CatalogueStore {
  let checkpoint: CatalogueCheckpoint | null = null;
  const sessions = new Map<string, Placed>();
  const claims = new Map<StreamName, NonNullable<ClaimRow['claim']>>();

  const unreadable = new Set<StreamName>();

  const forget = (): Promise<void> => {
    checkpoint = null;
    sessions.clear();
    claims.clear();
    unreadable.clear();
    return Promise.resolve();
  };

  const unreadableOf = (streamPrefix: string): readonly StreamName[] =>
    [...unreadable].filter((stream) => stream.startsWith(streamPrefix)).toSorted();

  const listed = ({ session, ordinal }: Placed): ListedSession => {
    const holder = claims.values().find(({ sessionId }) => sessionId === session.sessionId);
    return { ...session, ordinal, heldBy: holder?.engineId ?? null };
  };

  const removed = (): ReadonlySet<string> =>
    new Set(sessions.values().flatMap((one) => one.removed.map(keyOf)));

  const itemsOf = (instanceId: InstanceId): readonly ItemRef[] => {
    const gone = removed();
    return [...sessions.values()]
      .filter(({ session }) => session.instanceId === instanceId)
      .flatMap(({ made }) => made.filter((item) => !gone.has(keyOf(item))));
  };

  const countsOf = (instanceId: InstanceId): InstanceCounts => {
    const own = [...sessions.values()].filter(({ session }) => session.instanceId === instanceId);
    const items = itemsOf(instanceId);
    const count = (kind: ItemRef['kind']): number =>
      items.filter((item) => item.kind === kind).length;
    const held = new Set(claims.values().map(({ sessionId }) => sessionId));
    const open = own.find(({ session }) => held.has(session.sessionId));
    return {
      instanceId,
      sessions: own.length,
      snapshotSets: count('snapshot-set'),
      replicas: count('replica'),
      restorePoints: count('restore-point'),
      openSessionId: open?.session.sessionId ?? null,
    };
  };

  return {
    checkpoint: () => Promise.resolve(checkpoint),
    advance: ({ from, to, sessions: rows, claims: claimRows, unreadable: streams }) => {
      if (!isSame(checkpoint, from)) return Promise.resolve('overtaken');
      for (const row of rows) {
        const { sessionId } = row.session;
        const ordinal = sessions.get(sessionId)?.ordinal ?? sessions.size + 1;
        sessions.set(sessionId, { ...row, ordinal });
      }
      for (const { stream, claim } of claimRows) {
        if (claim === null) claims.delete(stream);
        else claims.set(stream, claim);
      }
      for (const stream of streams) unreadable.add(stream);
      checkpoint = to;
      return Promise.resolve('advanced');
    },
    clear: forget,
    startAnew: forget,

    sessions: (filter, page) =>
      Promise.resolve(pageOf([...sessions.values()].filter(letThrough(filter)), page).map(listed)),
    session: (sessionId) => {
      const found = sessions.get(sessionId);
      return Promise.resolve(found === undefined ? null : listed(found));
    },
    sessionIds: (prefix, limit) =>
      Promise.resolve(
        [...sessions.values()]
          .map(({ session }) => session.sessionId)
          .filter((id) => id.startsWith(prefix))
          .toSorted()
          .slice(0, limit),
      ),
    itemNames: (prefix, limit) =>
      Promise.resolve(
        [...sessions.values()]
          .flatMap(({ session: { instanceId }, names }) =>
            instanceId === null ? [] : names.map((name) => ({ ...name, instanceId })),
          )
          .filter(({ id }) => id.startsWith(prefix))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit),
      ),
    present: (kind) => {
      const gone = removed();
      const made = [...sessions.values()].flatMap(({ session: { instanceId }, made: items }) =>
        instanceId === null ? [] : items.map((item) => ({ item, instanceId })),
      );
      return Promise.resolve(
        made
          .filter(({ item }) => item.kind === kind && !gone.has(keyOf(item)))
          .map(({ item: { id }, instanceId }) => ({ id, instanceId })),
      );
    },
    claims: (streamPrefix) =>
      Promise.resolve(
        [...claims]
          .filter(([stream]) => stream.startsWith(streamPrefix))
          .map(([stream, claim]) => ({ stream, claim }))
          .toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
      ),
    unreadable: (streamPrefix) => Promise.resolve(unreadableOf(streamPrefix)),
    unreadableSessions: (streamPrefix, instanceId, limit) =>
      Promise.resolve(
        unreadableOf(streamPrefix)
          .map((stream) => stream.slice(streamPrefix.length) as SessionId)
          .filter((sessionId) => {
            const known = sessions.get(sessionId);
            return (
              instanceId === null || known === undefined || known.session.instanceId === instanceId
            );
          })
          .slice(0, limit),
      ),
    instances: () => {
      const ids = new Set<InstanceId>();
      for (const { session } of sessions.values()) {
        if (session.instanceId !== null) ids.add(session.instanceId);
      }
      return Promise.resolve([...ids].toSorted().map(countsOf));
    },
    close: () => Promise.resolve(),
  };
}

function letThrough(filter: CataloguedFilter): (placed: Placed) => boolean {
  const { instanceId, kind, status, actor, since, until } = filter;
  return ({ session }) =>
    (instanceId === undefined || session.instanceId === instanceId) &&
    (kind === undefined || session.kind === kind) &&
    (status === undefined || session.status === status) &&
    (actor === undefined || session.actor === actor) &&
    (since === undefined || session.startedAt >= since) &&
    (until === undefined || session.startedAt < until);
}

function pageOf(
  sessions: readonly Placed[],
  { direction, after, limit }: SessionPage,
): readonly Placed[] {
  const inOrder = direction === 'forwards' ? sessions : sessions.toReversed();
  return inOrder
    .filter(({ ordinal }) => {
      if (after === null) return true;
      return direction === 'forwards' ? ordinal > after : ordinal < after;
    })
    .slice(0, limit);
}

function isSame(a: CatalogueCheckpoint | null, b: CatalogueCheckpoint | null): boolean {
  return a?.making === b?.making && a?.position === b?.position && a?.recordHash === b?.recordHash;
}

function keyOf({ kind, id }: ItemRef): string {
  return `${kind} ${id}`;
}

import { assert } from '../domain/errors/assert.ts';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId, PointId } from '../domain/identifiers.ts';
import type { CloudPlace } from '../domain/policy/cloud-place.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { createAudit } from './audit/create-audit.ts';
import { BackupSessions } from './backup/backup-sessions.ts';
import { ClaimedSessions } from './backup/claimed-sessions.ts';
import { DirectReadTurns } from './backup/direct-read-turns.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { CollectionSessions } from './collection/collection-sessions.ts';
import type { Engine, Reconciliation, RunPoliciesRequest } from './engine.ts';
import type { ReconcilableRegion } from './reconcile/reconcilable-region.ts';
import type { EngineContext, EngineDependencies } from './engine-dependencies.ts';
import { engineVersion } from './engine-version.ts';
import { forgetInstance, planForgetting } from './forget/forget-instance.ts';
import { InstanceClaims } from './instance/instance-claims.ts';
import { selectableInstance } from './instance/selectable-instance.ts';
import { describeItems } from './item/describe-items.ts';
import { explainByPrefix } from './item/explain-item.ts';
import { findItem } from './item/find-item.ts';
import { ItemHolds } from './item/item-holds.ts';
import { Ledger } from './ledger/ledger.ts';
import { unreadableCodes } from './ledger/entries-of-streams.ts';
import { MaintenanceCalendar } from './maintenance/maintenance-calendar.ts';
import { runDueMaintenance } from './maintenance/run-due-maintenance.ts';
import { findPoint } from './point/find-point.ts';
import { missingPoints } from './point/missing-points.ts';
import { openPoint } from './point/open-point.ts';
import { openPointImages } from './point/open-point-images.ts';
import { PolicyBook } from './policy/policy-book.ts';
import { presentPolicyOf } from './policy/policy-of-instance.ts';
import { expectNamedInstances } from './policy/expect-named-instances.ts';
import { previewPolicies } from './policy/preview-policies.ts';
import { describePolicy } from './policy-run/describe-policy.ts';
import type { FailedLooks } from './policy-run/failed-looks.ts';
import { keepSchedules } from './policy-run/keep-schedules.ts';
import { PolicyRuns } from './policy-run/policy-runs.ts';
import { RunClaims } from './policy-run/run-claims.ts';
import { RunOffers, type WorkSharing } from './policy-run/run-offers.ts';
import { runHandedPolicies } from './policy-run/run-handed-policies.ts';
import { runDuePolicies } from './policy-run/run-due-policies.ts';
import { keepReconciled } from './reconcile/keep-reconciled.ts';
import { readKnownSessions } from './reconcile/known-sessions.ts';
import { adoptItems, type AdoptionWish } from './reconcile/adoption-sessions.ts';
import type { AdoptItems } from './reconcile/perform-adoptions.ts';
import { reconcile, type ReconcileMode } from './reconcile/reconcile.ts';
import { findRestorable } from './restore/find-restorable.ts';
import { MergeSessions } from './merging/merge-sessions.ts';
import { RelocationSessions } from './relocation/relocation-sessions.ts';
import { soundPolicy } from './policy/sound-policy.ts';
import { reconciledPlaces } from './reconcile/reconciled-places.ts';
import { RestoreSessions } from './restore/restore-sessions.ts';
import { resumeInterrupted } from './resume-interrupted.ts';
import { SensitiveKeys } from './sensitive/sensitive-keys.ts';
import { sensitiveWrappingKeyOf } from './sensitive/sensitive-key.ts';
import { RepositorySessions } from './repository-session/repository-sessions.ts';
import { RepairSessions } from './repair/repair-sessions.ts';
import { SessionSeals } from './seal/session-seals.ts';
import { RetentionSettingsBook } from './settings/retention-settings-book.ts';
import { verificationResults } from './verification/verification-results.ts';
import { VerificationSessions } from './verification/verification-sessions.ts';
import { verifyRepository } from './verification/verify-repository.ts';
import { SessionDirectory } from './session/session-directory.ts';
import { replaySession } from './session/session-reader.ts';
import { SessionRunner } from './session/session-runner.ts';

/** A signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

/**
 * Makes an engine out of the ports that it needs. Nothing is started before a session is: no
 * timers, no process-wide handlers, no output.
 */
export function createEngine(dependencies: EngineDependencies): Engine {
  const engineId = dependencies.random.uuid() as EngineId;
  const directReadTurns = new DirectReadTurns(dependencies.limits.directReadsAtOnceMax);
  const context: EngineContext = { ...dependencies, engineId, directReadTurns };
  const { presence, cloud, repository, limits, clock } = context;
  const sensitiveKeys = new SensitiveKeys({
    ...context,
    headerKey: context.format.headerKey,
    wrappingKey:
      context.sensitiveWrappingKey ?? (async () => sensitiveWrappingKeyOf(await repository())),
  });
  const ledger = new Ledger({
    ...context,
    engineVersion,
    retryPolicy: limits.retry,
    sensitiveKeys,
  });
  const claims = new InstanceClaims(ledger, engineId);
  const policies = new PolicyBook(ledger);
  const settings = new RetentionSettingsBook(ledger, clock);
  const runClaims = new RunClaims(ledger, engineId);
  const catalogue = new Catalogue(context);
  const records = { ledger, catalogue };
  const directory = new SessionDirectory({ ledger, catalogue, claims, runClaims, presence });
  const seals = new SessionSeals(context, directory);
  const runner = new SessionRunner(ledger, directory, seals);
  const claimed = new ClaimedSessions(context, ledger, directory, claims, settings, runner);
  const backups = new BackupSessions(context, ledger, claims, policies, claimed);
  const restores = new RestoreSessions({ context, records, directory, claims, runner });
  const repositoryWork = new RepositorySessions(context, ledger, runner);
  const collections = new CollectionSessions(context, records, directory, repositoryWork);
  const relocations = new RelocationSessions(context, repositoryWork);
  const repairs = new RepairSessions(context, records, directory, repositoryWork);
  const verifications = new VerificationSessions(context, records, repositoryWork);
  const sources = { context, ledger, directory, policies, settings };
  const merges = new MergeSessions(sources, claims, repositoryWork);
  const books = { engine: context, ledger, claims, policies, settings };
  const holds = new ItemHolds({ ...context, ledger, claims });
  const forgetting = { context, ledger, claims, directory, sensitiveKeys, seals };
  const runs = new PolicyRuns({
    engine: context,
    ledger,
    backups,
    claims,
    runClaims,
    policies,
    directory,
    runner,
  });

  let announced: Promise<void> | null = null;
  /** Before anything is claimed, so that a claim of this engine is never taken for a dead one's. */
  const announce = (): Promise<void> => (announced ??= announceOrForget());
  const announceOrForget = async (): Promise<void> => {
    try {
      await presence.announce(engineId);
    } catch (error) {
      announced = null;
      throw error;
    }
  };

  const setPolicies = async (several: readonly BackupPolicy[]): Promise<void> => {
    const sound = several.map((policy) => soundPolicy(context, policy));
    await expectNamedInstances(cloud.instances, claims, sound);
    await policies.set(sound);
  };

  /** What the ledger knows stays known, also after the instance or its disks are gone. */
  const requireKnown = async (instanceId: InstanceId): Promise<void> => {
    const { sessions } = await claims.stateOf(instanceId);
    if (sessions.length === 0) await cloud.instances.describe(instanceId);
  };

  const adoptionParts = { context, ledger, claims, policies, claimed };
  const reconcileRegion = async (
    region: ReconcilableRegion,
    mode: ReconcileMode,
    { origin, signal }: AdoptionWish,
  ): Promise<Reconciliation> => {
    if (mode !== 'plan') await announce();
    const wish = { origin, signal };
    const adopt: AdoptItems = (instanceId, items) =>
      adoptItems(adoptionParts, wish, instanceId, items);
    // There is one repository, and regions may be many.
    const isHome = region.region === cloud.region && region.account === null;
    const parts = { mode, adopt, repository: isHome ? await repository() : null };
    return reconcile(directory, region, parts, signal);
  };

  const keepInOrder =
    ({ reconcile: mode = 'adopt', onReconciled }: RunPoliciesRequest) =>
    async (signal: AbortSignal): Promise<void> => {
      const { openRegion } = context;
      if (openRegion === undefined || mode === 'off') return;
      const kept = {
        clock: context.clock,
        everyMs: context.limits.reconcileEveryMs,
        home: { region: cloud.region, account: null },
        places: async () => {
          const { backups } = await readKnownSessions(directory, signal);
          return reconciledPlaces(cloud.region, await policies.inForce(), backups);
        },
        reconcile: async (place: CloudPlace, signal: AbortSignal) => {
          const region = await openRegion(place);
          try {
            const origin = { kind: 'policy', runId: null } as const;
            return await reconcileRegion(region, mode, { origin, signal });
          } finally {
            region.close();
          }
        },
      };
      await keepReconciled(kept, signal, (place) => onReconciled?.(place));
    };

  return {
    startBackup: async (request) => {
      await announce();
      return backups.start(request);
    },

    startMaintenance: async (request) => {
      await announce();
      return backups.startMaintenance(request);
    },

    startRestore: async (request) => {
      await announce();
      return restores.start(request);
    },

    undoRestore: async (request) => {
      await announce();
      return restores.undo(request);
    },

    planConfirmation: (sessionId) => restores.planConfirmation(sessionId),

    confirmRestore: async (request) => {
      await announce();
      return restores.confirm(request);
    },

    resumeInterrupted: async (options = {}) => {
      const { instanceId } = options;
      if (instanceId !== undefined) await requireKnown(instanceId);
      await announce();
      return resumeInterrupted(
        { catalogue, directory, claimed, restores, collections, runs, runner },
        options,
      );
    },

    reconcile: (region, mode, { signal = never } = {}) =>
      reconcileRegion(region, mode, { origin: { kind: 'on-demand' }, signal }),

    setPolicy: (policy) => setPolicies([policy]),
    setPolicies,
    removePolicy: (policyId) => policies.remove(policyId),
    listPolicies: async () => {
      const booked = await policies.booked();
      return Promise.all(booked.map((one) => describePolicy(context, runs, one)));
    },
    unreadablePolicies: async () => (await policies.read()).unreadable,
    describePolicy: async (policyId) => {
      await policies.get(policyId);
      const booked = await policies.booked();
      const found = booked.find(({ policy }) => policy.policyId === policyId);
      assert(found !== undefined, 'a policy that is in force is in the book');
      return describePolicy(context, runs, found);
    },
    previewPolicies: async (request) => {
      const obsolete = await settings.obsoleteRule();
      return previewPolicies({ context, ledger, policies, claims, obsolete }, request);
    },
    startPolicyRun: async (request) => {
      await announce();
      return runs.startOnDemand(request);
    },
    runPolicies: async (request) => {
      await announce();
      const { until, signal = never } = request;
      const inTrouble = new Set<FailedLooks>();
      // Whoever asks for what is due to be done once wants it done here.
      const isShared = until === 'aborted' && context.eventStore.handOut !== undefined;
      const sharing: WorkSharing = { offers: isShared ? new RunOffers(context, ledger) : null };
      const keepPolicies = (signal: AbortSignal): Promise<void> =>
        runDuePolicies(context, catalogue, policies, runs, sharing, {
          ...request,
          signal,
          inTrouble,
        });
      const keepHanded = (signal: AbortSignal): Promise<void> =>
        runHandedPolicies(context, policies, runs, sharing, { ...request, signal, inTrouble });
      const keepMaintained = (signal: AbortSignal): Promise<void> =>
        runDueMaintenance(
          { engine: context, backups, runs, runner, calendar: new MaintenanceCalendar(books) },
          { ...request, signal, inTrouble },
        );
      if (until === 'aborted') {
        const keepAll = [keepPolicies, keepHanded, keepMaintained, keepInOrder(request)];
        return keepSchedules(keepAll, signal);
      }
      // What backups take care of is not due any more when they have ended.
      const [kept] = await Promise.allSettled([keepPolicies(signal)]);
      const isUnreadable =
        kept.status === 'rejected' && hasErrorCode(kept.reason, ...unreadableCodes);
      if (kept.status === 'rejected' && !isUnreadable) throw kept.reason;
      // A policy that cannot be read stops itself alone, and is told of in the end.
      await keepMaintained(signal);
      if (kept.status === 'rejected') throw kept.reason;
    },
    recordTags: async (instanceId) => {
      await claims.noteTags(await selectableInstance(cloud.instances, instanceId));
    },
    policyOf: async (instanceId) =>
      presentPolicyOf(ledger, policies, await selectableInstance(cloud.instances, instanceId)),

    listInstances: async () => (await cloud.instances.readable()).instances,
    unreadableInstances: async () => (await cloud.instances.readable()).unreadable,
    instanceCounts: async () => {
      const counts = await catalogue.ask((store) => store.instances());
      return new Map(counts.map((one) => [one.instanceId, one]));
    },
    listSessions: ({ instanceId, ...range } = {}) =>
      directory.list(instanceId === undefined ? {} : { instanceId }, range),
    unreadableSessions: ({ instanceId = null } = {}) => directory.unreadable(instanceId),
    describeItems: (instanceId, { at } = {}) => describeItems(sources, instanceId, at ?? null),
    listPoints: async function* ({ instanceId } = {}) {
      const opened = await repository();
      yield* opened.listPoints(instanceId);
    },

    missingPoints: async ({ there = new Set<PointId>(), ...filter } = {}) =>
      missingPoints(records, await repository(), there, filter),

    openPointImages: async (pointId, volumeIds) => {
      const opened = await repository();
      const known = { openPoint: (id: PointId) => openPoint(records, opened, id) };
      return await openPointImages(known, pointId, volumeIds);
    },

    replay: async function* (sessionId, { at = Infinity } = {}) {
      await directory.summaryOf(sessionId);
      for await (const one of replaySession(ledger, sessionId)) {
        if (one.revision > at) return;
        yield one;
      }
    },

    verify: async function* (options) {
      const opened = await repository();
      for await (const result of verifyRepository(records, opened, options)) {
        if (result.kind !== 'coverage') yield result;
      }
    },

    planCollection: ({ signal } = {}) => collections.plan(signal),
    startCollection: async (request = {}) => {
      await announce();
      return collections.start(request);
    },

    planRepack: (request) => relocations.planRepack(request),
    startRepack: async (request) => {
      await announce();
      return relocations.startRepack(request);
    },
    planRepair: (request) => repairs.plan(request),
    startRepair: async (request) => {
      await announce();
      return repairs.start(request);
    },
    planMerge: (request) => merges.plan(request),
    startMerge: async (request) => {
      await announce();
      return merges.start(request);
    },
    startVerification: async (request) => {
      await announce();
      return verifications.start(request);
    },
    damagedPoints: async () => (await verificationResults(ledger)).damagedPoints,

    audit: createAudit(context, ledger, directory, seals),

    findSession: (prefix) => directory.find(prefix),
    findPoint: async (prefix) => findPoint(records, await repository(), prefix),
    findItem: (prefix) => findItem(catalogue, prefix),
    findRestorable: async (prefix) =>
      findRestorable({ ...records, repository: await repository() }, prefix),
    explainItem: (prefix, { at } = {}) => explainByPrefix(sources, catalogue, prefix, at ?? null),

    placeHold: (item, hold) => holds.place(item, hold),
    releaseHold: (instanceId, holdId) => holds.release(instanceId, holdId),
    findHold: (prefix) => holds.find(prefix),
    listHolds: ({ instanceId } = {}) => holds.inForce(instanceId),
    setExpiry: (item, expiresAt) => holds.setExpiry(item, expiresAt),

    planForgetting: (instanceId) => planForgetting(forgetting, instanceId),
    forgetInstance: (request) => forgetInstance(forgetting, request),

    obsoleteRule: () => settings.obsoleteRule(),
    setObsoleteRule: (rule) => settings.setObsoleteRule(rule),

    close: async () => {
      await runner.close();
      if (announced === null) return;
      await announced;
      await presence.leave(engineId);
    },
  };
}

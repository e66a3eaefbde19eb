import { assert } from '../../../../domain/errors/assert.ts';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../../../ports/clock.ts';
import type { ObjectStore } from '../../../../ports/object-store.ts';
import type { RandomSource } from '../../../../ports/random-source.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import { isSameRole } from '../../../../domain/policy/account-role.ts';
import { isSameTarget, type ReplicaTarget } from '../../../../domain/policy/replica-target.ts';
import type { WorkerMachine } from '../../../../domain/policy/worker-policy.ts';
import { openEbs } from '../../ebs/ebs-connection.ts';
import type { AwsAccess } from '../../client/aws-access.ts';
import { type Ec2Connection, openEc2Access } from '../../ec2/ec2-connection.ts';
import { ec2Limits } from '../../ec2/ec2-limits.ts';
import { createEc2Instances } from '../../ec2/instances/ec2-instances.ts';
import { createEc2Inventory } from '../../ec2/inventory/ec2-inventory.ts';
import { deriveTagKeys } from '../../tags/tag-keys.ts';
import { type AwsCall, type AwsCaller, awsCalls } from '../aws-calls.ts';
import { ebsTrials } from './ebs-trials.ts';
import { ec2Trials } from './ec2-trials.ts';
import { isSameMachine, tryMachine } from './machine-trials.ts';
import { originalTrials } from './original-trials.ts';
import { tryTarget } from './target-trials.ts';
import type { PermissionFinding } from './permission-finding.ts';
import { tryStore } from './store-trials.ts';
import { type TrialOutcome, type TrialSamples, type TrialWorld, untried } from './trial.ts';

export type { PermissionFinding } from './permission-finding.ts';
export type { TrialOutcome } from './trial.ts';

export interface PermissionCheckOptions {
  readonly region: Region;
  readonly access: AwsAccess;
  /**
   * Of the repository, which is opened for it once the bucket was tried.
   *
   * @throws STORE_ACCESS_DENIED, whereupon the rest is not tried
   */
  readonly tagSecret: () => Promise<Uint8Array>;
  readonly worker: TrialWorld['worker'];
  /** Whether what restores to original places take is tried as well; default: `leave`. */
  readonly originals?: 'leave' | 'try';
  readonly objectStore: ObjectStore;
  /** Of the policies in force. */
  readonly targets: readonly ReplicaTarget[];
  /** What the policies in force ask for; that of the vault, on demand, is tried in any case. */
  readonly machines: readonly WorkerMachine[];
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * Tries every permission that an engine needs, without changing anything but an object of its own in
 * the bucket; also in the regions that policies copy to, and with the machines
 * that they ask for. What the role of the workers may is not tried:
 * nobody else can do that for it.
 *
 * @throws CLOUD_UNAVAILABLE, STORE_UNAVAILABLE, BUCKET_NOT_FOUND and what else has nothing to do with
 *   permissions
 */
export async function checkPermissions(
  options: PermissionCheckOptions,
): Promise<readonly PermissionFinding[]> {
  const { objectStore, random, tagSecret } = options;
  const inStore = await tryStore(objectStore, random);
  let secret: Uint8Array;
  try {
    secret = await tagSecret();
  } catch (error) {
    if (!hasErrorCode(error, 'STORE_ACCESS_DENIED')) throw error;
    const rest = untried('the repository could not be opened, and its tags are needed for it');
    const denied = withDenial(inStore, error.message);
    return findingsOf(triedCalls(options), ({ command }) =>
      Promise.resolve(denied[command] ?? rest),
    );
  }
  return await checkWithTags(options, inStore, secret);
}

/** What kept the repository from being opened is missing, also where the trial's own object was allowed. */
function withDenial(
  inStore: Readonly<Record<string, TrialOutcome>>,
  said: string,
): Readonly<Record<string, TrialOutcome>> {
  const isKnown = Object.values(inStore).some(({ kind }) => kind === 'missing');
  return isKnown ? inStore : { ...inStore, GetObject: { kind: 'missing', said } };
}

async function checkWithTags(
  options: PermissionCheckOptions,
  inStore: Readonly<Record<string, TrialOutcome>>,
  tagSecret: Uint8Array,
): Promise<readonly PermissionFinding[]> {
  const { region, access, worker, targets, machines, clock, random } = options;
  const { close, ...asked } = openEc2Access({ region, access, clock, random, limits: ec2Limits });
  const ebs = openEbs({ region, clock, random, ...access });
  const keys = deriveTagKeys(tagSecret);
  const connection: Ec2Connection = { ...asked, keys, onUntrusted: () => undefined };
  try {
    const samples = await findSamples(connection);
    const world: TrialWorld = { connection, worker, ebs, samples };
    const findings = [
      ...(await findingsOf(
        triedCalls(options),
        async (call) => inStore[call.command] ?? (await tryCall(world, call)),
      )),
    ];
    for (const machine of distinct(machines, isSameMachine)) {
      findings.push(...(await tryMachine(world, machine)));
    }
    for (const target of distinct(targets, isTriedAlike)) {
      findings.push(...(await tryTarget(world, target)));
    }
    return findings;
  } finally {
    close();
    ebs.close();
  }
}

interface TriedCall {
  readonly call: AwsCall;
  readonly caller: AwsCaller;
}

function triedCalls({
  objectStore: { retention },
  originals = 'leave',
}: PermissionCheckOptions): readonly TriedCall[] {
  const callers: readonly AwsCaller[] = originals === 'try' ? ['engine', 'original'] : ['engine'];
  // Those of other accounts are tried with the targets in them.
  const calls = awsCalls.filter(
    ({ where, scope }) =>
      (where === undefined || retention !== null) &&
      scope.kind !== 'roles' &&
      scope.kind !== 'readers',
  );
  return callers.flatMap((caller) =>
    calls.filter((call) => call.callers.includes(caller)).map((call) => ({ call, caller })),
  );
}

async function findingsOf(
  calls: readonly TriedCall[],
  outcomeOf: (call: AwsCall) => Promise<TrialOutcome>,
): Promise<readonly PermissionFinding[]> {
  const findings: PermissionFinding[] = [];
  for (const { call, caller } of calls) {
    const { action, purpose } = call;
    const outcome = await outcomeOf(call);
    findings.push({ action, caller, purpose, target: null, machine: null, outcome });
  }
  return withoutRepetition(findings);
}

function tryCall(world: TrialWorld, { command, callers }: AwsCall): Promise<TrialOutcome> {
  const trial = callers.includes('original')
    ? originalTrials[command]
    : (ec2Trials[command] ?? ebsTrials[command]);
  assert(trial !== undefined, `there is a trial for ${command}`);
  return trial(world);
}

async function findSamples(connection: Ec2Connection): Promise<TrialSamples> {
  const [instance] = await orNone(
    async () => (await createEc2Instances(connection).readable()).instances,
  );
  const items = await orNone(async () => (await createEc2Inventory(connection).list([])).items);
  const found = { snapshotId: null, volumeId: null, workerId: null, imageId: null };
  return items.reduce<TrialSamples>(
    (samples, item) => {
      switch (item.kind) {
        case 'snapshot':
          return item.snapshot.state === 'completed'
            ? { ...samples, snapshotId: item.snapshot.snapshotId }
            : samples;
        case 'volume':
          return { ...samples, volumeId: item.volume.volumeId };
        case 'worker':
          return { ...samples, workerId: item.worker.workerId };
        case 'restore':
          return item.remnant.type === 'image'
            ? { ...samples, imageId: item.remnant.resourceId }
            : samples;
        case 'replica':
        case 'shared':
        case 'kept':
          return samples;
      }
    },
    {
      ...found,
      instanceId: instance?.instanceId ?? null,
      ownVolumeId: instance?.volumes[0]?.volumeId ?? null,
    },
  );
}

/** Policies may enter one account by several roles, each of which has permissions of its own. */
function isTriedAlike(a: ReplicaTarget, b: ReplicaTarget): boolean {
  return isSameTarget(a, b) && isSameRole(a.account, b.account);
}

function distinct<Item>(
  items: readonly Item[],
  isSame: (a: Item, b: Item) => boolean,
): readonly Item[] {
  return items.filter((item, index) => items.findIndex((one) => isSame(one, item)) === index);
}

/** That something must not be listed is what the trials tell. */
async function orNone<Item>(list: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await list();
  } catch (error) {
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED')) return [];
    throw error;
  }
}

/** Two commands can need one permission: what is worse counts. */
function withoutRepetition(findings: readonly PermissionFinding[]): readonly PermissionFinding[] {
  return [...Map.groupBy(findings, ({ action, caller }) => `${caller} ${action}`).values()].flatMap(
    (group) => group.find(({ outcome }) => outcome.kind !== 'allowed') ?? group.slice(0, 1),
  );
}

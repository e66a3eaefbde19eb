import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { type AwsCallLimits, awsCallLimits } from '../client/aws-call-limits.ts';
import type { AwsAccess, AwsKeys } from '../client/aws-access.ts';
import { readAwsFailure } from '../client/aws-failure.ts';
import { clientSettings } from '../client/client-settings.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';

/** Credentials of a role, which end. */
export interface RoleCredentials extends AwsKeys {
  readonly expiresAtMs: number;
}

/** A role of another account, as long as somebody works there. */
export interface RoleSession {
  /** Those of today: the same ones until shortly before they end. @throws as {@link openRoleSession} */
  credentials(): Promise<RoleCredentials>;
  /** AWS has said that these are out of date: the next ones asked for are others. */
  discard(credentials: RoleCredentials): void;
  close(): void;
}

export interface RoleSessionOptions {
  readonly role: AccountRole;
  /** Whose endpoint of STS is asked: the global one is in a region far away, and can be lost with it. */
  readonly region: Region;
  /** Who takes the role on. */
  readonly access: AwsAccess;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits?: AwsCallLimits;
}

/** Names us in the logs of the other account. */
const sessionName = 'snapledger';

/** A role that is taken on by another role has no more than this (STS). */
const durationSeconds = 3_600;

/** Before they end others are fetched: no request may meet the end on its way. */
const marginMs = 10 * 60_000;

/**
 * Nothing is asked of STS before the credentials are.
 *
 * @throws (its `credentials`) CLOUD_ACCESS_DENIED, CLOUD_REFUSED, CLOUD_UNAVAILABLE
 */
export function openRoleSession(options: RoleSessionOptions): RoleSession {
  const { clock, limits = awsCallLimits } = options;
  let client: STSClient | null = null;
  let current: Promise<RoleCredentials> | null = null;
  let known: RoleCredentials | null = null;

  const fetched = async (): Promise<RoleCredentials> => {
    try {
      known = await assumeRole((client ??= createStsClient(options, limits)), options, limits);
      return known;
    } finally {
      current = null;
    }
  };

  return {
    async credentials() {
      if (known !== null && known.expiresAtMs - clock.now() > marginMs) return known;
      // Once for all who ask at the same time.
      return (current ??= fetched());
    },
    discard(credentials) {
      if (known === credentials) known = null;
    },
    close() {
      client?.destroy();
    },
  };
}

function createStsClient({ region, access }: RoleSessionOptions, limits: AwsCallLimits): STSClient {
  return new STSClient({
    ...clientSettings(region, access),
    requestHandler: {
      connectionTimeout: limits.connectTimeoutMs,
      requestTimeout: limits.callTimeoutMs,
    },
  });
}

async function assumeRole(
  client: STSClient,
  { role, region, clock, random }: RoleSessionOptions,
  limits: AwsCallLimits,
): Promise<RoleCredentials> {
  const { roleArn, externalId } = role;
  try {
    const { Credentials: given } = await retryCall({ limits, clock, random }, () =>
      withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
        client.send(
          new AssumeRoleCommand({
            RoleArn: roleArn,
            RoleSessionName: sessionName,
            DurationSeconds: durationSeconds,
            ...(externalId === null ? {} : { ExternalId: externalId }),
          }),
          { abortSignal },
        ),
      ),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
      throw new SnapledgerError('CLOUD_UNAVAILABLE', `STS gave no credentials of ${roleArn}`, {
        retry: 'retryable',
        remedy: 'Check the health of AWS in this region.',
      });
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiresAtMs: Expiration?.getTime() ?? clock.now() + durationSeconds * 1_000,
    };
  } catch (error) {
    throw refusal(error, roleArn, region);
  }
}

function refusal(error: unknown, roleArn: string, region: Region): unknown {
  if (error instanceof SnapledgerError) return error;
  const { kind, code: awsCode, said } = readAwsFailure(error);
  const message = `the role ${roleArn} cannot be taken on (AssumeRole in ${region}): ${awsCode}, ${said}`;
  const details = { operation: 'AssumeRole', region, awsCode };
  switch (kind) {
    case 'denied':
      return new SnapledgerError('CLOUD_ACCESS_DENIED', message, {
        cause: error,
        retry: 'permanent',
        remedy:
          awsCode === 'AccessDenied'
            ? 'See that the role is there, trusts whoever runs this engine, and asks for no other external id; and that ' +
              'the policy of the engine names the role (docs/aws.md, copies to another account).'
            : // Nothing was looked up of the role yet.
              'The credentials of the engine itself are refused: see that they are those that are meant, and not out of date.',
        details,
      });
    case 'refused':
    case 'untrusted':
      return new SnapledgerError('CLOUD_REFUSED', message, {
        cause: error,
        retry: 'permanent',
        remedy: 'The words of STS say what is wrong; change that.',
        details,
      });
    case 'throttled':
    case 'transient':
    case 'not-understood':
      return new SnapledgerError('CLOUD_UNAVAILABLE', message, {
        cause: error,
        retry: 'retryable',
        remedy: 'Check the network, and the health of AWS in this region.',
        details,
      });
  }
}

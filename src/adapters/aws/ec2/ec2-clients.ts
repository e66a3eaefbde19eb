import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { AwsAccess } from '../client/aws-access.ts';
import { awsCallLimits } from '../client/aws-call-limits.ts';
import { openRoleSession, type RoleCredentials } from '../sts/role-session.ts';
import { createEc2Client } from './create-ec2-client.ts';
import type { Ec2Limits } from './ec2-limits.ts';

export interface ClientsOptions {
  /** In which a role is taken on. */
  readonly region: Region;
  readonly access: AwsAccess;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Ec2Limits;
}

/** The clients of one account, one for each region; each is made when it is first needed. */
export interface Ec2Clients {
  /** @throws CLOUD_ACCESS_DENIED, CLOUD_REFUSED, CLOUD_UNAVAILABLE when a role cannot be taken on */
  of(region: Region): Promise<EC2Client>;
  /**
   * AWS has called the credentials of this client out of date. `renewed`: those of the next one are
   * others; `fixed`: it is not ours to fetch any.
   */
  renew(region: Region, client: EC2Client): 'renewed' | 'fixed';
  close(): void;
}

/** Of the account of the credentials, or of that which a role is of. */
export function createClients(options: ClientsOptions, role: AccountRole | null): Ec2Clients {
  return role === null ? clientsOfCredentials(options) : clientsOfRole(options, role);
}

function clientsOfCredentials({ access, limits }: ClientsOptions): Ec2Clients {
  const clients = new Map<Region, EC2Client>();
  return {
    of(region) {
      const client = clients.get(region) ?? createEc2Client(region, access, limits);
      clients.set(region, client);
      return Promise.resolve(client);
    },
    renew: () => 'fixed',
    close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

interface SignedClient {
  readonly client: EC2Client;
  readonly credentials: RoleCredentials;
  /** The one before, on which requests may still be under way. */
  readonly last: EC2Client | null;
}

/**
 * The credentials of a role are fetched before a request is made, and not by the SDK within it, so that the
 * time limit and the retries of the one are not those of the other.
 */
function clientsOfRole(options: ClientsOptions, role: AccountRole): Ec2Clients {
  const { limits, access } = options;
  const session = openRoleSession({
    ...options,
    role,
    limits: {
      ...awsCallLimits,
      attemptsMax: limits.attemptsMax,
      firstDelayMs: limits.firstDelayMs,
      throttledFirstDelayMs: limits.firstDelayMs,
      delayMaxMs: limits.delayMaxMs,
    },
  });
  const clients = new Map<Region, SignedClient>();
  return {
    async of(region) {
      const credentials = await session.credentials();
      const known = clients.get(region);
      if (known?.credentials === credentials) return known.client;
      known?.last?.destroy();
      const client = createEc2Client(region, { ...access, credentials }, limits);
      clients.set(region, { client, credentials, last: known?.client ?? null });
      return client;
    },
    renew(region, client) {
      const known = clients.get(region);
      if (known?.client === client) session.discard(known.credentials);
      return 'renewed';
    },
    close() {
      session.close();
      for (const { client, last } of clients.values()) {
        client.destroy();
        last?.destroy();
      }
    },
  };
}

import type { Region } from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { UntrustedResource } from '../../../ports/cloud/inventory.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { TagKeys } from '../tags/tag-keys.ts';
import { type ClientsOptions, createClients, type Ec2Clients } from './ec2-clients.ts';
import type { Ec2Limits } from './ec2-limits.ts';

/** What it takes to ask EC2 for something, in one account. */
export interface Ec2Access {
  /** Where the instances are. */
  readonly region: Region;
  /** By which role the account is entered; null: it is that of the credentials. */
  readonly account: AccountRole | null;
  readonly clients: Pick<Ec2Clients, 'of' | 'renew'>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Ec2Limits;
  /** The same in another account; closed with this one. */
  readonly inAccount: (role: AccountRole) => Ec2Access;
}

/** What every part of the adapter works with that knows its own resources by their tags. */
export interface Ec2Connection extends Ec2Access {
  readonly keys: TagKeys;
  /** Told of every untrusted resource whenever it is met. */
  readonly onUntrusted: (resource: UntrustedResource) => void;
}

export interface Ec2AccessOptions extends ClientsOptions {
  /** Default: null. */
  readonly account?: AccountRole | null;
}

/** Access whose connections are given up by `close`. */
export function openEc2Access(
  options: Ec2AccessOptions,
): Ec2Access & { readonly close: () => void } {
  const opened: Ec2Clients[] = [];
  const enter = (account: AccountRole | null): Ec2Access => {
    const clients = createClients(options, account);
    opened.push(clients);
    const { region, clock, random, limits } = options;
    return { region, account, clients, clock, random, limits, inAccount };
  };
  const entered = new Map<string, Ec2Access>();
  const inAccount = (role: AccountRole): Ec2Access => {
    const key = JSON.stringify([role.roleArn, role.externalId]);
    const known = entered.get(key);
    if (known !== undefined) return known;
    const made = enter(role);
    entered.set(key, made);
    return made;
  };
  return {
    ...enter(options.account ?? null),
    close() {
      for (const clients of opened) clients.close();
    },
  };
}

import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { withinLimit } from '../client/retry-call.ts';
import type { Ec2Access } from './ec2-connection.ts';
import { type Ec2Trouble, isOutdated, toCloudError, troubleOf } from './ec2-error.ts';

export interface Ec2Request {
  readonly operation: string;
  readonly region: Region;
  /**
   * `safe`: the same request may be made again whatever became of it (it reads, or has a client
   * token, or says how things are to be). `once`: again only when it certainly had no effect.
   */
  readonly repetition: 'safe' | 'once';
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/**
 * Makes one request, again by the class of its failure. The retries are ours: those of the SDK miss
 * codes of EC2, and know no difference between a request with a token and one without.
 *
 * @throws CLOUD_UNAVAILABLE, CLOUD_ACCESS_DENIED, CLOUD_REFUSED, LIMIT_EXCEEDED, each with
 *   `details.awsCode`; the signal's reason
 */
export async function callEc2<Output>(
  access: Ec2Access,
  request: Ec2Request,
  send: (client: EC2Client, options: SendOptions) => Promise<Output>,
): Promise<Output> {
  const { clients, account, clock, random, limits } = access;
  const { region } = request;
  let busy = 0;
  let failed = 0;
  for (;;) {
    request.signal?.throwIfAborted();
    const client = await clients.of(region);
    try {
      return await withinLimit(clock, limits.requestTimeoutMs, (abortSignal) =>
        send(client, { abortSignal }),
      );
    } catch (error) {
      const isRenewed = isOutdated(error) && clients.renew(region, client) === 'renewed';
      // Refused before anything was done.
      const trouble = isRenewed ? 'throttled' : troubleOf(error);
      if (trouble === 'busy') busy += 1;
      else failed += 1;
      const isOver = busy >= limits.busyAttemptsMax || failed >= limits.attemptsMax;
      if (isOver || !isRepeatable(trouble, request)) {
        throw toCloudError(error, { ...request, account });
      }
      const delayMs =
        trouble === 'busy'
          ? limits.busyDelayMs
          : Math.min(limits.firstDelayMs * 2 ** (failed - 1), limits.delayMaxMs);
      await pause({ clock, random }, delayMs, request.signal);
    }
  }
}

function isRepeatable(trouble: Ec2Trouble, { repetition }: Ec2Request): boolean {
  switch (trouble) {
    case 'throttled':
    case 'busy':
      return true;
    case 'unknown-outcome':
      return repetition === 'safe';
    case 'quota':
    case 'denied':
    case 'refused':
      return false;
  }
}

/** From half of the delay to all of it, so that those who failed together do not come back together. */
async function pause(
  { clock, random }: { readonly clock: Clock; readonly random: RandomSource },
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const [byte = 0] = random.bytes(1);
  await clock.sleep((delayMs * (256 + byte)) / 512, signal);
}

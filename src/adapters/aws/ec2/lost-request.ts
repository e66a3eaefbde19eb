import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { Ec2Connection } from './ec2-connection.ts';

/** What became of a request: EC2 replied, or what it made was found. */
export type Outcome<Reply, Found> =
  | { readonly kind: 'replied'; readonly reply: Reply }
  | { readonly kind: 'found'; readonly found: Found };

/**
 * Makes a request for which EC2 has no client token. When nobody knows what became of it, what it
 * made is looked for, longer than listings may be late.
 *
 * @param find what this very request has made, or null
 * @throws what `request` throws, when nothing of it is found
 */
export async function findLostRequest<Reply, Found>(
  { clock, limits }: Ec2Connection,
  find: () => Promise<Found | null>,
  request: () => Promise<Reply>,
): Promise<Outcome<Reply, Found>> {
  try {
    return { kind: 'replied', reply: await request() };
  } catch (error) {
    if (!hasErrorCode(error, 'CLOUD_UNAVAILABLE')) throw error;
    const endMs = clock.now() + limits.lostRequestMs;
    for (;;) {
      await clock.sleep(limits.pollMs);
      const found = await find();
      if (found !== null) return { kind: 'found', found };
      if (clock.now() >= endMs) throw error;
    }
  }
}

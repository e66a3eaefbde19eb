import { EBSClient } from '@aws-sdk/client-ebs';
import type { Region } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { clientSettings } from '../client/client-settings.ts';
import type { AwsCallContext } from '../client/retry-call.ts';
import { type EbsLimits, ebsLimits } from './ebs-limits.ts';
import { createReadPace, type ReadPace } from './read-pace.ts';

export interface EbsOptions {
  readonly region: Region;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Another endpoint than that of the region. */
  readonly endpoint?: string;
  /** Default: what the default chain of AWS finds. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly limits?: EbsLimits;
}

/** The EBS direct APIs of one region; what reads through it shares one pace. */
export interface EbsConnection {
  readonly region: Region;
  readonly client: EBSClient;
  readonly limits: EbsLimits;
  readonly context: AwsCallContext;
  readonly pace: ReadPace;
  /** Of PutSnapshotBlock, which has a quota of its own of the same size. */
  readonly writePace: ReadPace;
  /** Gives its connections up. */
  readonly close: () => void;
}

/** A client that does what it is told once: retries and time limits are ours. Asks nothing yet. */
export function openEbs(options: EbsOptions): EbsConnection {
  const { region, clock, random, limits = ebsLimits } = options;
  const { call } = limits;
  const agent = { keepAlive: true, maxSockets: call.connectionsMax };
  const client = new EBSClient({
    ...clientSettings(region, options),
    requestHandler: {
      connectionTimeout: call.connectTimeoutMs,
      socketTimeout: call.idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  return {
    region,
    client,
    limits,
    context: { limits: call, clock, random },
    pace: createReadPace(clock, limits),
    writePace: createReadPace(clock, limits),
    close: () => {
      client.destroy();
    },
  };
}

/** Every wait and retry of calls to AWS. The SDK retries nothing and has no limit of its own here. */
export interface AwsCallLimits {
  /** Tries of one call, the first included. */
  readonly attemptsMax: number;
  /** Doubles with every further try, up to `delayMaxMs`; the wait is from half of it to all. */
  readonly firstDelayMs: number;
  /** The same where the service said that it is asked too often. */
  readonly throttledFirstDelayMs: number;
  readonly delayMaxMs: number;
  readonly connectTimeoutMs: number;
  /** A connection on which nothing moves. */
  readonly idleTimeoutMs: number;
  /** One try, without the time that its bytes take. */
  readonly callTimeoutMs: number;
  /** What a connection has to manage on average: a try may take as much longer as its bytes need. */
  readonly bytesPerSecondMin: number;
  /** Connections of one client. */
  readonly connectionsMax: number;
}

export const awsCallLimits: AwsCallLimits = {
  attemptsMax: 8,
  firstDelayMs: 100,
  throttledFirstDelayMs: 500,
  delayMaxMs: 20_000,
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 20_000,
  callTimeoutMs: 30_000,
  // Eight packs at once over 5 Mbit/s.
  bytesPerSecondMin: 64 * 1024,
  connectionsMax: 64,
};

/** How long one try that moves `sizeBytes` may take. */
export function tryLimitMs(limits: AwsCallLimits, sizeBytes: number): number {
  return limits.callTimeoutMs + Math.ceil((sizeBytes / limits.bytesPerSecondMin) * 1000);
}

/** Every wait and retry of the event store on a KurrentDB server. */
export interface KurrentDbLimits {
  /**
   * The longest that one append, or one question of a read, may take. The client has no limit of
   * its own that holds: a lost reply would otherwise be waited for for ever. The server itself
   * gives an append up after 2 s (its commit timeout).
   */
  readonly callTimeoutMs: number;
  /**
   * The longest silence of a server that still owes events of a read. Looking for a rare stream
   * in a large log is no silence: checkpoints come meanwhile.
   */
  readonly readSilenceMaxMs: number;
  /** Subscribing again, after failures in a row without any progress, before the error is given. */
  readonly resubscribeAttemptsMax: number;
  readonly resubscribeFirstDelayMs: number;
  /** The delay doubles up to this. */
  readonly resubscribeDelayMaxMs: number;
  /**
   * A server that has answered nothing for so long is gone. Longer than the ledger repeats an append, which a
   * disturbance must not end.
   */
  readonly outageAfterMs: number;
  /** From then on it is asked by one call at a time, and again after this. */
  readonly outageFirstPauseMs: number;
  /** The pause doubles up to this, jittered. So long it can take until an answering server is noticed. */
  readonly outagePauseMaxMs: number;
  /** For the calls of a client to end when it is closed; the connection is then closed anyway. */
  readonly closeTimeoutMs: number;
}

export const kurrentDbLimits: KurrentDbLimits = {
  callTimeoutMs: 10_000,
  readSilenceMaxMs: 30_000,
  resubscribeAttemptsMax: 10,
  resubscribeFirstDelayMs: 250,
  resubscribeDelayMaxMs: 15_000,
  outageAfterMs: 10_000,
  outageFirstPauseMs: 1_000,
  outagePauseMaxMs: 15_000,
  closeTimeoutMs: 2_000,
};

/**
 * Of the group that an event is handed out by. One at a time for each process, so that work spreads; what
 * is not done in time is for another one.
 */
export const handOutLimits = {
  inFlightMax: 1,
  messageTimeoutMs: 30_000,
  /** After that the server parks an event; whoever offered it looks again. */
  retriesMax: 10,
} as const;

/**
 * Events that the server looks at between two checkpoints of a filtered read; the server's own
 * default of 32 makes more checkpoints than events where a prefix is rare.
 */
export const searchWindowEvents = 500;

/** Characters of a namespace. */
export const namespaceMaxLength = 40;

/** A connection string longer than this is a mistake. */
export const connectionStringMaxLength = 2_000;

/** Nodes that may be named in one connection string. */
export const hostsMax = 16;

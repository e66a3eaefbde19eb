/** Whoever connects is not trusted: everything that a client can make grow has a limit. */
export const nbdLimits = {
  /** At once; nbdcopy opens 4, qemu 1. */
  connectionsMax: 16,
  /** From the first byte to the end of the negotiation. */
  handshakeTimeoutMs: 10_000,
  /** A client that takes nothing for so long while an answer waits is let go. */
  stalledWriteTimeoutMs: 60_000,
  /** Options in one negotiation; clients send fewer than ten. */
  optionsMax: 64,
  /** The data of one option: two names and some queries. */
  optionMaxBytes: 16 * 1024,
  /** What the protocol lets a client assume without asking. */
  requestMaxBytes: 32 * 1024 * 1024,
  /** Requests of one connection that are answered at once; more are read when one is done. */
  requestsAtOnceMax: 16,
  /** Bytes that are asked for and not yet answered, of all connections together. */
  bytesInFlightMax: 64 * 1024 * 1024,
  /** Extents in one answer about the allocation; the client asks again for what is behind. */
  extentsMax: 4096,
  /** Told to clients: reads of whole blocks, at their places, cost least. */
  preferredBlockBytes: 512 * 1024,
} as const;

/*
 * The numbers of the Network Block Device protocol, as far as a read-only server needs them.
 * Source: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */

export const nbdMagic = {
  /** "NBDMAGIC" */
  greeting: 0x4e42444d41474943n,
  /** "IHAVEOPT" */
  option: 0x49484156454f5054n,
  optionReply: 0x0003e889045565a9n,
  request: 0x25609513,
  simpleReply: 0x67446698,
  structuredReply: 0x668e33ef,
} as const;

export const handshakeFlags = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const nbdOptions = {
  exportName: 1,
  abort: 2,
  list: 3,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
} as const;

export const optionReplies = { ack: 1, server: 2, info: 3, metaContext: 4 } as const;

const errorBit = 0x8000_0000;
export const optionErrors = {
  unsupported: errorBit + 1,
  invalid: errorBit + 3,
  unknown: errorBit + 6,
  tooBig: errorBit + 9,
} as const;

export const nbdInfo = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

export const transmissionFlags = {
  hasFlags: 1,
  readOnly: 2,
  sendDontFragment: 1 << 7,
  canMultiConnect: 1 << 8,
} as const;

export const nbdCommands = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  cache: 5,
  writeZeroes: 6,
  blockStatus: 7,
} as const;

export const commandFlags = { dontFragment: 1 << 2, oneExtent: 1 << 3 } as const;

export const chunkTypes = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  error: 0x8001,
  errorOffset: 0x8002,
} as const;
export const chunkDone = 1;

export const nbdErrors = {
  notPermitted: 1,
  input: 5,
  invalid: 22,
  overflow: 75,
  shutdown: 108,
} as const;

/** The one meta context there is, and its number on the wire. */
export const baseAllocation = { name: 'base:allocation', id: 1 } as const;
export const allocationFlags = { hole: 1, zero: 2 } as const;

export const requestHeaderBytes = 28;

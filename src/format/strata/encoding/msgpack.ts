import { Packr } from 'msgpackr';

/**
 * Own instance with every option that changes the bytes or the types stated: plain maps and
 * arrays, no record extension, no shared structures, and byte strings that are copies.
 */
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  structuredClone: false,
  bundleStrings: false,
  encodeUndefinedAsNil: false,
  int64AsType: 'number',
  copyBuffers: true,
});

/** What strata puts into msgpack: JSON values and byte strings. */
export type Storable =
  null | string | number | Uint8Array | readonly Storable[] | { readonly [name: string]: Storable };

export function encodeMsgpack(value: Storable): Uint8Array {
  // A copy: msgpackr gives a view of a buffer that it goes on to use.
  return new Uint8Array(packr.pack(value));
}

/** @throws Error when the bytes are no msgpack, or more than one value. */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

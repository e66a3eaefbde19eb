/** Objects by their keys. */
export type Objects = ReadonlyMap<string, Uint8Array>;

/**
 * Something that is done to the objects of a repository. Places beyond the end of an object, and objects
 * that are not there, are passed over: what went before may have taken them away.
 */
export type Mutation =
  | { readonly kind: 'flip'; readonly key: string; readonly bit: number }
  | { readonly kind: 'cut'; readonly key: string; readonly lengthBytes: number }
  | { readonly kind: 'extend'; readonly key: string; readonly hex: string }
  | {
      readonly kind: 'zero';
      readonly key: string;
      readonly at: number;
      readonly lengthBytes: number;
    }
  /** Bytes of another object, or of the same one, in the place of those that are there. */
  | {
      readonly kind: 'splice';
      readonly key: string;
      readonly at: number;
      readonly from: string;
      readonly fromAt: number;
      readonly lengthBytes: number;
    }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'swap'; readonly key: string; readonly with: string }
  /** Another object, perhaps of another repository (by its name), in the place of this one. */
  | {
      readonly kind: 'replace';
      readonly key: string;
      readonly by: string;
      readonly of?: string;
    }
  /** The same bytes under another key as well. */
  | { readonly kind: 'duplicate'; readonly key: string; readonly as: string };

/** The objects after the mutations, which are done one after the other. */
export function mutated(
  objects: Objects,
  mutations: readonly Mutation[],
  others: (repository: string) => Objects,
): Map<string, Uint8Array> {
  const changed = new Map(objects);
  for (const mutation of mutations) apply(changed, mutation, others);
  return changed;
}

/** The keys of objects that the mutations change, remove or make. */
export function keysTouchedBy(mutations: readonly Mutation[]): readonly string[] {
  return mutations.flatMap((mutation) => {
    if (mutation.kind === 'swap') return [mutation.key, mutation.with];
    return [mutation.kind === 'duplicate' ? mutation.as : mutation.key];
  });
}

function apply(
  objects: Map<string, Uint8Array>,
  mutation: Mutation,
  others: (repository: string) => Objects,
): void {
  const before = objects.get(mutation.key);
  if (before === undefined) return;
  const bytes = Buffer.from(before);
  switch (mutation.kind) {
    case 'flip': {
      const at = mutation.bit >> 3;
      const byte = bytes[at];
      if (byte === undefined) return;
      bytes[at] = byte ^ (1 << (mutation.bit & 7));
      objects.set(mutation.key, bytes);
      return;
    }
    case 'cut':
      objects.set(mutation.key, bytes.subarray(0, mutation.lengthBytes));
      return;
    case 'extend':
      objects.set(mutation.key, Buffer.concat([bytes, Buffer.from(mutation.hex, 'hex')]));
      return;
    case 'zero':
      objects.set(
        mutation.key,
        new Uint8Array(bytes).fill(0, mutation.at, mutation.at + mutation.lengthBytes),
      );
      return;
    case 'splice': {
      const { fromAt, lengthBytes } = mutation;
      const from = objects.get(mutation.from);
      if (from === undefined || mutation.at > bytes.length) return;
      Buffer.from(from.subarray(fromAt, fromAt + lengthBytes)).copy(bytes, mutation.at);
      objects.set(mutation.key, bytes);
      return;
    }
    case 'remove':
      objects.delete(mutation.key);
      return;
    case 'swap': {
      const other = objects.get(mutation.with);
      if (other === undefined) return;
      objects.set(mutation.key, other).set(mutation.with, before);
      return;
    }
    case 'replace': {
      const source = mutation.of === undefined ? objects : others(mutation.of);
      const other = source.get(mutation.by);
      if (other !== undefined) objects.set(mutation.key, other);
      return;
    }
    case 'duplicate':
      if (hasRoom(objects, mutation.as)) objects.set(mutation.as, before);
  }
}

/** A key cannot be a folder of others, nor be in a folder that is an object. */
function hasRoom(objects: Objects, key: string): boolean {
  return objects
    .keys()
    .every((other) => !other.startsWith(`${key}/`) && !key.startsWith(`${other}/`));
}

/**
 * What an event says that may be about a person: it is recorded under a key of the instance, and
 * forgotten when that key is destroyed. Whoever shows or uses it has to say what holds then.
 */
export type Sensitive<T> = Known<T> | Forgotten;

export interface Known<T> {
  readonly kind: 'known';
  readonly value: T;
}

/** It was recorded, and nobody can read it any more. */
export interface Forgotten {
  readonly kind: 'forgotten';
}

export const forgotten: Forgotten = { kind: 'forgotten' };

export function known<T>(value: T): Known<T> {
  return { kind: 'known', value };
}

/** The value, or what stands in its place when it is forgotten. */
export function knownOr<T, Other>(sensitive: Sensitive<T>, other: Other): T | Other {
  return sensitive.kind === 'known' ? sensitive.value : other;
}

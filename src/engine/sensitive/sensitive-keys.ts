import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { CurrentKey } from '../../domain/instance/decide-instance.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { Field } from '../ledger/length-prefixed.ts';
import { sensitiveKeyKey } from '../transparency-log/log-objects.ts';
import { openBytes, sealBytes } from '../transparency-log/sealed-bytes.ts';
import { type SensitiveKey, sensitiveKeyOf, sensitiveSecretSizeBytes } from './sensitive-key.ts';

export interface SensitiveKeysOptions {
  readonly objectStore: ObjectStore;
  /** Of the repository's format: without this object there is no repository, and no key is gone. */
  readonly headerKey: ObjectKey;
  readonly random: RandomSource;
  readonly clock: Clock;
  /** Seals the secrets; asked for when it is first needed. */
  readonly wrappingKey: () => Promise<Uint8Array>;
}

/** Where a ledger has the keys of sensitive values from. */
export interface SensitiveKeySource {
  /** The key to seal with, made if there is none. */
  obtain(subject: string): Promise<SensitiveKey>;
  /** The key that something was sealed with; null: it was destroyed. */
  find(subject: string, keyId: string): Promise<SensitiveKey | null>;
}

/**
 * A key is in memory for this long at most: an engine that runs for months has to notice when another
 * program destroys one.
 */
const rememberedMs = 10 * 60_000;

const label = 'snapledger/ledger/1/sensitive/secret';

/**
 * The secrets of subjects, in `ledger/sensitive/` of the repository and nowhere else. Random and not
 * derived: when one is destroyed, what was sealed with it is forgotten.
 *
 * That there is no key means something in a repository alone: where there is none (a folder that is not
 * mounted) every method throws NOT_A_REPOSITORY. Both that read throw SENSITIVE_KEY_DAMAGED for an object
 * that is not what was stored.
 */
export class SensitiveKeys implements SensitiveKeySource {
  readonly #options: SensitiveKeysOptions;
  /** As many as there are instances. */
  readonly #remembered = new Map<string, { readonly key: SensitiveKey; readonly until: number }>();
  /** Keys that are gone never come back, for they are random; one for each instance that was forgotten. */
  readonly #gone = new Set<string>();

  constructor(options: SensitiveKeysOptions) {
    this.#options = options;
  }

  /** Always read anew: nothing is sealed with a key that was destroyed meanwhile. */
  async obtain(subject: string): Promise<SensitiveKey> {
    const { objectStore, random, wrappingKey } = this.#options;
    const found = await this.#read(subject);
    if (found !== null) return found;
    const secret = random.bytes(sensitiveSecretSizeBytes);
    const sealed = sealBytes(secret, await wrappingKey(), contextOf(subject), random);
    try {
      await objectStore.create(sensitiveKeyKey(subject), sealed);
    } catch (error) {
      // Whoever came first gave the key, and everybody reads that one.
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
    const made = await this.#read(subject);
    if (made !== null) return made;
    throw damaged(subject, 'is gone directly after it was made');
  }

  async find(subject: string, keyId: string): Promise<SensitiveKey | null> {
    const named = `${subject}/${keyId}`;
    if (this.#gone.has(named)) return null;
    const remembered = this.#remembered.get(subject);
    const isFresh = remembered !== undefined && this.#options.clock.now() < remembered.until;
    if (isFresh && remembered.key.id === keyId) return remembered.key;
    const key = await this.#read(subject);
    if (key?.id === keyId) return key;
    this.#gone.add(named);
    return null;
  }

  /** Whether there is one. */
  async has(subject: string): Promise<boolean> {
    if ((await this.#options.objectStore.head(sensitiveKeyKey(subject))) !== null) return true;
    await this.#expectRepository();
    return false;
  }

  async current(subject: string): Promise<CurrentKey> {
    try {
      const key = await this.#read(subject);
      return key === null ? { kind: 'none' } : { kind: 'there', id: key.id };
    } catch (error) {
      if (!hasErrorCode(error, 'SENSITIVE_KEY_DAMAGED')) throw error;
      return { kind: 'damaged' };
    }
  }

  /**
   * Destroys the key if it is still as `current` told.
   *
   * @returns `gone`: there is none now; `another`: there is one of which was not told, and it stays
   */
  async destroy(subject: string, told: CurrentKey): Promise<'gone' | 'another'> {
    await this.#expectRepository();
    const now = await this.current(subject);
    if (now.kind === 'none') return 'gone';
    if (!isSameKey(now, told)) return 'another';
    this.#remembered.delete(subject);
    // No store deletes only what was read. So that one key is in the place of another now, two more programs
    // would have to come in between these two requests: one that destroys it, and one that makes a new one.
    await this.#options.objectStore.delete(sensitiveKeyKey(subject));
    return 'gone';
  }

  async #read(subject: string): Promise<SensitiveKey | null> {
    const { objectStore, clock, wrappingKey } = this.#options;
    let sealed: Uint8Array;
    try {
      sealed = await objectStore.get(sensitiveKeyKey(subject));
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
      await this.#expectRepository();
      this.#remembered.delete(subject);
      return null;
    }
    const secret = openBytes(sealed, await wrappingKey(), contextOf(subject));
    if (secret?.length !== sensitiveSecretSizeBytes) {
      throw damaged(subject, 'is not what was stored');
    }
    const key = sensitiveKeyOf(secret);
    this.#remembered.set(subject, { key, until: clock.now() + rememberedMs });
    return key;
  }

  async #expectRepository(): Promise<void> {
    const { objectStore, headerKey } = this.#options;
    if ((await objectStore.head(headerKey)) !== null) return;
    throw new SnapledgerError(
      'NOT_A_REPOSITORY',
      `the keys of sensitive fields cannot be looked for: there is no object '${headerKey}', so this is no repository`,
      {
        remedy: 'See that the place of the repository is the right one, and that it is mounted.',
        details: { objectKey: headerKey },
      },
    );
  }
}

function isSameKey(one: CurrentKey, other: CurrentKey): boolean {
  return one.kind === 'there' && other.kind === 'there'
    ? one.id === other.id
    : one.kind === other.kind;
}

function contextOf(subject: string): readonly Field[] {
  return [label, subject];
}

function damaged(subject: string, how: string): SnapledgerError {
  return new SnapledgerError(
    'SENSITIVE_KEY_DAMAGED',
    `the key of the sensitive fields of '${subject}' ${how}`,
    {
      remedy:
        "If this is said of every instance, the vault's file 'sensitive.key' is that of another repository: remove it, it is made anew. Else bring the object back from a copy of the repository, or give up what it seals with 'snapledger instance forget'.",
      details: { objectKey: sensitiveKeyKey(subject) },
    },
  );
}

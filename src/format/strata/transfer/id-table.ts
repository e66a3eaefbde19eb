import { assert } from '../../../domain/errors/assert.ts';
import { idWords } from './batch-slot.ts';
import { transferLimits } from './transfer-limits.ts';

/** Three unsigned 32-bit numbers kept with an id; what they mean is the owner's affair. */
export type IdValue = readonly [number, number, number];

const placesMin = 4096;
const valueWords = 3;

/**
 * Remembers ids of 32 bytes, bounded: when the table is full the older half of it is forgotten.
 * Open addressing in flat arrays, because a million small objects would cost ten times as much.
 */
export class IdTable {
  readonly #placesMax: number;
  #recent: Generation;
  #older: Generation | undefined;

  /** `placesMax` (a power of two) bounds each of two generations. */
  constructor(placesMax: number = transferLimits.rememberedIdsMax) {
    assert(placesMax >= placesMin && Number.isInteger(Math.log2(placesMax)), 'a power of two');
    this.#placesMax = placesMax;
    this.#recent = new Generation(placesMin);
  }

  /** What was remembered for the id at `words[offset]`, or null. */
  find(words: Uint32Array, offset: number): IdValue | null {
    return this.#recent.find(words, offset) ?? this.#older?.find(words, offset) ?? null;
  }

  /** Remembers the id at `words[offset]`, which is not in the table yet. */
  add(words: Uint32Array, offset: number, value: IdValue): void {
    if (this.#recent.isFull) this.#makeRoom();
    this.#recent.add(words, offset, value);
  }

  #makeRoom(): void {
    if (this.#recent.places < this.#placesMax) {
      this.#recent = this.#recent.grown();
      return;
    }
    const forgotten = this.#older;
    this.#older = this.#recent;
    this.#recent = forgotten ?? new Generation(this.#placesMax);
    this.#recent.clear();
  }
}

class Generation {
  readonly places: number;
  readonly #ids: Uint32Array;
  readonly #values: Uint32Array;
  readonly #occupied: Uint8Array;
  #count = 0;

  constructor(places: number) {
    this.places = places;
    this.#ids = new Uint32Array(places * idWords);
    this.#values = new Uint32Array(places * valueWords);
    this.#occupied = new Uint8Array(places);
  }

  get isFull(): boolean {
    return this.#count >= this.places * 0.75;
  }

  find(words: Uint32Array, offset: number): IdValue | null {
    const place = this.#placeOf(words, offset);
    if (this.#occupied[place] === 0) return null;
    const value = this.#values.subarray(place * valueWords, (place + 1) * valueWords);
    return [value[0] ?? 0, value[1] ?? 0, value[2] ?? 0];
  }

  add(words: Uint32Array, offset: number, value: IdValue): void {
    const place = this.#placeOf(words, offset);
    if (this.#occupied[place] === 0) this.#count += 1;
    this.#occupied[place] = 1;
    this.#ids.set(words.subarray(offset, offset + idWords), place * idWords);
    this.#values.set(value, place * valueWords);
  }

  clear(): void {
    this.#occupied.fill(0);
    this.#count = 0;
  }

  grown(): Generation {
    const larger = new Generation(this.places * 2);
    for (let place = 0; place < this.places; place += 1) {
      if (this.#occupied[place] === 0) continue;
      const value = this.find(this.#ids, place * idWords);
      if (value !== null) larger.add(this.#ids, place * idWords, value);
    }
    return larger;
  }

  /** Where the id is, or the free place where it belongs. The id is its own hash. */
  #placeOf(words: Uint32Array, offset: number): number {
    let place = (words[offset] ?? 0) & (this.places - 1);
    while (this.#occupied[place] === 1 && !this.#holds(place, words, offset)) {
      place = (place + 1) & (this.places - 1);
    }
    return place;
  }

  #holds(place: number, words: Uint32Array, offset: number): boolean {
    for (let word = 0; word < idWords; word += 1) {
      if (this.#ids[place * idWords + word] !== words[offset + word]) return false;
    }
    return true;
  }
}

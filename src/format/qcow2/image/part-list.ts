import type { ImagePart } from './image-description.ts';
import { clusterBytes, roundUp } from './image-geometry.ts';

/** The parts of an image that is being written, and where they are in it: behind the header. */
export class PartList {
  readonly #parts: ImagePart[] = [];
  readonly #offsets: number[] = [];
  #endOffset: number = clusterBytes;

  get parts(): readonly ImagePart[] {
    return this.#parts;
  }

  /** Where the last part ends. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** What comes behind the parts begins with a cluster. */
  get paddingBytes(): number {
    return roundUp(this.#endOffset, clusterBytes) - this.#endOffset;
  }

  /** @returns its number */
  add(part: ImagePart): number {
    const number = this.reserve();
    this.settle(part);
    return number;
  }

  /** The number of a part whose length is not known yet; `settle` comes before any other part. */
  reserve(): number {
    this.#offsets.push(this.#endOffset);
    return this.#offsets.length - 1;
  }

  /** What was reserved. */
  settle(part: ImagePart): void {
    this.#parts.push(part);
    this.#endOffset += part.sizeBytes;
  }

  offsetOf(part: number): number {
    const offset = this.#offsets[part];
    if (offset === undefined) throw new RangeError(`there is no part ${part}`);
    return offset;
  }
}

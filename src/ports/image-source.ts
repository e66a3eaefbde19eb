/** A disk image that can be read at any place. Several reads may be under way at once. */
export interface ImageSource {
  readonly sizeBytes: number;
  /**
   * What the image has from `offset` on, ascending and without a gap, to the end of the range. Memory
   * is bounded however long the range is, as long as pieces are let go.
   *
   * @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND, OBJECT_RANGE for what is damaged: that is never given as
   *   zeros; INVALID_ARGUMENT for a range beyond the end
   */
  read(offset: number, lengthBytes: number): AsyncIterable<ImagePiece>;
  /**
   * The same without the content, which is not read: damage to it shows when it is read.
   *
   * @throws as `read`, for what cannot be told
   */
  extents(offset: number, lengthBytes: number): AsyncIterable<ImageExtent>;
}

/** A part of an image. `hole`: was never written; `zero`: was written, and is all zeros. */
export interface ImageExtent {
  readonly state: 'data' | 'zero' | 'hole';
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface ImagePiece extends ImageExtent {
  /** The content for state `data`, otherwise empty. */
  readonly bytes: Uint8Array;
}

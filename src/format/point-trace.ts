/** What there is of a point that was committed once. */
export type PointTrace =
  /** Its object is there, damaged or not: `verify` tells which. */
  | { readonly kind: 'there' }
  /** `removePoint` has removed it. */
  | { readonly kind: 'removed' }
  /** It is not to be had, and nobody who has the repository's secret has removed it. */
  | {
      readonly kind: 'missing';
      /** That is not there, or that hides the point. */
      readonly objectKey: string;
      readonly reason: string;
    };

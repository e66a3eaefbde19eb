/** What is to be known of a format without using it. */
export interface FormatDescription {
  /** As it stands in configurations and events: `strata`. */
  readonly name: string;
  readonly traits: FormatTraits;
}

/** What the rules must know about a format. */
export interface FormatTraits {
  /** Whether a point can be read only while the point before it exists. */
  readonly pointDependency: 'independent' | 'needs-parent';
  readonly encryption: 'always' | 'none';
  readonly deduplication: 'within-instance' | 'none';
}

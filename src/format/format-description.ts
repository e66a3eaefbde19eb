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
  /**
   * `points`: where the store has a `retention`, a point and all that it needs is locked before the point is made.
   * Default: nothing is, and no vault whose points are to be locked is made with this format.
   */
  readonly locking?: 'points';
}

const namePattern = /^[a-z][a-z0-9-]{0,31}$/;

const traitValues: {
  readonly [Trait in keyof Required<FormatTraits>]: readonly (FormatTraits[Trait] | undefined)[];
} = {
  pointDependency: ['independent', 'needs-parent'],
  encryption: ['always', 'none'],
  deduplication: ['within-instance', 'none'],
  locking: [undefined, 'points'],
};

export function isFormatName(text: string): boolean {
  return namePattern.test(text);
}

/** What is wrong with a description, which need not have been checked by a compiler; null: nothing. */
export function problemOfDescription({ name, traits }: FormatDescription): string | null {
  if (!isFormatName(name)) {
    return `the name '${name}' is not 1 to 32 of a-z, 0-9 and '-', beginning with a letter`;
  }
  for (const [trait, values] of Object.entries<readonly (string | undefined)[]>(traitValues)) {
    const value: string | undefined = traits[trait as keyof FormatTraits];
    if (!values.includes(value)) {
      return `its trait ${trait} is '${String(value)}', and not one of ${values.join(', ')}`;
    }
  }
  return null;
}

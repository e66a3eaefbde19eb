/** Something that takes effort to make, and is made when it is first wanted. */
export interface MadeOnce<Thing> {
  /** The same for all; after a failure the next who wants it tries again. */
  readonly get: () => Promise<Thing>;
  /** Null when it was never wanted, or could not be made. */
  readonly ifMade: () => Promise<Thing | null>;
}

export function makeOnce<Thing>(make: () => Promise<Thing>): MadeOnce<Thing> {
  let made: Promise<Thing> | null = null;
  const attempt = async (): Promise<Thing> => {
    try {
      return await make();
    } catch (error) {
      made = null;
      throw error;
    }
  };
  return {
    get: () => (made ??= attempt()),
    ifMade: async () => {
      const [settled] = await Promise.allSettled([made]);
      return settled.status === 'fulfilled' ? settled.value : null;
    },
  };
}

/**
 * Lets several loops run side by side until all have come to their end. When one fails the others are
 * told to begin nothing more, what they have under way ends, and then the failure comes.
 */
export async function keepSchedules(
  loops: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const ends = await Promise.allSettled(
    loops.map(async (loop) => {
      try {
        await loop(either);
      } catch (error) {
        failed.abort();
        throw error;
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Nothing that a test waits for takes longer, even on a machine that is busy. */
const patienceMs = 30_000;
const pauseMinMs = 10;
/** Of the time of a look: looking is not to keep the machine from what is looked for. */
const pauseFactor = 9;

/** Waits until `condition` holds; the time that the looks take is not counted. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs;) {
    const lookedAt = performance.now();
    if (await condition()) return;
    const pauseMs = Math.max(pauseMinMs, pauseFactor * (performance.now() - lookedAt));
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
  throw new Error(`this did not happen within ${patienceMs} ms: ${what}`);
}

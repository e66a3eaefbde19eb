import { setTimeout as sleep } from 'node:timers/promises';

/** Nothing that a test waits for takes longer, even on a machine that is busy. */
const patienceMs = 30_000;
const lookEveryMs = 10;

/** Waits until `condition` holds. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookEveryMs) {
    if (await condition()) return;
    await sleep(lookEveryMs);
  }
  throw new Error(`this did not happen within ${patienceMs} ms: ${what}`);
}

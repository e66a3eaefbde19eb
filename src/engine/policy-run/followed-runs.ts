import type { RunningPolicyRun, RunPoliciesRequest } from '../engine.ts';

/**
 * Runs that a loop has begun. One that cannot come to its end is somebody's who follows it, and stops no
 * other.
 */
export class FollowedRuns {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #wakers = new Set<Promise<unknown>>();
  readonly #onRun: RunPoliciesRequest['onRun'];

  constructor(onRun: RunPoliciesRequest['onRun']) {
    this.#onRun = onRun;
  }

  /**
   * Each resolves when a run has ended. One that is stuck wakes nobody: gone on with at once, it would
   * be stuck as well.
   */
  get wakers(): ReadonlySet<Promise<unknown>> {
    return this.#wakers;
  }

  follow(run: RunningPolicyRun): void {
    const over = run.ended.then(
      () => 'ended' as const,
      () => 'stuck' as const,
    );
    const woken = over.then((how) => (how === 'ended' ? undefined : new Promise(() => undefined)));
    this.#underWay.add(over);
    this.#wakers.add(woken);
    void over.then(() => {
      this.#underWay.delete(over);
      this.#wakers.delete(woken);
    });
    this.#onRun?.(run);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}

import type { RunningPolicyRun, RunPoliciesRequest } from '../engine.ts';

/**
 * Runs that a loop has begun. One that cannot come to its end is somebody's who follows it, and stops no
 * other.
 */
export class FollowedRuns {
  readonly #underWay = new Set<Promise<void>>();
  readonly #onRun: RunPoliciesRequest['onRun'];

  constructor(onRun: RunPoliciesRequest['onRun']) {
    this.#onRun = onRun;
  }

  get underWay(): ReadonlySet<Promise<void>> {
    return this.#underWay;
  }

  follow(run: RunningPolicyRun): void {
    const over = run.ended.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.add(over);
    void over.then(() => this.#underWay.delete(over));
    this.#onRun?.(run);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}

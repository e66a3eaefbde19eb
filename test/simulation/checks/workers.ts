import { decodeUserData } from '../../../src/mailbox/user-data.ts';
import { simulationEngineLimits } from '../../support/simulation/simulation-limits.ts';
import type { Check } from './checked-run.ts';

/** Each attempt of a session has one worker, however often its launch was tried. */
export const checkWorkers: Check = ({ world }) => {
  const violations: string[] = [];
  const seen = new Set<string>();
  for (const { workerId, request } of world.workers.everLaunched) {
    const { sessionId, attempt } = decodeUserData(request.userData);
    const key = `attempt ${attempt} of session ${sessionId}`;
    if (seen.has(key)) violations.push(`${workerId} is a second worker for ${key}`);
    if (attempt > simulationEngineLimits.workerAttemptsMax) {
      violations.push(`${workerId} was launched for ${key}, one too many`);
    }
    seen.add(key);
  }
  return violations;
};

const steps: ReadonlyMap<string, string> = new Map([
  ['inspect-instance', 'look at the instance and its volumes'],
  ['request-snapshots', 'record that snapshots will be taken'],
  ['take-snapshots', 'take the snapshots'],
  ['settle-snapshots', 'find out whether the snapshots were taken'],
  ['await-snapshots', 'wait until the snapshots are complete'],
  ['register-writer', 'register with the repository'],
  ['plan-read', 'plan which blocks to read'],
  ['launch-worker', 'launch a worker'],
  ['attach-volumes', 'attach volumes made from the snapshots to the worker'],
  ['transfer-blocks', 'let the worker read and store blocks'],
  ['commit-point', 'commit the restore point'],
  ['remove-worker', 'remove the worker and its volumes'],
  ['close-writer', 'sign off from the repository'],
  ['discard-writer', 'remove from the repository what was not committed'],
  ['request-replica', 'record that the snapshots will be copied'],
  ['start-replica', 'begin to copy the snapshots'],
  ['await-replica', 'wait until the copies are complete'],
  ['abandon-replica', 'remove unfinished copies'],
  ['decide-retention', 'decide what stays'],
  ['expire-points', 'record which restore points leave the chain'],
  ['clear-removals', 'make sure that nothing holds what is to be removed'],
  ['remove-replica', 'remove a replica'],
  ['remove-point', 'remove a restore point'],
  ['remove-snapshots', 'remove a snapshot set'],
  ['resolve-instances', 'find the instances of the policy'],
  ['start-session', 'begin the session of an instance'],
  ['await-sessions', 'wait until a session has ended'],
  ['schedule-retry', 'try the failed instances again'],
  ['end-run', 'end the run'],
  ['end-session', 'end the session'],
  ['nothing', 'nothing: the session has ended'],
]);

/** What an engine has to do next. A step without words of its own is shown by its name. */
export function stepInWords(step: string): string {
  return steps.get(step) ?? step.replaceAll('-', ' ');
}

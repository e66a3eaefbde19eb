import { serveJobs } from '../../../../../src/format/strata/transfer/threads/serve-jobs.ts';

export type TrialJob =
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'throw' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'spin' };

/** A thread that does what it is told, also what no thread should do. */
serveJobs((job: TrialJob): number => {
  switch (job.kind) {
    case 'double':
      return job.value * 2;
    case 'throw':
      throw new Error('told to throw');
    case 'exit':
      process.exit(3);
      break;
    case 'spin': {
      const never = new Int32Array(new SharedArrayBuffer(4));
      for (;;) Atomics.wait(never, 0, 0, 1);
    }
  }
  return 0;
});

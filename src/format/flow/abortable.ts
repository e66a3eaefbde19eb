/**
 * `promise`, or a rejection with the signal's reason as soon as `signal` aborts. What the promise
 * stands for goes on; its outcome then goes nowhere.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) promise.catch(ignoreAfterAbort);
  signal.throwIfAborted();
  // A race against one long-lived promise would keep every result alive until the signal aborts.
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function ignoreAfterAbort(): void {
  // The caller has been told of the abort, which is why nobody waits for this any more.
}

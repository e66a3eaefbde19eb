/*
 * `node --import signal-itself.ts PROGRAM`: a program that gets a signal right after it has printed
 * something, however busy the machine is. Which signal, and what, is said in its environment.
 */
const { SIGNAL_ITSELF: signal = '', SIGNAL_ITSELF_AFTER: after = '' } = process.env;

const write = process.stderr.write.bind(process.stderr);
let isDue = after !== '';
process.stderr.write = ((...written: Parameters<typeof write>) => {
  const result = write(...written);
  if (isDue && String(written[0]).includes(after)) {
    isDue = false;
    process.kill(process.pid, signal);
  }
  return result;
}) as typeof write;

/*
 * A worker that lives and says nothing. A test run that was cut off leaves it behind for a minute at most.
 */
setTimeout(() => undefined, 60_000);

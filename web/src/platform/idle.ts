/** Work that can wait until the person has what they came for and the machine has nothing better to do. */

/** Calls back once, some time after `ms`, unless it is taken back first. */
export function whenIdle(ms: number, run: () => void): () => void {
  let idle: number | undefined;
  const timer = setTimeout(() => {
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback === 'function') idle = requestIdleCallback(run, { timeout: 5000 });
    else run();
  }, ms);
  return () => {
    clearTimeout(timer);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
}

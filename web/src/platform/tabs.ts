/**
 * Whether Wardline is open in another tab of this browser. The tab that is open holds a Web Lock (see core/session/tab.ts); one that
 * is not open can ask who holds it. Nothing is kept for this, so nothing has to be cleared.
 */

/** The lock that the open tab holds. */
export const tabLockName = 'wardline';

/**
 * For a page that has nothing open itself: tells at once, and again when that changes. Without Web Locks it says that there is no
 * other tab, because then there is no way to know.
 */
export function watchOtherTab(
  tell: (open: boolean) => void,
  locks: LockManager | undefined = navigator.locks,
): () => void {
  if (!locks) {
    tell(false);
    return () => undefined;
  }
  const queue = locks;
  const over = new AbortController();
  let waiting = false;
  async function look() {
    const { held = [] } = await queue.query();
    if (over.signal.aborted) return;
    const open = held.some(({ name, mode }) => name === tabLockName && mode === 'exclusive');
    tell(open);
    if (open) await untilGone();
  }
  /** Stands in line behind the other tab, only to see it go, and gives the lock back at once. */
  async function untilGone() {
    if (waiting) return;
    waiting = true;
    try {
      await queue.request(tabLockName, { signal: over.signal, mode: 'shared' }, () => undefined);
    } finally {
      waiting = false;
    }
    await look();
  }
  const again = () => void look().catch(() => over.signal.aborted || tell(false));
  again();
  // Opened elsewhere while this one was out of sight.
  document.addEventListener('visibilitychange', again, { signal: over.signal });
  addEventListener('focus', again, { signal: over.signal });
  return () => over.abort();
}

/** R10: what the check finds while somebody writes, a moment after they have paused. It only asks; what stops is said when it is sent. */
import { useEffect, useState } from 'preact/hooks';
import type { Finding, Space } from '../../core/contract.ts';
import { stillThere } from './rules.ts';

const pause = 700;
const asking: readonly Space[] = ['team', 'role', 'direct'];

type Written = {
  thread: string | undefined;
  space: Space | undefined;
  text: string;
  check: (words: { thread: string; text: string }) => Promise<Finding[]>;
};

export function useAsked({ thread, space, text, check }: Written): Finding | undefined {
  const [found, setFound] = useState<Finding>();
  const asks = thread !== undefined && space !== undefined && asking.includes(space) && text.trim() !== '';
  useEffect(() => {
    if (!asks) {
      setFound(undefined);
      return undefined;
    }
    let current = true;
    // What was found and is still there stays, so that the line does not come and go with every letter.
    setFound((now) => now && stillThere(text, now));
    const timer = setTimeout(() => {
      check({ thread, text }).then(
        (findings) => {
          if (!current) return;
          setFound(findings.some(({ stops }) => stops) ? undefined : findings[0]);
        },
        () => undefined,
      );
    }, pause);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asks, thread, text]);
  return asks ? found : undefined;
}

/** Asking the directory while somebody types: with a short pause, and never an answer to an older question. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DirectoryAnswer } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { useClient } from '../session/client.ts';

/** What is on the device answers at once; only what is typed in one go is not asked for letter by letter. */
const pause = 60;
/** Then it has heard what changed among the staff, such as who has just set up Wardline. */
const later = 1500;

export type DirectorySearch = { answer: DirectoryAnswer | undefined; fault: Fault | undefined; searching: boolean };

export function useDirectory(query: string): DirectorySearch {
  const { wardline } = useClient();
  const [state, setState] = useState<DirectorySearch>({ answer: undefined, fault: undefined, searching: false });
  const asked = useRef(0);
  const wanted = query.trim();
  useEffect(() => {
    asked.current += 1;
    const turn = asked.current;
    if (wanted.length < 2) {
      setState({ answer: undefined, fault: undefined, searching: false });
      return undefined;
    }
    setState((before) => ({ ...before, searching: true }));
    let timer: ReturnType<typeof setTimeout>;
    const ask = (again: boolean) =>
      wardline
        .searchDirectory({ query: wanted })
        .then((answer) => {
          if (turn !== asked.current) return;
          setState((before) =>
            again && JSON.stringify(before.answer) === JSON.stringify(answer)
              ? before
              : { answer, fault: undefined, searching: false },
          );
          if (!again) timer = setTimeout(() => void ask(true), later);
        })
        .catch((thrown: unknown) => {
          if (turn === asked.current && !again) {
            setState({ answer: undefined, fault: asFault(thrown), searching: false });
          }
        });
    timer = setTimeout(() => void ask(false), pause);
    return () => clearTimeout(timer);
  }, [wanted]);
  return state;
}

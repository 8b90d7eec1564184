/** Asking the directory while somebody types: with a short pause, and never an answer to an older question. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DirectoryAnswer } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { useClient } from '../session/client.ts';

/** What is on the device answers at once; only what is typed in one go is not asked for letter by letter. */
const pause = 60;

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
    const timer = setTimeout(() => {
      wardline
        .searchDirectory({ query: wanted })
        .then((answer) => {
          if (turn === asked.current) setState({ answer, fault: undefined, searching: false });
        })
        .catch((thrown: unknown) => {
          if (turn === asked.current) setState({ answer: undefined, fault: asFault(thrown), searching: false });
        });
    }, pause);
    return () => clearTimeout(timer);
  }, [wanted]);
  return state;
}

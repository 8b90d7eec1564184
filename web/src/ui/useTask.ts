/** One thing at a time that may take a while and may fail: a button starts it, says that it runs, and shows why it did not work. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asFault, type Fault } from './fault.tsx';

export type Task = {
  busy: boolean;
  fault: Fault | undefined;
  /** Runs unless something already runs. */
  run(work: () => Promise<void>): void;
  clear(): void;
};

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const running = useRef(false);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const run = useCallback((work: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setFault(undefined);
    work()
      .catch((thrown: unknown) => {
        if (mounted.current) setFault(asFault(thrown));
      })
      .finally(() => {
        running.current = false;
        if (mounted.current) setBusy(false);
      });
  }, []);
  const clear = useCallback(() => setFault(undefined), []);
  return { busy, fault, run, clear };
}

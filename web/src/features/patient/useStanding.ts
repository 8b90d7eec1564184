/** Before somebody decides or files, the record is asked whether the patient's identity still stands. It waits for nobody and stops nobody. */
import { useEffect } from 'preact/hooks';
import type { ThreadId } from '../../core/contract.ts';
import { useClient } from '../session/client.ts';

export function useStanding(thread: ThreadId): void {
  const client = useClient();
  useEffect(() => {
    // The details say when it was asked last, and there it can be asked by hand.
    void client.wardline.checkPatient({ thread, whenDue: true }).catch(() => undefined);
  }, [thread]);
}

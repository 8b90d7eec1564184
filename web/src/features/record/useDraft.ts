/** Says that I am preparing a document while its sheet is open, and tells me when somebody else is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DecisionId, ThreadId } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { useClient } from '../session/client.ts';

export function useDraft(thread: ThreadId, decision: DecisionId) {
  const client = useClient();
  const [other, setOther] = useState<Fault>();
  const mine = useRef(false);
  const claim = (takeOver: boolean) =>
    client.wardline.draftDecision({ thread, decision, takeOver }).then(
      () => {
        mine.current = true;
        setOther(undefined);
      },
      (thrown: unknown) => {
        const fault = asFault(thrown);
        // Without a network, or for a decision that has moved on, the sheet itself says what is the matter.
        if (fault.code === 'being_drafted') setOther(fault);
      },
    );
  useEffect(() => {
    void claim(false);
    return () => {
      if (mine.current) void client.wardline.putBackDecision({ thread, decision }).catch(() => undefined);
    };
  }, [thread, decision]);
  return {
    other,
    takeOver: () => void claim(true),
    /** Filed: there is nothing to put back. */
    done: () => {
      mine.current = false;
    },
  };
}

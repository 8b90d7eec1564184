/** R51: the decisions of a conversation about the wrong patient, as this device knows them now. */
import { useEffect, useState } from 'preact/hooks';
import type { DecisionsAgain, ThreadId } from '../../core/contract.ts';
import { useClient } from '../session/client.ts';

/** Of either thread; nothing while there is none, or while it is not known. */
export function useAgain(thread: ThreadId | undefined): DecisionsAgain | undefined {
  const client = useClient();
  const [known, setKnown] = useState<DecisionsAgain>();
  // Whatever was said or decided in one of the two changes the inbox.
  const inbox = client.inbox.value;
  useEffect(() => {
    if (!thread) return undefined;
    let over = false;
    client.wardline.decisionsAgain({ thread }).then(
      (answer) => {
        if (!over) setKnown(answer);
      },
      () => undefined, // the next change asks again
    );
    return () => {
      over = true;
    };
  }, [thread, inbox]);
  return known;
}

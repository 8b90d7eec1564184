/** A decision that is being made is kept on this device, sealed, as it is typed: nothing is lost on Back, on reload or by a lock (H17). */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DecisionDraft, DecisionId, MessageId, ThreadId } from '../../core/contract.ts';
import { useClient } from '../session/client.ts';
import { choose, isEmpty } from './decisionDraft.ts';

const draftDelay = 500;

export function useDecisionDraft(
  thread: ThreadId,
  corrects: DecisionId | undefined,
  /** Where nothing was begun yet. */
  begin: DecisionDraft,
  /** The message that was pointed at, if one was. */
  pointed: MessageId | undefined,
) {
  const client = useClient();
  const { wardline } = client;
  const [draft, setDraft] = useState<DecisionDraft>();
  const latest = useRef({ draft: undefined as DecisionDraft | undefined, saved: '', over: false }).current;
  const about = { thread, ...(corrects === undefined ? {} : { corrects }) };

  function put(next: DecisionDraft) {
    latest.draft = next;
    setDraft(next);
  }

  useEffect(() => {
    void wardline
      .decisionDraft(about)
      .catch(() => undefined)
      .then((kept) => {
        const found = kept ?? begin;
        const next = pointed === undefined ? found : choose(found, pointed);
        // What was only opened is not kept.
        latest.saved = JSON.stringify(kept ?? next);
        put(next);
      });
  }, [thread, corrects]);

  async function save(): Promise<void> {
    const now = JSON.stringify(latest.draft);
    if (!latest.draft || latest.over || now === latest.saved) return;
    latest.saved = now;
    await wardline.saveDecisionDraft({ ...about, ...(isEmpty(latest.draft) ? {} : { draft: latest.draft }) });
  }
  // It follows the typing with a short delay, and at once when the keys are about to go or the sheet closes.
  useEffect(() => {
    const timer = setTimeout(() => void save().catch(() => undefined), draftDelay);
    const release = client.beforeLock(save);
    return () => {
      clearTimeout(timer);
      release();
    };
  }, [draft]);
  useEffect(() => () => void save().catch(() => undefined), [thread, corrects]);

  return {
    /** Absent until what was kept has been read. */
    draft,
    put,
    /** Being marked: the draft goes with it, and comes back when that fails. */
    hold: (on: boolean) => {
      latest.over = on;
    },
  };
}

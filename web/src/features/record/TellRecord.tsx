/** Having the record told, or told again, that a document was entered in error: it refused, or nobody's device has said yet whose record it is. */
import type { DecisionId, ThreadId } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';

type Props = { thread: ThreadId; decision: DecisionId; owed: { why?: string; mayTell?: 'first' | 'again' } };

export function TellRecord({ thread, decision, owed: { why, mayTell } }: Props) {
  const client = useClient();
  const task = useTask();
  if (!why && !mayTell) return null;
  const tell = () =>
    task.run(async () => {
      await client.wardline.retractFiling({ thread, decision });
      client.announce('The record is told again');
    });
  return (
    <span class="tell">
      {why && <span class="d__x">The record said: “{why.replace(/[.\s]+$/, '')}”.</span>}
      {mayTell && (
        <button type="button" class="btn btn--s" data-act aria-disabled={task.busy} onClick={tell}>
          {task.busy ? 'Telling the record…' : mayTell === 'again' ? 'Try again' : 'Tell the record'}
        </button>
      )}
      <FaultBox fault={task.fault} />
    </span>
  );
}

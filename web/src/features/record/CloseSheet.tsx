/** R49: closing a clinical thread asks whether anything in it was decided, and keeps the signed answer. */
import { useState } from 'preact/hooks';
import type { ThreadHead } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';

/** `seen` is the last item that was drawn under it. */
export function CloseSheet({ head, seen }: { head: ThreadHead; seen: number }) {
  const client = useClient();
  const task = useTask();
  const [note, setNote] = useState('');
  // What comes while the sheet is open is not answered for.
  const [upTo] = useState(seen);
  const close = () => client.router.close();
  const open = head.record.filter(({ state }) => state === 'none' || state === 'filing' || state === 'failed').length;
  const canDecide = head.space === 'patient';

  function answer() {
    if (isWrongPatient(head)) return;
    task.run(async () => {
      await client.wardline.sweep({ thread: head.id, note: note.trim(), upTo });
      client.announce('Closed. Anything that is written here opens it again.');
      close();
    });
  }

  return (
    <Sheet
      title="Close this conversation"
      subtitle={head.name}
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          {canDecide && !isWrongPatient(head) && (
            <a class="btn" href={format({ at: 'decide', thread: head.id })}>
              <DecisionIcon />
              Yes, mark it
            </a>
          )}
          <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={answer}>
            {open > 0 ? 'No other decision, close' : 'No decision, close'}
          </button>
        </div>
      }
    >
      <p>
        <b>Was anything decided here that is not marked as a decision?</b>
      </p>
      {open > 0 && (
        <p class="card card--warn">
          {plural(open, 'marked decision')} {open === 1 ? 'is' : 'are'} not in the record yet. Closing changes nothing
          about that.
        </p>
      )}
      {!canDecide && <p>If something was decided about a patient, go on in that patient’s thread and mark it there.</p>}
      <p>
        Your answer is signed and kept. Messages that nobody decided anything in are removed after their time; without
        an answer they stay.
      </p>
      <AreaField label="Note (optional)" value={note} onInput={setNote} rows={2} />
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

/** Stopping a thread for everybody, because it is linked to the wrong patient (R51). */
import { useState } from 'preact/hooks';
import type { ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useStopped } from '../compose/useStopped.tsx';
import { useClient } from '../session/client.ts';
import { Banner } from './Banner.tsx';
import { shortPatientName } from './format.ts';

export function WrongPatient({ head }: { head: ThreadHead }) {
  const client = useClient();
  const task = useTask();
  const [note, setNote] = useState('');
  const close = () => client.router.close();
  const { patient } = head;
  const stopped = useStopped({ about: { thread: head.id }, patient, text: note, put: setNote });
  const filed = head.record.filter(({ state }) => state === 'in' || state === 'held' || state === 'deleted').length;

  function stop() {
    task.run(async () => {
      if (!(await stopped.pass())) return;
      await client.wardline.quarantine({ thread: head.id, note: note.trim() });
      client.announce('Everybody is told that this is the wrong patient');
      client.router.replace({ at: 'thread', thread: head.id });
    });
  }

  return (
    <Sheet
      title="Wrong patient"
      onClose={close}
      under={patient && <Banner patient={patient} now={client.now.value} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={stop}>
            Stop it: not {patient ? shortPatientName(patient) : 'this patient'}
          </button>
        </div>
      }
    >
      <p class="lead">What is said here is about somebody else than the patient in the banner.</p>
      <ul class="points">
        <li>Nothing more can be written, decided or filed here. This cannot be undone.</li>
        <li>Everybody who was ever in it is told, again at each start, until they have taken note.</li>
        <li>
          {filed > 0
            ? 'What the record already has from here must be marked there as entered in error.'
            : 'What is on its way to the record is stopped.'}
        </li>
        <li>Nothing is deleted. You go on in a new thread about the right patient.</li>
      </ul>
      <AreaField
        label="What is wrong? (optional)"
        hint="Everybody in the thread reads it. Do not name the other patient here."
        value={note}
        onInput={setNote}
        rows={2}
      />
      {stopped.block}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

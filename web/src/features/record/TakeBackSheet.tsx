/** Taking a decision back, signed: it no longer stands, it was entered in error, or it was about somebody else (R18, H12). */
import { useState } from 'preact/hooks';
import type { DecisionId, TakenBackReason, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, Radios } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';

const options: { value: TakenBackReason; label: string; hint: string }[] = [
  { value: 'withdrawn', label: 'It no longer stands', hint: 'Things changed, or it was decided otherwise.' },
  { value: 'error', label: 'It was entered in error', hint: 'What it says is wrong.' },
  { value: 'wrong-patient', label: 'It is about another patient', hint: 'Tell the people who acted on it.' },
];

export function TakeBackSheet({ head, decision }: { head: ThreadHead; decision: DecisionId }) {
  const client = useClient();
  const task = useTask();
  const [reason, setReason] = useState<TakenBackReason>();
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const close = () => client.router.close();
  const line = head.record.find(({ key }) => key === decision);
  const filed = line && ['in', 'held', 'deleted'].includes(line.state);

  function takeBack() {
    if (isWrongPatient(head)) return;
    setTried(true);
    focusFirstError();
    if (!reason) return;
    task.run(async () => {
      await client.wardline.takeBackDecision({ thread: head.id, decision, reason, note: note.trim() });
      client.announce(filed ? 'Taken back. The record is told now.' : 'Taken back.');
      close();
    });
  }

  return (
    <Sheet
      title="Take this decision back"
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Leave it
          </button>
          <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={takeBack}>
            {task.busy ? 'Taking it back…' : 'Take it back'}
          </button>
        </div>
      }
    >
      {line?.words && <p class="quoted">{line.words}</p>}
      {filed && line.mayCorrect && (
        <section aria-labelledby="take-back-changed">
          <h2 id="take-back-changed">Have things changed?</h2>
          <p>
            Then it was no error, and stays in the record as it was decided. Mark a decision that replaces it: the
            record then shows the new one in its place.
          </p>
          <p>
            <a class="btn" href={format({ at: 'correct', thread: head.id, decision })}>
              Things have changed: correct it
            </a>
          </p>
        </section>
      )}
      <Radios
        legend={filed ? 'Or was it never right? Say why' : 'Why?'}
        options={filed ? options.filter(({ value }) => value !== 'withdrawn') : options}
        value={reason}
        onChange={setReason}
        error={tried && !reason ? 'Say why' : undefined}
      />
      <AreaField
        label="What happened (optional)"
        hint="Everybody in this thread reads it."
        value={note}
        onInput={setNote}
        rows={2}
      />
      <p>
        {filed
          ? 'The health record is told that the document was entered in error, and shows it so. Nothing is deleted there, and the original messages are kept here.'
          : 'It has not been filed, and will not be. The messages stay in the thread.'}
      </p>
      <p class="small muted">Everybody sees who took it back, and when.</p>
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

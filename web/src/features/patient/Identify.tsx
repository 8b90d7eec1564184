/**
 * Who the patient of a thread is, known better: the unknown patient has been identified, or the record has other words for them now. Three
 * identifiers as for a new thread (R11); everything that was said stays, and everybody confirms the patient again (R12).
 */
import { useState } from 'preact/hooks';
import type { PatientAnswer, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError } from '../../ui/fields.tsx';
import { LinkIcon } from '../../ui/icons/tasks.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { Answer, isDoubtful } from './Answer.tsx';
import { shortPatientName } from './format.ts';
import { IdentifierFields, leadWords, useIdentifiers } from './identifiers.tsx';
import { isWrongPatient, offFor, SheetPatient } from './SheetPatient.tsx';

export function Identify({ head }: { head: ThreadHead }) {
  const client = useClient();
  const task = useTask();
  const [answer, setAnswer] = useState<PatientAnswer>();
  const [checked, setChecked] = useState(false);
  const [missing, setMissing] = useState(false);
  const close = () => client.router.close();
  const fields = useIdentifiers(client.now.value, answer, () => {
    setAnswer(undefined);
    setChecked(false);
    task.clear();
  });
  const { patient } = head;
  const match = answer?.outcome === 'match' ? answer : undefined;

  function ask() {
    if (isWrongPatient(head)) return;
    const query = fields.ask();
    focusFirstError();
    if (!query) return;
    task.run(async () => {
      setAnswer(undefined);
      setAnswer(await client.wardline.reidentify({ thread: head.id, ...query }));
      focusFirstError();
    });
  }

  function link() {
    if (!match || isWrongPatient(head)) return;
    const unsure = isDoubtful(match) && !checked;
    setMissing(unsure);
    focusFirstError();
    if (unsure) return;
    task.run(async () => {
      await client.wardline.relink({ thread: head.id, lookup: match.lookup, wristbandChecked: checked });
      client.announce(`This conversation is about ${shortPatientName(match.patient)} now`);
      close();
    });
  }

  return (
    <Sheet
      title={patient?.temporary ? 'Identify this patient' : 'Identify again'}
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          {match ? (
            <>
              <button type="button" class="btn" onClick={() => setAnswer(undefined)}>
                Change
              </button>
              <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={link}>
                <LinkIcon />
                Link to {shortPatientName(match.patient)}
              </button>
            </>
          ) : (
            <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={ask}>
              {task.busy ? 'Asking the record…' : 'Compare with the record'}
            </button>
          )}
        </div>
      }
    >
      {match ? (
        <p class="lead">
          After this, everything said here is about {shortPatientName(match.patient)}. Everybody confirms the patient
          again before they decide or file.
        </p>
      ) : (
        <p class="lead">{leadWords[fields.by]}</p>
      )}
      {!match && (
        <form
          class="stack-l"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <IdentifierFields fields={fields} onlyKnown />
          <button type="submit" class="vh" tabIndex={-1} aria-hidden="true">
            Compare
          </button>
        </form>
      )}
      {answer && (
        <Answer answer={answer} checked={checked} onChecked={setChecked} missing={missing && !checked} again />
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

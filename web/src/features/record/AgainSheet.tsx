/**
 * R51: a decision of the conversation about the wrong patient, made again about the right one. One at a time, the words as they stand under a line that
 * says where they were said, with the person's own look at who the patient is. Nothing goes by itself.
 */
import { useState } from 'preact/hooks';
import type { AgainDecision, DecisionId, ThreadHead } from '../../core/contract.ts';
import { plural, whenInWords } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { identityWords } from '../patient/format.ts';
import { PatientCheck } from '../patient/PatientCheck.tsx';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { drawn } from '../thread/drawn.ts';
import { useAgain } from './useAgain.ts';

export function AgainSheet({ head, decision }: { head: ThreadHead; decision: DecisionId }) {
  const client = useClient();
  const known = useAgain(head.id);
  const close = () => client.router.close();
  const found = known?.decisions.find((each) => each.decision === decision);
  // The next one is a new question: nothing that was ticked or typed for this one stays.
  if (found && !found.done) {
    const open = known?.decisions.filter(({ done }) => !done) ?? [];
    return <One key={decision} head={head} found={found} open={open} />;
  }
  return (
    <Sheet title="Decide again" onClose={close}>
      {known ? (
        <p>{found ? 'This decision has been made again.' : 'There is no such decision to make again.'}</p>
      ) : (
        <p role="status">Reading the other conversation…</p>
      )}
    </Sheet>
  );
}

const ownWords: Record<NonNullable<AgainDecision['own']>, string> = {
  gone: 'Its words are not here any more. Say in your own words what was decided, from the document or from whoever decided it.',
  names:
    'Its words name the other patient, so they stay where they are. Say in your own words what was decided, without that name or number.',
  long: 'Its words are too long to go over as they stand. Say in your own words what was decided.',
};

function One({ head, found, open }: { head: ThreadHead; found: AgainDecision; open: AgainDecision[] }) {
  const client = useClient();
  const task = useTask();
  const [text, setText] = useState('');
  const [confirmed, setConfirmed] = useState(false);
  const [tried, setTried] = useState(false);
  const close = () => client.router.close();
  const { patient } = head;
  const now = client.now.value;
  const empty = found.own !== undefined && text.trim() === '';
  const at = open.findIndex(({ decision }) => decision === found.decision);

  function decide() {
    if (isWrongPatient(head)) return;
    setTried(true);
    focusFirstError();
    if (!confirmed || empty) return;
    task.run(async () => {
      const { decision } = found;
      await client.wardline.decideAgain({ thread: head.id, decision, text: text.trim(), patientConfirmed: true });
      const next = open.find((each) => each.decision !== decision);
      client.announce(
        next
          ? `Decided again. It is not in the record yet. ${plural(open.length - 1, 'decision is', 'decisions are')} left.`
          : 'Decided again. It is not in the record yet.',
      );
      if (next) client.router.replace({ at: 'again', thread: head.id, decision: next.decision });
      else close();
    });
  }

  return (
    <Sheet
      title="Decide again"
      subtitle={open.length > 1 ? `${at + 1} of ${open.length}` : undefined}
      closeLabel="Close, decide later"
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={decide}>
            <DecisionIcon />
            {task.busy ? 'Deciding…' : patient ? `Decide for ${identityWords(patient)}` : 'Decide again'}
          </button>
        </div>
      }
    >
      <p class="lead">
        This was said in a conversation that was linked to the wrong patient. Decide again only if it is about the
        patient in the banner.
      </p>
      {found.own ? (
        <>
          <p>
            <b>{found.by}</b> decided it {whenInWords(found.at, now)}. {ownWords[found.own]}
          </p>
          <AreaField
            label="The decision in your own words"
            value={text}
            onInput={(typed) => {
              setText(typed);
              task.clear();
            }}
            rows={3}
            error={tried && empty ? 'Write the decision' : undefined}
          />
        </>
      ) : (
        <ul class="list">
          {found.statements.map((statement) => (
            <li key={statement.id}>
              <p class="small">
                <b>{statement.own ? 'You' : statement.author.name}</b>, {roleAndWard(statement.author)},{' '}
                {whenInWords(statement.at, now)}
              </p>
              <p class="tag tag--warn">Said in a conversation that was linked to the wrong patient</p>
              <p class="quoted">{drawn(statement.text)}</p>
            </li>
          ))}
        </ul>
      )}
      {patient && (
        <section aria-labelledby="again-patient">
          <h2 id="again-patient">Is it about this patient?</h2>
          <PatientCheck patient={patient} checked={confirmed} onChange={setConfirmed} missing={tried && !confirmed} />
        </section>
      )}
      <p class="small muted">
        It stands here as your decision, with whose words they are and when. It is then filed like any other.
      </p>
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

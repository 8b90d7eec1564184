/**
 * R51: a decision of the conversation about the wrong patient, made again about the right one. One at a time, the words as they stand under a line that
 * says where they were said, with the person's own look at who the patient is. Nothing goes by itself. Each can be looked at in any order, and one that
 * need not be made again is passed over with a reason.
 */
import { useEffect, useState } from 'preact/hooks';
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
import { AgainPass, type PassDraft, reasonIn } from './AgainPass.tsx';
import { useAgain } from './useAgain.ts';

export function AgainSheet({ head, decision }: { head: ThreadHead; decision: DecisionId }) {
  const client = useClient();
  const known = useAgain(head.id);
  const close = () => client.router.close();
  // What was typed for one is there when it is looked at again, and for no other.
  const [typed, setTyped] = useState<Readonly<Record<DecisionId, string>>>({});
  const found = known?.decisions.find((each) => each.decision === decision);
  // The next one is a new question: nothing that was ticked for this one stays.
  if (known && found && (!found.done || found.passed)) {
    return (
      <One
        key={decision}
        head={head}
        found={found}
        open={known.decisions.filter((each) => !each.done || each === found)}
        text={typed[decision] ?? ''}
        onText={(text) => setTyped({ ...typed, [decision]: text })}
      />
    );
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

type OneProps = {
  head: ThreadHead;
  found: AgainDecision;
  /** Those that wait, with this one. */
  open: AgainDecision[];
  text: string;
  onText: (text: string) => void;
};

function One({ head, found, open, text, onText }: OneProps) {
  const client = useClient();
  const task = useTask();
  const [passing, setPassing] = useState<PassDraft>();
  const [confirmed, setConfirmed] = useState(false);
  const [tried, setTried] = useState(false);
  const close = () => client.router.close();
  const { patient } = head;
  const now = client.now.value;
  const empty = found.own !== undefined && text.trim() === '';
  const at = open.indexOf(found);

  const look = (to: AgainDecision | undefined) => {
    if (to) client.router.replace({ at: 'again', thread: head.id, decision: to.decision });
  };
  useArrows(
    () => look(open[at - 1]),
    () => look(open[at + 1]),
  );

  /** On to the one after this, or back to the first that was passed by. */
  function goOn(said: string) {
    const next = open[at + 1] ?? open.find((each) => each !== found);
    client.announce(next ? `${said} ${plural(open.length - 1, 'decision is', 'decisions are')} left.` : said);
    if (next) look(next);
    else close();
  }

  function pass(why: string) {
    setTried(true);
    focusFirstError();
    if (why === '') return;
    task.run(async () => {
      await client.wardline.passOver({ thread: head.id, decision: found.decision, why });
      goOn('It need not be made again. Everybody here can read why.');
    });
  }

  function ask(draft: PassDraft | undefined) {
    setTried(false);
    task.clear();
    setPassing(draft);
  }

  function decide() {
    if (isWrongPatient(head)) return;
    setTried(true);
    focusFirstError();
    if (!confirmed || empty) return;
    task.run(async () => {
      const { decision } = found;
      await client.wardline.decideAgain({ thread: head.id, decision, text: text.trim(), patientConfirmed: true });
      goOn('Decided again. It is not in the record yet.');
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
        passing ? (
          <div class="row">
            <button type="button" class="btn" onClick={() => ask(undefined)}>
              Back
            </button>
            <button
              type="button"
              class="btn btn--main"
              aria-disabled={task.busy}
              onClick={() => pass(reasonIn(passing))}
            >
              {task.busy ? 'Saying it…' : 'Do not make it again'}
            </button>
          </div>
        ) : (
          <div class="row">
            <button type="button" class="btn" onClick={close}>
              Not now
            </button>
            <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={decide}>
              <DecisionIcon />
              {task.busy ? 'Deciding…' : patient ? `Decide for ${identityWords(patient)}` : 'Decide again'}
            </button>
          </div>
        )
      }
    >
      {open.length > 1 && (
        <nav class="row" aria-label="Decisions to be made again">
          <button type="button" class="btn btn--s" disabled={at === 0} onClick={() => look(open[at - 1])}>
            Previous
          </button>
          <button type="button" class="btn btn--s" disabled={at === open.length - 1} onClick={() => look(open[at + 1])}>
            Next
          </button>
        </nav>
      )}
      {found.unsure && (
        <p class="card card--warn">
          This may have been decided again already: something was filed from here whose words are deleted. Look in the
          record first.
        </p>
      )}
      {found.passed && (
        <p>
          <b>{found.passed.by}</b> said {whenInWords(found.passed.at, now)} that it need not be made again:{' '}
          {found.passed.why}. It can be made again after all.
        </p>
      )}
      <p class="lead">
        This was said in a conversation that was linked to the wrong patient. Decide again only if it is about the
        patient in the banner.
      </p>
      {found.own ? (
        <>
          <p>
            <b>{found.by}</b> decided it {whenInWords(found.at, now)}. {ownWords[found.own]}
          </p>
          {!passing && (
            <AreaField
              label="The decision in your own words"
              value={text}
              onInput={(typed) => {
                onText(typed);
                task.clear();
              }}
              rows={3}
              error={tried && empty ? 'Write the decision' : undefined}
            />
          )}
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
      {passing && (
        <AgainPass
          draft={passing}
          missing={tried}
          onChange={(draft) => {
            setPassing(draft);
            task.clear();
          }}
        />
      )}
      {!passing && patient && (
        <section aria-labelledby="again-patient">
          <h2 id="again-patient">Is it about this patient?</h2>
          <PatientCheck patient={patient} checked={confirmed} onChange={setConfirmed} missing={tried && !confirmed} />
        </section>
      )}
      {!passing && (
        <p class="small muted">
          It stands here as your decision, with whose words they are and when. It is then filed like any other.
        </p>
      )}
      {!passing && !found.passed && (
        <p>
          <button type="button" class="btn btn--s" onClick={() => ask({ words: '' })}>
            It does not need to be made again
          </button>
        </p>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

/** The arrow keys, as long as nobody is writing or choosing with them. */
function useArrows(left: () => void, right: () => void) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      if (event.key === 'ArrowLeft') left();
      if (event.key === 'ArrowRight') right();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
}

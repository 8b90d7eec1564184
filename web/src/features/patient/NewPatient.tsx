/**
 * R11: a patient thread begins with a patient who has been identified. Three identifiers are typed, the record compares them, a patient
 * who could be mistaken for this one is shown beside, and only then the thread is made.
 */
import { useEffect, useState } from 'preact/hooks';
import type { PatientAnswer, Person } from '../../core/contract.ts';
import { dayTitle } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, TextField } from '../../ui/fields.tsx';
import { LinkIcon } from '../../ui/icons/tasks.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useStopped } from '../compose/useStopped.tsx';
import { PersonPicker } from '../directory/PersonPicker.tsx';
import { useClient } from '../session/client.ts';
import { Answer, isDoubtful } from './Answer.tsx';
import { identityWords, shortPatientName } from './format.ts';
import { IdentifierFields, leadWords, useIdentifiers } from './identifiers.tsx';

export function NewPatient() {
  const client = useClient();
  const task = useTask();
  const [answer, setAnswer] = useState<PatientAnswer>();
  const [checked, setChecked] = useState(false);
  const [name, setName] = useState('');
  const [continues] = useState(client.continues.value);
  const [people, setPeople] = useState<Person[]>(continues?.people ?? []);
  const [missing, setMissing] = useState(false);
  const [carried] = useState(client.carried.value);
  const state = client.session.value;
  const me = state?.at === 'ready' ? state.me.id : '';

  // Whoever goes elsewhere and comes back starts anew.
  useEffect(
    () => () => {
      client.continues.value = undefined;
    },
    [],
  );

  const fields = useIdentifiers(client.now.value, answer, () => {
    setAnswer(undefined);
    setChecked(false);
    task.clear();
  });
  const match = answer?.outcome === 'match' ? answer : undefined;
  const stopped = useStopped({
    about: { lookup: match?.lookup ?? '' },
    patient: match?.patient,
    text: name,
    put: setName,
  });

  function ask() {
    const query = fields.ask();
    focusFirstError();
    if (!query) return;
    task.run(async () => {
      setAnswer(undefined);
      setAnswer(await client.wardline.lookUpPatient(query));
      focusFirstError();
    });
  }

  function link() {
    if (!match) return;
    const needsWristband = isDoubtful(match);
    setMissing(needsWristband && !checked);
    focusFirstError();
    if (needsWristband && !checked) return;
    task.run(async () => {
      if (!(await stopped.pass())) return;
      const { thread } = await client.wardline.createPatient({
        lookup: match.lookup,
        name: name.trim(),
        people: people.map((person) => person.id),
        reason: 'care-team',
        wristbandChecked: checked,
        draft: carried,
        ...(continues ? { continues: { thread: continues.thread, line: rightPatientLine(client.clock.now()) } } : {}),
      });
      client.carried.value = '';
      client.router.replace({ at: 'thread', thread });
    });
  }

  return (
    <Sheet
      title="Link a patient"
      subtitle={continues ? 'The right patient, in a new thread' : 'A new thread about one patient'}
      back
      closeLabel="Back"
      onClose={() => client.router.close()}
      foot={
        <div class="row">
          {match ? (
            <>
              <button type="button" class="btn" onClick={() => setAnswer(undefined)}>
                Change
              </button>
              <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={link}>
                <LinkIcon />
                Link {match.patient.temporary ? identityWords(match.patient) : shortPatientName(match.patient)}
              </button>
            </>
          ) : (
            <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={ask}>
              {task.busy ? 'Asking the record…' : 'Compare with the record'}
            </button>
          )}
        </div>
      }
    >
      <p class="lead">{leadWords[fields.by]}</p>
      {!match && (
        <form
          class="stack-l"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <IdentifierFields fields={fields} />
          <button type="submit" class="vh" tabIndex={-1} aria-hidden="true">
            Compare
          </button>
        </form>
      )}
      {answer && <Answer answer={answer} checked={checked} onChecked={setChecked} missing={missing && !checked} />}
      {match && (
        <section class="stack-l" aria-labelledby="thread-about">
          <h2 id="thread-about">The thread</h2>
          <TextField
            label="What is it about? (optional)"
            hint="Only members read it. For example: leg cellulitis."
            value={name}
            onInput={setName}
            maxLength={60}
          />
          {stopped.block}
          <PersonPicker
            label="Who else? (you can add people later)"
            chosen={people}
            onChange={setPeople}
            barred={(person) => (person.id === me ? 'You' : undefined)}
          />
        </section>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

/** The first message of the right patient's thread. It names nobody: the other one is somebody else's patient. */
const rightPatientLine = (now: number): string =>
  `This goes on from a conversation that was linked to the wrong patient (${dayTitle(now, 0)}). What was said there about this patient has to be said here again.`;

/**
 * R11: a patient thread begins with a patient who has been identified. Three identifiers are typed, the record compares them, a patient
 * who could be mistaken for this one is shown beside, and only then the thread is made.
 */
import { useEffect, useState } from 'preact/hooks';
import type { PatientAnswer, Person } from '../../core/contract.ts';
import { dayTitle } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { DateField, focusFirstError, TextField } from '../../ui/fields.tsx';
import { LinkIcon } from '../../ui/icons/tools.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { PersonPicker } from '../directory/PersonPicker.tsx';
import { useClient } from '../session/client.ts';
import { Answer } from './Answer.tsx';
import { bareNumber, dateFrom, isNhsNumber, shortPatientName } from './format.ts';

const empty = { family: '', given: '', day: '', month: '', year: '', number: '' };

export function NewPatient() {
  const client = useClient();
  const task = useTask();
  const [typed, setTyped] = useState(empty);
  const [tried, setTried] = useState(false);
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

  const born = dateFrom(typed, client.now.value);
  const number = bareNumber(typed.number);
  const errors = {
    family: typed.family.trim() ? undefined : 'Enter the last name',
    given: typed.given.trim() ? undefined : 'Enter the first name',
    born: born ? undefined : 'Enter a real date, such as 12 3 1954',
    number: isNhsNumber(number) ? undefined : numberError(number),
  };
  const match = answer?.outcome === 'match' ? answer : undefined;
  const set = (change: Partial<typeof empty>) => {
    setTyped({ ...typed, ...change });
    setAnswer(undefined);
    setChecked(false);
    task.clear();
  };

  function ask() {
    setTried(true);
    focusFirstError();
    if (!born || errors.family || errors.given || errors.number) return;
    task.run(async () => {
      setAnswer(undefined);
      const query = { family: typed.family.trim(), given: typed.given.trim(), born, nhsNumber: number };
      setAnswer(await client.wardline.lookUpPatient(query));
    });
  }

  function link() {
    if (!match) return;
    const needsWristband = match.namesakes.length > 0;
    setMissing(needsWristband && !checked);
    focusFirstError();
    if (needsWristband && !checked) return;
    task.run(async () => {
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

  const shown = (error: string | undefined) => (tried ? error : undefined);
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
                Link {shortPatientName(match.patient)}
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
      <p class="lead">Three identifiers must match the record. Read them from the wristband.</p>
      {!match && (
        <form
          class="stack-l"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <div class="pair">
            <TextField
              label="LAST name"
              value={typed.family}
              onInput={(family) => set({ family })}
              error={shown(errors.family)}
              autofocus
            />
            <TextField
              label="First name"
              value={typed.given}
              onInput={(given) => set({ given })}
              error={shown(errors.given)}
            />
          </div>
          <DateField legend="Date of birth" value={typed} onInput={(date) => set(date)} error={shown(errors.born)} />
          <TextField
            label="NHS number"
            value={typed.number}
            onInput={(value) => set({ number: value })}
            inputMode="numeric"
            maxLength={14}
            width={10}
            code
            error={shown(errors.number)}
          />
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

function numberError(digits: string): string {
  if (!digits) return 'Enter the NHS number';
  if (!/^\d+$/.test(digits)) return 'An NHS number has digits only';
  if (digits.length !== 10) return `An NHS number has 10 digits; this has ${digits.length}`;
  return 'This is not an NHS number: the last digit does not fit the others. Read it again.';
}

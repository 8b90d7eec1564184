/** A new team thread. A name that is like another thread's has to be told apart before it is made (R29). */
import { useEffect, useState } from 'preact/hooks';
import type { Person, Space } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { Differences } from '../../ui/Differences.tsx';
import { FaultBox } from '../../ui/fault.tsx';
import { Check, focusFirstError, TextField } from '../../ui/fields.tsx';
import { WarningIcon } from '../../ui/icons/tools.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { spaceWords } from '../inbox/words.ts';
import { useClient } from '../session/client.ts';
import { PersonPicker } from './PersonPicker.tsx';

/** With more people than these, it is asked once whether all of them are meant. */
const mostUnasked = 20;

type Similar = { thread: string; name: string; space: Space; people: number };

export function NewTeam() {
  const client = useClient();
  const task = useTask();
  const [name, setName] = useState('');
  const [people, setPeople] = useState<Person[]>([]);
  const [similar, setSimilar] = useState<Similar[]>([]);
  const [distinct, setDistinct] = useState(false);
  const [sure, setSure] = useState(false);
  const [tried, setTried] = useState(false);
  const state = client.session.value;
  const me = state?.at === 'ready' ? state.me.id : '';
  const wanted = name.trim();

  useEffect(() => {
    setDistinct(false);
    if (wanted.length < 2) {
      setSimilar([]);
      return undefined;
    }
    let current = true;
    client.wardline
      .similarNames({ name: wanted })
      .then((found) => {
        if (current) setSimilar(found);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [wanted]);

  const large = people.length > mostUnasked;
  const mustDistinguish = similar.length > 0 && !distinct;
  function create() {
    setTried(true);
    focusFirstError();
    if (!wanted || people.length === 0 || mustDistinguish || (large && !sure)) return;
    task.run(async () => {
      const { thread } = await client.wardline.createTeam({
        name: wanted,
        people: people.map((person) => person.id),
        reason: 'care-team',
      });
      client.router.replace({ at: 'thread', thread });
    });
  }

  return (
    <Sheet
      title="New team thread"
      back
      closeLabel="Back"
      onClose={() => client.router.close()}
      foot={
        <div class="row">
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={create}>
            {people.length > 0 ? `Start with ${plural(people.length, 'person', 'people')}` : 'Start the thread'}
          </button>
        </div>
      }
    >
      <TextField
        label="Name of the team"
        hint="No patient’s name or number: the name can be seen by the service."
        value={name}
        onInput={setName}
        maxLength={80}
        autofocus
        error={tried && !wanted ? 'Give the team a name' : undefined}
      />
      {similar.length > 0 && (
        <section class="card card--warn" aria-labelledby="similar-names">
          <h2 id="similar-names">
            <WarningIcon /> A name that is much like it
          </h2>
          <ul class="stack small">
            {similar.map((other) => (
              <li key={other.thread}>
                <b>
                  <Differences text={other.name} others={[wanted]} />
                </b>
                , {spaceWords[other.space].toLowerCase()}, {plural(other.people, 'person', 'people')}
              </li>
            ))}
          </ul>
          <Check checked={distinct} onChange={setDistinct} small>
            I mean a different team: <b>{wanted}</b>
          </Check>
          {tried && mustDistinguish && (
            <span class="nhsuk-error-message">
              <span class="vh">Error: </span>Change the name, or confirm that it is another team
            </span>
          )}
        </section>
      )}
      <PersonPicker
        label="People"
        hint="They see that you added them."
        chosen={people}
        onChange={setPeople}
        barred={(person) => (person.id === me ? 'You' : undefined)}
      />
      {tried && people.length === 0 && (
        <span class="nhsuk-error-message">
          <span class="vh">Error: </span>Choose at least one person
        </span>
      )}
      {large && (
        <section class="card card--warn" aria-labelledby="large-team">
          <h2 id="large-team">
            <WarningIcon /> {people.length} people will read this
          </h2>
          <Check checked={sure} onChange={setSure} small describedBy={tried && !sure ? 'large-error' : undefined}>
            All of them need to read what is written in <b>{wanted || 'this team'}</b>
          </Check>
          {tried && !sure && (
            <span class="nhsuk-error-message" id="large-error">
              <span class="vh">Error: </span>Confirm that it is meant for so many, or take people out
            </span>
          )}
        </section>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

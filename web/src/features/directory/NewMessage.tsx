/** A new message: to one person from the directory, or the start of a team or patient thread. */
import { useState } from 'preact/hooks';
import type { Person } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { NextIcon } from '../../ui/icons/tasks.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { Tile } from '../inbox/Tile.tsx';
import { shortRole } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { PersonPicker } from './PersonPicker.tsx';

export function NewMessage() {
  const client = useClient();
  const task = useTask();
  const [chosen, setChosen] = useState<Person[]>([]);
  const person = chosen[0];
  const state = client.session.value;
  const me = state?.at === 'ready' ? state.me.id : '';

  function start() {
    if (!person) return;
    task.run(async () => {
      const { thread } = await client.wardline.createDirect({ person: person.id });
      client.router.replace({ at: 'thread', thread });
    });
  }

  return (
    <Sheet
      title="New message"
      onClose={() => client.router.close()}
      foot={
        person && (
          <div class="row">
            <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={start}>
              Message {person.name}, {shortRole(person)}
            </button>
          </div>
        )
      }
    >
      <PersonPicker
        label="Person or ward"
        chosen={chosen}
        onChange={setChosen}
        single
        autofocus
        onDone={start}
        barred={(each) => (each.id === me ? 'You' : undefined)}
      />
      <FaultBox fault={task.fault} />
      {!person && (
        <section aria-labelledby="new-threads">
          <h2 id="new-threads">Start a thread</h2>
          <ul class="list">
            <li>
              <a class="who" href={format({ at: 'new-patient' })}>
                <Tile space="patient" />
                <span class="who__t">
                  <b>About a patient</b>
                  <span>Three identifiers, checked with the record</span>
                </span>
                <NextIcon />
              </a>
            </li>
            <li>
              <a class="who" href={format({ at: 'new-team' })}>
                <Tile space="team" />
                <span class="who__t">
                  <b>With a team</b>
                  <span>For work that is not about one patient</span>
                </span>
                <NextIcon />
              </a>
            </li>
          </ul>
        </section>
      )}
      <p class="small muted">Not for cardiac arrest: call 2222.</p>
    </Sheet>
  );
}

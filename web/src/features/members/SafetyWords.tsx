/** P4: words to compare, so that two people know that nobody stands between them. */
import { useEffect, useState } from 'preact/hooks';
import type { Person, PersonId, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';

type Known = { mine: string[]; theirs: ReadonlyMap<PersonId, string[]> };

export function SafetyWords({ head }: { head: ThreadHead }) {
  const client = useClient();
  const task = useTask();
  const [known, setKnown] = useState<Known>();
  const others = head.members.flatMap(({ me, person }) => (me ? [] : [person]));
  const own = head.members.find(({ me }) => me)?.person;
  const ids = others.map(({ id }) => id).join(' ');

  function compare() {
    task.run(async () => {
      const answers = await Promise.all(others.map(({ id }) => client.wardline.safetyWords({ person: id })));
      setKnown({
        mine: answers[0]?.mine ?? [],
        theirs: new Map(others.map(({ id }, n) => [id, answers[n]?.theirs ?? []])),
      });
    });
  }
  useEffect(compare, [ids]);

  return (
    <Sheet title="Compare safety words" subtitle={head.name} onClose={() => client.router.close()}>
      <p>
        Everybody’s keys have six words. Read them to each other, side by side or on the telephone: what stands here for
        somebody must be what their own screen shows for them.
      </p>
      <p>If the words differ, write nothing here that matters, and tell the service desk at once.</p>
      {task.busy && !known && <p class="muted">Working the words out…</p>}
      {known && (
        <dl class="words">
          {own && <Words person={own} said="You" words={known.mine} />}
          {others.map((person) => (
            <Words key={person.id} person={person} said={person.name} words={known.theirs.get(person.id) ?? []} />
          ))}
        </dl>
      )}
      <FaultBox fault={task.fault} />
      {task.fault && (
        <button type="button" class="btn" onClick={compare}>
          Try again
        </button>
      )}
    </Sheet>
  );
}

function Words({ person, said, words }: { person: Person; said: string; words: string[] }) {
  return (
    <div data-person={person.id}>
      <dt class="muted">{said}</dt>
      <dd>
        <b>{words.join(' ')}</b>
      </dd>
    </div>
  );
}

/** P4: letting somebody in again who was re-enrolled, after making sure that it is them. */
import { useEffect, useState } from 'preact/hooks';
import type { PersonId, ThreadHead } from '../../core/contract.ts';
import { dayTitle } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { Banner } from '../patient/Banner.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';

export function Readmit({ head, person: id }: { head: ThreadHead; person: PersonId }) {
  const client = useClient();
  const task = useTask();
  const [words, setWords] = useState<{ theirs: string[]; mine: string[] }>();
  const member = head.members.find((each) => each.person.id === id);
  const since = member?.leftOut?.why === 'reset' ? member.leftOut.since : undefined;
  const close = () => client.router.close();
  const [noWords, setNoWords] = useState<Fault>();
  function compare() {
    if (since === undefined) return;
    setNoWords(undefined);
    client.wardline.safetyWords({ person: id }).then(setWords, (thrown: unknown) => setNoWords(asFault(thrown)));
  }
  useEffect(compare, [id, since]);
  if (!member || since === undefined) {
    return (
      <Sheet title="Nobody to let in again" onClose={close}>
        <p>This person reads here, or is not in the thread any more.</p>
      </Sheet>
    );
  }
  const { person } = member;

  function readmit() {
    task.run(async () => {
      await client.wardline.readmitMember({ thread: head.id, person: id });
      client.announce(`${person.name} was let in again`);
      close();
    });
  }

  return (
    <Sheet
      title={`Let ${person.name} in again`}
      subtitle={head.name}
      onClose={close}
      under={head.patient && <Banner patient={head.patient} now={client.now.value} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={readmit}>
            It is them, let them in
          </button>
        </div>
      }
    >
      <p>
        {person.name}, {roleAndWard(person)}, was re-enrolled by two officers ({dayTitle(since, client.now.value)}) and
        has new keys. Nothing that is written here has been sealed to them since.
      </p>
      <p>
        Call or see them before you let them in. They then read what is written from now on, and again what they could
        read before. Everybody sees who let them in.
      </p>
      {words && (
        <dl class="words">
          <div>
            <dt class="muted">Their screen must show these words</dt>
            <dd>
              <b>{words.theirs.join(' ')}</b>
            </dd>
          </div>
          <div>
            <dt class="muted">And these are yours</dt>
            <dd>
              <b>{words.mine.join(' ')}</b>
            </dd>
          </div>
        </dl>
      )}
      {noWords && (
        <div class="stack">
          <p>The words to compare could not be worked out.</p>
          <FaultBox fault={noWords} />
          <button type="button" class="btn" onClick={compare}>
            Try again
          </button>
        </div>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

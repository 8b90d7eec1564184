/** Taking somebody out, or leaving. The keys change, so that they cannot read what follows. */
import { useState } from 'preact/hooks';
import { type PersonId, type RemoveReason, removeReasons, type ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, Radios } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { Banner } from '../patient/Banner.tsx';
import { removeReasonWords, roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';

const ownReasons: RemoveReason[] = ['handed-over', 'left-team', 'no-longer-involved', 'added-in-error', 'other'];

export function RemoveMember({ head, person: id }: { head: ThreadHead; person: PersonId }) {
  const client = useClient();
  const task = useTask();
  const [reason, setReason] = useState<RemoveReason>();
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const member = head.members.find((each) => each.person.id === id);
  const close = () => client.router.close();
  if (!member) {
    return (
      <Sheet title="No longer a member" onClose={close}>
        <p>This person is not in the thread any more.</p>
      </Sheet>
    );
  }
  const { person, me } = member;

  function remove() {
    setTried(true);
    focusFirstError();
    if (!reason) return;
    task.run(async () => {
      await client.wardline.removeMember({ thread: head.id, person: id, reason, note: note.trim() });
      client.announce(me ? 'You have left the thread' : `${person.name} was removed`);
      if (me) client.router.replace({ at: 'inbox' });
      else close();
    });
  }

  return (
    <Sheet
      title={me ? 'Leave the thread' : `Remove ${person.name}`}
      subtitle={head.name}
      onClose={close}
      under={head.patient && <Banner patient={head.patient} now={client.now.value} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={remove}>
            {me ? 'Leave the thread' : `Remove ${person.name}`}
          </button>
        </div>
      }
    >
      <p>
        {me
          ? 'You cannot read anything written after you leave.'
          : `${person.name}, ${roleAndWard(person)}, cannot read anything written from now on.`}{' '}
        What was read before cannot be taken back. Everybody in the thread sees the reason.
      </p>
      <Radios
        legend="Why?"
        options={(me ? ownReasons : removeReasons).map((value) => ({ value, label: removeReasonWords[value] }))}
        value={reason}
        onChange={setReason}
        error={tried && !reason ? 'Choose a reason' : undefined}
      />
      {reason === 'other' && (
        <AreaField label="Which reason?" hint="Only members read it." value={note} onInput={setNote} rows={2} />
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

/** R31: letting somebody in takes a person from the directory, a reason, and a choice about what was written before. */
import { useState } from 'preact/hooks';
import { type AddReason, addReasons, type Person, type ThreadHead } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, Radios } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { PersonPicker } from '../directory/PersonPicker.tsx';
import { Banner } from '../patient/Banner.tsx';
import { shortPatientName } from '../patient/format.ts';
import { addReasonWords } from '../people/words.ts';
import { useClient } from '../session/client.ts';

export function AddMember({ head }: { head: ThreadHead }) {
  const client = useClient();
  const task = useTask();
  const [chosen, setChosen] = useState<Person[]>([]);
  const [reason, setReason] = useState<AddReason>();
  const [note, setNote] = useState('');
  const [history, setHistory] = useState<'yes' | 'no'>();
  const [tried, setTried] = useState(false);
  const person = chosen[0];
  const members = new Set(head.members.map((member) => member.person.id));
  const where = head.patient ? `the thread about ${shortPatientName(head.patient)}` : (head.name ?? 'this thread');

  function add() {
    setTried(true);
    focusFirstError();
    if (!person || !reason || !history) return;
    task.run(async () => {
      await client.wardline.addMember({
        thread: head.id,
        person: person.id,
        reason,
        note: note.trim(),
        history: history === 'yes',
      });
      client.announce(`${person.name} was added`);
      client.router.close();
    });
  }

  return (
    <Sheet
      title="Add a person"
      subtitle={head.name}
      onClose={() => client.router.close()}
      under={head.patient && <Banner patient={head.patient} now={client.now.value} />}
      foot={
        <div class="row">
          <button type="button" class="btn btn--main" aria-disabled={task.busy || !person} onClick={add}>
            {person ? `Add ${person.name}, ${person.role}` : 'Choose a person first'}
          </button>
        </div>
      }
    >
      <p class="lead">Everybody in {where} sees who was added, by whom and why.</p>
      <PersonPicker
        label="Person or ward"
        chosen={chosen}
        onChange={setChosen}
        single
        autofocus
        barred={(each) => (members.has(each.id) ? 'Already here' : undefined)}
      />
      {person && (
        <>
          <Radios
            legend={`Why does ${person.name} need it?`}
            options={addReasons.map((value) => ({ value, label: addReasonWords[value] }))}
            value={reason}
            onChange={setReason}
            error={tried && !reason ? 'Choose a reason' : undefined}
          />
          {reason === 'other' && (
            <AreaField label="Which reason?" hint="Only members read it." value={note} onInput={setNote} rows={2} />
          )}
          <Radios
            legend="May they read what was written before?"
            options={[
              { value: 'yes', label: 'Yes, from the beginning', hint: readsAll(head) },
              { value: 'no', label: 'No, only from now on', hint: readsOn(head) },
            ]}
            value={history}
            onChange={setHistory}
            error={tried && !history ? 'Choose yes or no' : undefined}
          />
        </>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

/** What somebody who is let in will be able to read: said before it is decided, because it cannot be taken back. */
function readsAll({ patient, record, members }: ThreadHead): string {
  const decisions = record.length > 0 ? `, with ${plural(record.length, 'decision')}` : '';
  const about = patient ? ` about ${shortPatientName(patient)}` : '';
  return `They will read everything that ${plural(members.length, 'person', 'people')} wrote here${about}${decisions}. It cannot be taken back.`;
}

const readsOn = ({ patient }: ThreadHead): string =>
  `They will see who is here${patient ? ', who the patient is' : ''} and what is written from now on. Nothing earlier.`;

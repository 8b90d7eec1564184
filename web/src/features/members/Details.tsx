/** The details of a thread: how the patient was identified, where its decisions stand, who reads it, and who else may. */
import type { Member, PatientLink, RecordLine, ThreadHead } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { AcknowledgedIcon } from '../../ui/icons/states.tsx';
import { PlusIcon } from '../../ui/icons/tools.tsx';
import { listed } from '../../ui/words.ts';
import { disclosureSentence } from '../compose/Notice.tsx';
import { Avatar } from '../inbox/Tile.tsx';
import { differingParts, nhsNumber } from '../patient/format.ts';
import { dutyWords, roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { RecordTag } from '../thread/States.tsx';

export function Details({ head }: { head: ThreadHead }) {
  const client = useClient();
  const now = client.now.value;
  return (
    <>
      {head.link && <LinkSection link={head.link} now={now} />}
      {head.space === 'patient' && <RecordSection record={head.record} now={now} />}
      <section class="det" aria-labelledby="det-members">
        <h2 id="det-members">Members, {head.members.length}</h2>
        <ul>
          {head.members.map((member) => (
            <MemberRow key={member.person.id} member={member} head={head} />
          ))}
        </ul>
        {head.mayManage && head.space !== 'direct' && (
          <a class="btn btn--s" href={format({ at: 'add', thread: head.id })}>
            <PlusIcon size="s" />
            Add a person
          </a>
        )}
      </section>
      <section class="det" aria-labelledby="det-know">
        <h2 id="det-know">Good to know</h2>
        <p class="small">{disclosureSentence}</p>
        <p class="small muted">
          “Phone reached” and “seen” are hints from the server, not a promise that somebody has read it.
        </p>
      </section>
    </>
  );
}

function LinkSection({ link, now }: { link: PatientLink; now: number }) {
  return (
    <section class="det" aria-labelledby="det-link">
      <h2 id="det-link">Patient link</h2>
      <p class="st st--ok det__ok">
        <AcknowledgedIcon />
        <span>
          Name, birth date and NHS number matched the record, {whenInWords(link.at, now)}, {link.by.name}
        </span>
      </p>
      {link.supersededFrom && (
        <p class="small">The record replaced the number {nhsNumber(link.supersededFrom)} by the one in the banner.</p>
      )}
      {link.namesakes.map((namesake) => (
        <p class="small" key={namesake.lastFour}>
          <b>Do not mix up with {namesake.name}</b>, number ending {namesake.lastFour}. Different:{' '}
          {listed(differingParts(namesake))}.
        </p>
      ))}
    </section>
  );
}

function RecordSection({ record, now }: { record: RecordLine[]; now: number }) {
  return (
    <section class="det" aria-labelledby="det-record">
      <h2 id="det-record">Record</h2>
      {record.length === 0 ? (
        <p class="small muted">No decision has been marked here.</p>
      ) : (
        <ul>
          {[...record].reverse().map((line) => (
            <li key={line.key} class="row row--spread">
              <span>Decision {whenInWords(line.at, now)}</span>
              <RecordTag state={line.state} words={tagWords[line.state]} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const tagWords: Record<RecordLine['state'], string> = {
  none: 'Not in the record yet',
  filing: 'Waiting for the receipt',
  in: 'In the record',
  held: 'In the record, held',
  failed: 'Refused',
  deleted: 'In the record, deleted here',
};

function MemberRow({ member, head }: { member: Member; head: ThreadHead }) {
  const { person, me } = member;
  const duty = dutyWords(person);
  const mayRemove = head.space !== 'direct' && (me || head.mayManage);
  return (
    <li class="who">
      <Avatar name={person.name} />
      <span class="who__t">
        <b>{person.name}</b>
        <span>{roleAndWard(person)}</span>
        {person.outside && <span>{person.organisation}</span>}
        <span class="tiny">
          {[
            me ? 'You' : duty,
            member.history ? '' : 'Cannot read what was written before they joined',
            member.mayPost ? '' : 'Reads only',
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      {mayRemove && (
        <a class="btn btn--s btn--quiet" href={format({ at: 'remove', thread: head.id, person: person.id })}>
          {me ? 'Leave' : 'Remove'}
          {!me && <span class="vh"> {person.name}</span>}
        </a>
      )}
    </li>
  );
}

/** The details of a thread: how the patient was identified, where its decisions stand, who reads it, and who else may. */
import { useEffect, useState } from 'preact/hooks';
import type { LeftOut, Member, Person, RecordLine, ThreadHead } from '../../core/contract.ts';
import { briefWhen, plural, whenInWords } from '../../ui/dates.ts';
import { PlusIcon } from '../../ui/icons/tasks.tsx';
import { disclosureSentence } from '../compose/Notice.tsx';
import { Avatar } from '../inbox/Tile.tsx';
import { LinkSection } from '../patient/LinkSection.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { misfiledWords } from '../record/misfiledWords.ts';
import { format } from '../shell/routes.ts';
import { RecordTag } from '../thread/States.tsx';
import { rotationWords } from '../thread/systemWords.ts';
import type { KeyChange } from '../thread/timeline.ts';
import '../../styles/thread-part.css';

type Props = {
  head: ThreadHead;
  /** As far as the thread is loaded, newest first. */
  keyChanges: KeyChange[];
};

export function Details({ head, keyChanges }: Props) {
  const client = useClient();
  const now = client.now.value;
  return (
    <>
      {head.link && <LinkSection head={head} link={head.link} now={now} />}
      {head.space === 'patient' && <RecordSection record={head.record} now={now} />}
      <ClosingSection head={head} now={now} />
      {head.space === 'patient' && !head.readOnly && (
        <section class="det" aria-labelledby="det-wrong">
          <h2 id="det-wrong">Wrong patient?</h2>
          <p class="small">If this conversation is about somebody else, stop it for everybody at once.</p>
          <a class="btn btn--s" href={format({ at: 'wrong-patient', thread: head.id })}>
            This is the wrong patient
          </a>
        </section>
      )}
      <MembersSection head={head} />
      {keyChanges.length > 0 && <KeysSection changes={keyChanges} now={now} />}
      <section class="det" aria-labelledby="det-know">
        <h2 id="det-know">Good to know</h2>
        <p class="small">{disclosureSentence}</p>
        <p class="small">{keptSentence(head)}</p>
        <p class="small muted">
          “Phone reached” and “seen” are hints from the server, not a promise that somebody has read it.
        </p>
      </section>
    </>
  );
}

/** R49: closing asks whether anything was decided; the answer is kept. */
function ClosingSection({ head, now }: { head: ThreadHead; now: number }) {
  if (head.swept) {
    return (
      <section class="det" aria-labelledby="det-closed">
        <h2 id="det-closed">Closed</h2>
        <p class="small">
          {head.swept.byMe ? 'You' : head.swept.by} closed it {whenInWords(head.swept.at, now)}: every decision is
          marked. Anything that is written here opens it again.
        </p>
      </section>
    );
  }
  if (!head.maySweep) return null;
  return (
    <section class="det" aria-labelledby="det-close">
      <h2 id="det-close">Done here?</h2>
      <p class="small">
        <a href={format({ at: 'close', thread: head.id })}>Close this conversation</a>
      </p>
    </section>
  );
}

/** How long what is said here is kept: it is destroyed everywhere then, unless a hold or a case needs it. */
function keptSentence({ space, removedAfter }: ThreadHead): string {
  if (removedAfter === undefined) return 'Messages here are kept until what was decided is in the record.';
  const after = `Messages here are removed after ${plural(removedAfter, 'day')}`;
  return space === 'announcement' || space === 'social'
    ? `${after}.`
    : `${after}, once somebody has confirmed that they hold no decision. Decisions are kept until they are in the record.`;
}

function RecordSection({ record, now }: { record: RecordLine[]; now: number }) {
  return (
    <section class="det" aria-labelledby="det-record">
      <h2 id="det-record">Decisions</h2>
      {record.length === 0 ? (
        <p class="small muted">No decision has been marked here.</p>
      ) : (
        <ul>
          {[...record].reverse().map((line) => (
            <li key={line.key} class="decided">
              {line.words && <span class="decided__w">{line.words}</span>}
              <span class="decided__by">
                {line.words ? '' : 'Decision by '}
                {line.by}, <time dateTime={new Date(line.at).toISOString()}>{briefWhen(line.at, now)}</time>
              </span>
              <RecordTag
                state={line.state}
                words={line.misfiled ? misfiledWords[line.misfiled.how] : tagWords[line.state]}
              />
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
  'taken-back': 'Taken back',
  stopped: 'Not filed: wrong patient',
  'in-error': 'Entered in error',
  deleted: 'In the record',
};

/** Too usual to be told in the thread; here for whoever wants to know. */
function KeysSection({ changes, now }: { changes: KeyChange[]; now: number }) {
  return (
    <section class="det" aria-labelledby="det-keys">
      <h2 id="det-keys">Keys</h2>
      <ul class="small">
        {changes.slice(0, 3).map(({ key, at, event }) => (
          <li key={key}>
            <span class="muted">
              <time dateTime={new Date(at).toISOString()}>{briefWhen(at, now)}</time>
            </span>{' '}
            {rotationWords[event.why]}
          </li>
        ))}
      </ul>
    </section>
  );
}

function MembersSection({ head }: { head: ThreadHead }) {
  const [changing, setChanging] = useState(false);
  const group = head.space !== 'direct';
  const present = head.members.some(({ me }) => me);
  // Armed for one: after somebody came or went, or in another thread, nothing stands ready for the next click.
  const who = [head.id, ...head.members.map(({ person }) => person.id)].join(' ');
  useEffect(() => setChanging(false), [who]);
  const mayChange = (member: Member) => group && (member.me || head.mayManage);
  return (
    <section class="det" aria-labelledby="det-members">
      <h2 id="det-members">Members, {head.members.length}</h2>
      <ul>
        {head.members.map((member) => (
          <li class="who" key={member.person.id}>
            <Avatar name={member.person.name} />
            <MemberWords member={member} />
            {member.leftOut?.why === 'reset' && head.mayReadmit && !member.me ? (
              <a class="btn btn--s" href={format({ at: 'readmit', thread: head.id, person: member.person.id })}>
                Let in again<span class="vh">: {member.person.name}</span>
              </a>
            ) : changing && mayChange(member) ? (
              <a class="btn btn--s" href={format({ at: 'remove', thread: head.id, person: member.person.id })}>
                {member.me ? 'Leave' : 'Remove'}
                {!member.me && <span class="vh"> {member.person.name}</span>}
              </a>
            ) : (
              <span class="tiny muted nowrap">{member.me ? 'You' : dutyShort(member.person)}</span>
            )}
          </li>
        ))}
      </ul>
      {group && present && (
        <div class="row det__acts">
          {head.mayManage && (
            <a class="btn btn--s" href={format({ at: 'add', thread: head.id })}>
              <PlusIcon size="s" />
              Add a person
            </a>
          )}
          <button
            type="button"
            class="btn btn--s btn--quiet"
            aria-pressed={changing}
            onClick={() => setChanging(!changing)}
          >
            {head.mayManage ? 'Remove or leave' : 'Leave'}
          </button>
        </div>
      )}
      {present && head.members.length > 1 && (
        <p class="small det__acts">
          <a href={format({ at: 'words', thread: head.id })}>Compare safety words</a>
        </p>
      )}
    </section>
  );
}

function MemberWords({ member }: { member: Member }) {
  const { person, history, mayPost } = member;
  const limits = [history ? '' : 'Cannot read what was written before they joined', mayPost ? '' : 'Reads only'].filter(
    Boolean,
  );
  return (
    <span class="who__t">
      <b>{person.name}</b>
      <span>{roleAndWard(person)}</span>
      {person.outside && <span>{person.organisation}</span>}
      {limits.length > 0 && <span>{limits.join(' · ')}</span>}
      {member.leftOut && <span class="who__out">{leftOutShort[member.leftOut.why]}</span>}
    </span>
  );
}

const leftOutShort: Record<LeftOut, string> = {
  lost: 'Device reported lost: gets nothing until their keys are renewed',
  stolen: 'Device reported stolen: gets nothing until their keys are renewed',
  reset: 'Re-enrolled, not let in again: gets nothing that is written here',
  'no-keys': 'No keys at the moment: gets nothing until they sign in',
};

const dutyShort = ({ duty }: Person): string => (duty ? (duty.on ? 'On duty' : 'Off duty') : '');

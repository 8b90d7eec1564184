/**
 * R51: the first thing to be seen of a thread that is linked to the wrong patient. It says what not to do, who has taken note and who has
 * not, and where the right patient goes on. Keyboard: its first button is the first thing after the heading of the thread.
 */
import type { QuarantineReader, ThreadHead } from '../../core/contract.ts';
import { plural, whenInWords } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { AcknowledgedIcon, FailedIcon } from '../../ui/icons/states.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { AgainList } from './AgainList.tsx';

type Props = { head: ThreadHead; quarantine: NonNullable<ThreadHead['quarantine']>; now: number };

export function Quarantined({ head, quarantine, now }: Props) {
  const client = useClient();
  const task = useTask();
  const { acknowledged, readers, by, byMe, at, note, inError } = quarantine;
  const took = readers.filter((reader) => reader.at !== undefined).length;
  const member = head.members.some(({ me }) => me);

  function takeNote() {
    task.run(async () => {
      await client.wardline.takeNote({ thread: head.id });
      client.announce('You have taken note that this is the wrong patient');
    });
  }

  function startRight() {
    const people = head.members.filter(({ me, leftOut }) => !me && !leftOut).map(({ person }) => person);
    client.continues.value = { thread: head.id, people };
    client.router.go({ at: 'new-patient' });
  }

  return (
    <section class="wrong" aria-labelledby="wrong-title">
      <h2 id="wrong-title">
        <FailedIcon />
        <span>This conversation is linked to the wrong patient. Do not act on it.</span>
      </h2>
      <p class="small">
        {byMe ? 'You' : by} said so, {whenInWords(at, now)}.{note && <> “{note}”</>}
        {inError > 0 && ` The record still has to mark ${plural(inError, 'document')} as entered in error.`}
      </p>
      <div class="row wrong__acts">
        {!acknowledged && (
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={takeNote}>
            <AcknowledgedIcon />I have seen this
          </button>
        )}
        {head.goesOn ? (
          <a class="btn" href={format({ at: 'thread', thread: head.goesOn.thread })}>
            Go to the right patient
          </a>
        ) : (
          member && (
            <button type="button" class="btn" onClick={startRight}>
              Start the right patient’s thread
            </button>
          )
        )}
      </div>
      {readers.length > 0 && (
        <details class="wrong__who">
          <summary>
            {took} of {plural(readers.length, 'reader')} {took === 1 ? 'has' : 'have'} taken note
          </summary>
          <ul class="small">
            {readers.map((reader) => (
              <li key={reader.name}>
                {reader.at === undefined ? (
                  <span class="wrong__not">{readerWords(reader, now)}</span>
                ) : (
                  readerWords(reader, now)
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
      {member && <AgainList head={head} now={now} />}
      <FaultBox fault={task.fault} />
    </section>
  );
}

function readerWords({ name, me, left, gone, at }: QuarantineReader, now: number): string {
  const who = `${me ? 'You' : name}${left ? ', who left before' : ''}`;
  if (at !== undefined) return `${who}: taken note, ${whenInWords(at, now)}`;
  return gone ? `${who}: does not work here any more` : `${who}: not yet. Tell them.`;
}

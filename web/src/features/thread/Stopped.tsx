/** The foot of a thread in which nothing is sent any more, and the way on (H26). Keyboard: the button is the next thing after the messages. */
import type { ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { useTask } from '../../ui/useTask.ts';
import { listed } from '../../ui/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { goesOnLine, leftOutWords, stillReadable, stoppedWords } from './stoppedWords.ts';

export function Stopped({ head, stopped }: { head: ThreadHead; stopped: NonNullable<ThreadHead['stopped']> }) {
  const client = useClient();
  const task = useTask();
  const { goesOn } = head;
  const known = head.members.length > 0;

  function goOn() {
    task.run(async () => {
      const line = goesOnLine(client.clock.now());
      const { thread, leftOut } = await client.wardline.goOn({ thread: head.id, line });
      client.announce(
        leftOut.length === 0
          ? 'A new thread with the same people is open'
          : `A new thread is open. Not in it: ${listed(leftOut)}. Add them when you have checked who they are.`,
      );
      client.router.replace({ at: 'thread', thread });
    });
  }

  return (
    <section class="closed" aria-labelledby="stopped-title">
      <p>
        <b id="stopped-title">Sending has stopped.</b> {stoppedWords(stopped.why, stopped.authors)} {stillReadable}
      </p>
      {goesOn ? (
        <p>
          {goesOn.byMe ? 'You go on' : `${goesOn.by} goes on`} in a new thread:{' '}
          <a href={format({ at: 'thread', thread: goesOn.thread })}>open it</a>.
        </p>
      ) : (
        <div class="row closed__acts">
          {known && (
            <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={goOn}>
              Go on in a new thread
            </button>
          )}
          <span class="small">
            {known && 'Same people, same patient, and your draft. '}Tell the service desk what stands here.
          </span>
        </div>
      )}
      <FaultBox fault={task.fault} />
    </section>
  );
}

/** Above the composer: whom what is written now does not reach, and where somebody else went on. */
export function BeforeWriting({ head }: { head: ThreadHead }) {
  const absent = head.members.filter((member) => member.leftOut && !member.me);
  if (absent.length === 0 && !head.goesOn) return null;
  return (
    <div class="closed closed--note" role="note">
      {head.goesOn && (
        <p>
          {head.goesOn.by} could not go on in this thread and writes in{' '}
          <a href={format({ at: 'thread', thread: head.goesOn.thread })}>a new one</a>. What you write here may not
          reach them.
        </p>
      )}
      {absent.map(({ person, leftOut }) => leftOut && <p key={person.id}>{leftOutWords(person.name, leftOut.why)}</p>)}
    </div>
  );
}

/** What is said of a thread that was stopped, and of somebody whom its keys leave out. Plain: what happened, and what to do. */
import type { LeftOut, StoppedWhy } from '../../core/contract.ts';
import { dayTitle } from '../../ui/dates.ts';
import { listed } from '../../ui/words.ts';

/** One sentence after "Sending has stopped." */
export function stoppedWords(why: StoppedWhy, authors: readonly string[]): string {
  const who = listed([...authors]);
  switch (why) {
    case 'forked-members':
      return authors.length > 1
        ? `${who} changed the members at the same place in two different ways, and only one of them can be true.`
        : 'There are two different changes of the members at the same place, and only one of them can be true.';
    case 'forked-keys':
      return authors.length > 1
        ? `${who} made two different sets of keys for the same place.`
        : `There are two different sets of keys for the same place${who && `, both by ${who}`}.`;
    case 'forked-log':
      return `The server showed two different versions of this thread${who && `, with different words of ${who} at the same place`}.`;
    case 'split-view':
      return `${who || 'A member'} was shown another version of this thread than you.`;
    case 'rolled-back':
      return 'The server shows less of this thread than you had seen before.';
    case 'missing':
      return 'The server does not show this thread any more, although you were in it.';
    case 'bookmark':
      return 'The server shows another version of this thread than the one that you had seen before.';
    case 'refused':
      return `Something${who && ` by ${who}`} in this thread failed its checks.`;
  }
}

export const stillReadable = 'What was checked before stays readable.';

/** The first message of the thread that goes on. */
export const goesOnLine = (now: number): string =>
  `This goes on from our thread that was stopped (${dayTitle(now, 0)}), because the server showed versions of it that contradict each other. What was said before is there.`;

export function leftOutWords(who: string, why: LeftOut): string {
  switch (why) {
    case 'lost':
    case 'stolen':
      return `${who}’s device was reported ${why}; messages reach them again once their keys are renewed.`;
    case 'reset':
      return `${who} was re-enrolled and has not been let in again; messages do not reach them.`;
    case 'no-keys':
      return `${who} has no keys at the moment; messages reach them once they have signed in.`;
  }
}

export function leftOutMeWords(why: LeftOut): string {
  if (why === 'reset') return 'You were re-enrolled. Somebody in this thread has to let you in again.';
  if (why === 'no-keys')
    return 'You have no keys here yet. What is written now reaches you once you have signed in with them.';
  return `A device of yours was reported ${why}. What is written now reaches you once your keys are renewed.`;
}

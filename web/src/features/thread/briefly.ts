/** The last thing that happened to a thread, as a preview of it. The whole sentences are in systemWords.ts: the inbox does without them. */
import type { SystemEvent } from '../../core/contract.ts';

export function briefly(event: SystemEvent): string | undefined {
  switch (event.what) {
    case 'created':
      return `${you(event.by, event.byMe)} started this thread`;
    case 'joined':
      return `${you(event.by, event.byMe)} added ${event.me ? 'you' : event.who}`;
    case 'removed':
      if (event.who === event.by || (event.me && event.byMe)) return `${you(event.who, event.me)} left`;
      return `${you(event.by, event.byMe)} removed ${event.me ? 'you' : event.who}`;
    case 'removed-by-organisation':
      return `${event.me ? 'You were' : `${event.who} was`} removed by the organisation`;
    case 'linked':
      return `${you(event.by, event.byMe)} linked the patient`;
    case 'identified':
      return `${you(event.by, event.byMe)} identified the patient`;
    case 'number-updated':
      return `${you(event.by, event.byMe)} updated the NHS number`;
    case 'renamed':
      return `${you(event.by, event.byMe)} named the thread “${event.name}”`;
    case 'confirmed':
      return `${you(event.by, event.byMe)} confirmed the patient`;
    case 'quarantined':
      return `${you(event.by, event.byMe)} stopped this thread`;
    case 'withdrawn':
      return `${you(event.by, event.byMe)} took a decision back`;
    case 'countersigned':
      return `${you(event.by, event.byMe)} countersigned a decision`;
    case 'unreadable-keys':
      return 'Keys could not be read';
    case 'left-out':
      return event.me ? 'You are left out of the keys' : `${event.who} is not reached`;
    case 'readmitted':
      return `${you(event.by, event.byMe)} let ${event.me ? 'you' : event.who} in again`;
    case 'refused':
      return 'Something failed its checks and is not shown';
    case 'frozen':
      return 'Sending has stopped';
    default:
      return undefined;
  }
}

export const you = (name: string, isMe: boolean): string => (isMe ? 'You' : name);

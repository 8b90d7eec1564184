/**
 * The places of the app as addresses after the `#`, so that Back, a reload and a link from an alert work. An address carries opaque
 * ids only: it stays in the browser's history on a shared machine.
 */
import type { DecisionId, MessageId, PersonId, ThreadId } from '../../core/contract.ts';

export type Route =
  | { at: 'inbox' }
  | { at: 'more' }
  /** The worklists of decisions that the record does not have; mine where none is named. */
  | { at: 'decisions'; list?: DecisionList }
  | { at: 'ways' }
  | { at: 'keys' }
  | { at: 'thread'; thread: ThreadId }
  | { at: 'details'; thread: ThreadId }
  | { at: 'add'; thread: ThreadId }
  | { at: 'words'; thread: ThreadId }
  | { at: 'remove'; thread: ThreadId; person: PersonId }
  | { at: 'readmit'; thread: ThreadId; person: PersonId }
  | { at: 'decide'; thread: ThreadId; message?: MessageId }
  | { at: 'correct'; thread: ThreadId; decision: DecisionId }
  | { at: 'file'; thread: ThreadId; decision: DecisionId }
  | { at: 'take-back'; thread: ThreadId; decision: DecisionId }
  | { at: 'countersign'; thread: ThreadId; decision: DecisionId }
  /** A decision of the thread about the wrong patient that this one goes on from. */
  | { at: 'again'; thread: ThreadId; decision: DecisionId }
  | { at: 'close'; thread: ThreadId }
  | { at: 'wrong-patient'; thread: ThreadId }
  /** Who the patient is, known better. */
  | { at: 'identify'; thread: ThreadId }
  | { at: 'new' }
  | { at: 'new-team' }
  | { at: 'new-patient' }
  | { at: 'policies' }
  | { at: 'policy'; policy: string; version: number };

const lists = ['ward', 'organisation', 'refused'] as const;
export type DecisionList = (typeof lists)[number];
const isList = (word: string | undefined): word is DecisionList => lists.some((each) => each === word);

/** Places that stand by themselves; the others are sheets over one of them. */
export type BaseRoute = Extract<Route, { at: 'inbox' | 'more' | 'decisions' | 'thread' }>;

export function parse(hash: string): Route {
  const parts = hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decode);
  const [place, second, third, fourth] = parts;
  if (place === 'more') return second === 'ways' || second === 'keys' ? { at: second } : { at: 'more' };
  if (place === 'decisions') return isList(second) ? { at: 'decisions', list: second } : { at: 'decisions' };
  if (place === 'policies') {
    const version = Number(third);
    if (second && Number.isSafeInteger(version) && version > 0) return { at: 'policy', policy: second, version };
    return { at: 'policies' };
  }
  if (place === 'new') {
    if (second === 'team') return { at: 'new-team' };
    return second === 'patient' ? { at: 'new-patient' } : { at: 'new' };
  }
  if (place === 't' && second) {
    const thread = second;
    if (third === 'details') return { at: 'details', thread };
    if (third === 'add') return { at: 'add', thread };
    if (third === 'wrong-patient') return { at: 'wrong-patient', thread };
    if (third === 'identify') return { at: 'identify', thread };
    if (third === 'words') return { at: 'words', thread };
    if (third === 'readmit' && fourth) return { at: 'readmit', thread, person: fourth };
    if (third === 'remove' && fourth) return { at: 'remove', thread, person: fourth };
    if (third === 'decide') return fourth ? { at: 'decide', thread, message: fourth } : { at: 'decide', thread };
    if (third === 'close') return { at: 'close', thread };
    if (isOnDecision(third) && fourth) return { at: third, thread, decision: fourth };
    return { at: 'thread', thread };
  }
  return { at: 'inbox' };
}

export function format(route: Route): string {
  switch (route.at) {
    case 'inbox':
      return '#/';
    case 'decisions':
      return route.list ? `#/decisions/${route.list}` : '#/decisions';
    case 'more':
    case 'new':
    case 'policies':
      return `#/${route.at}`;
    case 'policy':
      return `#/policies/${encodeURIComponent(route.policy)}/${route.version}`;
    case 'ways':
    case 'keys':
      return `#/more/${route.at}`;
    case 'new-team':
      return '#/new/team';
    case 'new-patient':
      return '#/new/patient';
    default:
      return ['#/t', ...threadParts(route).map(encodeURIComponent)].join('/');
  }
}

/** The place under a sheet when there is no other to go back to. */
export function baseOf(route: Route): BaseRoute {
  if (route.at === 'inbox' || route.at === 'more' || route.at === 'decisions') return route;
  if (route.at === 'ways' || route.at === 'keys') return { at: 'more' };
  return 'thread' in route ? { at: 'thread', thread: route.thread } : { at: 'inbox' };
}

export const isBase = (route: Route): route is BaseRoute =>
  route.at === 'inbox' || route.at === 'more' || route.at === 'decisions' || route.at === 'thread';

export type EnrolmentLink = { token: string; manifestFingerprint: string };

/**
 * `token.manifestFingerprint` from a one-time enrolment link, `#/enrol/…` or `#/enrol?…`: 32 bytes each. `cut` is one of which a part is missing,
 * such as a fingerprint that somebody shortened away: it is said, and never gone on with.
 */
export function enrolmentIn(hash: string): EnrolmentLink | 'cut' | undefined {
  if (!/^#\/?enrol(?![A-Za-z])/.test(hash)) return undefined;
  const found = /^#\/?enrol[/?]([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/.exec(hash);
  return found?.[1] && found[2] ? { token: found[1], manifestFingerprint: found[2] } : 'cut';
}

function threadParts(route: Extract<Route, { thread: ThreadId }>): string[] {
  switch (route.at) {
    case 'thread':
      return [route.thread];
    case 'remove':
      return [route.thread, 'remove', route.person];
    case 'readmit':
      return [route.thread, 'readmit', route.person];
    case 'decide':
      return route.message ? [route.thread, 'decide', route.message] : [route.thread, 'decide'];
    case 'correct':
    case 'file':
    case 'take-back':
    case 'countersign':
    case 'again':
      return [route.thread, route.at, route.decision];
    default:
      return [route.thread, route.at];
  }
}

const onDecision = ['correct', 'file', 'take-back', 'countersign', 'again'] as const;
const isOnDecision = (word: string | undefined): word is (typeof onDecision)[number] =>
  onDecision.some((each) => each === word);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

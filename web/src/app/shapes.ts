/**
 * The shapes of what the worker pushes, as far as the screens lean on them. The worker is ours, but what it holds came from outside:
 * a frame of another shape is dropped rather than drawn.
 */
import { anyOf, boolean, list, number, object, oneOf, optional, string } from './shape.ts';

export const wardError = object({ code: string, message: string, hint: optional(string) });

const person = object({ id: string, name: string, role: string, organisation: string });

const item = anyOf([
  object({
    kind: oneOf(['message']),
    key: string,
    id: string,
    order: number,
    at: number,
    author: person,
    own: boolean,
    text: string,
  }),
  object({
    kind: oneOf(['decision']),
    key: string,
    id: string,
    order: number,
    at: number,
    markedBy: person,
    statements: list(object({ id: string, author: person, at: number, text: string })),
    record: object({ state: oneOf(['none', 'filing', 'in', 'held', 'failed', 'taken-back', 'stopped', 'in-error']) }),
  }),
  object({
    kind: oneOf(['tombstone']),
    key: string,
    order: number,
    at: number,
    reference: string,
    sha256: string,
  }),
  object({
    kind: oneOf(['system']),
    key: string,
    order: number,
    at: number,
    event: object({ what: string }),
  }),
]);

export const threadHead = object({
  id: string,
  space: string,
  members: list(object({ person, me: boolean })),
  record: list(object({ key: string, state: string })),
});

export const threadChange = object({
  head: optional(threadHead),
  items: list(item),
  removed: list(string),
  arrived: list(string),
});

export const sessionState = anyOf([
  object({ at: oneOf(['signed-out']), organisation: string }),
  object({ at: oneOf(['locked']), organisation: string }),
  object({ at: oneOf(['enrolling']), organisation: string }),
  object({
    at: oneOf(['ready']),
    organisation: string,
    me: person,
    device: oneOf(['own', 'trust', 'shared']),
    idleMs: number,
    noticeAccepted: boolean,
  }),
]);

const summary = object({
  id: string,
  space: string,
  people: number,
  last: optional(object({ text: string, event: optional(object({ what: string })) })),
  at: number,
  unread: number,
  urgency: oneOf(['routine', 'action', 'urgent', 'emergency']),
  needs: list(object({ kind: string, count: optional(number) })),
});

export const inbox = list(summary);

export const connection = object({ state: oneOf(['online', 'connecting', 'offline']), queued: number });

export const eventShapes = {
  state: sessionState,
  inbox,
  connection,
  locked: object({ cause: string }),
};

/** Answers that are drawn at once. The others are checked by what they are used for. */
export const answerShapes = {
  session: sessionState,
  inbox,
  connection,
  openThread: object({ head: threadHead, items: list(item), hasOlder: boolean }),
  olderItems: object({ items: list(item), hasOlder: boolean }),
  searchDirectory: object({
    people: list(person),
    similar: list(object({ people: list(string) })),
    alike: object({}),
  }),
  lookUpPatient: object({ outcome: string }),
  previewFiling: object({ html: string, sha256: string }),
  checkText: list(object({ kind: string, found: string, stops: boolean })),
};

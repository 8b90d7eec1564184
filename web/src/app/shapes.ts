/**
 * The shapes of what the worker pushes, as far as the screens lean on them. The worker is ours, but what it holds came from outside:
 * a frame of another shape is dropped rather than drawn.
 */
import * as v from 'valibot';

export const wardError = v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) });

const person = v.looseObject({ id: v.string(), name: v.string(), role: v.string(), organisation: v.string() });

const item = v.variant('kind', [
  v.looseObject({
    kind: v.literal('message'),
    key: v.string(),
    id: v.string(),
    order: v.number(),
    at: v.number(),
    author: person,
    own: v.boolean(),
    text: v.string(),
  }),
  v.looseObject({
    kind: v.literal('decision'),
    key: v.string(),
    id: v.string(),
    order: v.number(),
    at: v.number(),
    markedBy: person,
    statements: v.array(v.looseObject({ id: v.string(), author: person, at: v.number(), text: v.string() })),
    record: v.looseObject({ state: v.picklist(['none', 'filing', 'in', 'held', 'failed']) }),
  }),
  v.looseObject({
    kind: v.literal('tombstone'),
    key: v.string(),
    order: v.number(),
    at: v.number(),
    reference: v.string(),
    sha256: v.string(),
  }),
  v.looseObject({
    kind: v.literal('system'),
    key: v.string(),
    order: v.number(),
    at: v.number(),
    event: v.looseObject({ what: v.string() }),
  }),
]);

export const threadHead = v.looseObject({
  id: v.string(),
  space: v.string(),
  members: v.array(v.looseObject({ person, me: v.boolean() })),
  record: v.array(v.looseObject({ key: v.string(), state: v.string() })),
});

export const threadChange = v.looseObject({
  head: v.optional(threadHead),
  items: v.array(item),
  removed: v.array(v.string()),
  arrived: v.array(v.string()),
});

export const sessionState = v.variant('at', [
  v.looseObject({ at: v.literal('signed-out'), organisation: v.string() }),
  v.looseObject({ at: v.literal('locked'), organisation: v.string() }),
  v.looseObject({ at: v.literal('enrolling'), organisation: v.string() }),
  v.looseObject({
    at: v.literal('ready'),
    organisation: v.string(),
    me: person,
    device: v.picklist(['own', 'trust', 'shared']),
    idleMs: v.number(),
    noticeAccepted: v.boolean(),
  }),
]);

const summary = v.looseObject({
  id: v.string(),
  space: v.string(),
  people: v.number(),
  last: v.optional(v.looseObject({ text: v.string(), event: v.optional(v.looseObject({ what: v.string() })) })),
  at: v.number(),
  unread: v.number(),
  urgency: v.picklist(['routine', 'action', 'urgent', 'emergency']),
  needs: v.array(v.looseObject({ kind: v.string(), count: v.optional(v.number()) })),
});

export const inbox = v.array(summary);

export const connection = v.looseObject({ state: v.picklist(['online', 'connecting', 'offline']), queued: v.number() });

export const eventShapes = {
  state: sessionState,
  inbox,
  connection,
  locked: v.looseObject({ cause: v.string() }),
};

/** Answers that are drawn at once. The others are checked by what they are used for. */
export const answerShapes = {
  session: sessionState,
  inbox,
  connection,
  openThread: v.looseObject({ head: threadHead, items: v.array(item), hasOlder: v.boolean() }),
  olderItems: v.looseObject({ items: v.array(item), hasOlder: v.boolean() }),
  searchDirectory: v.looseObject({
    people: v.array(person),
    similar: v.array(v.looseObject({ people: v.array(v.string()) })),
  }),
  lookUpPatient: v.looseObject({ outcome: v.string() }),
  previewFiling: v.looseObject({ html: v.string(), sha256: v.string() }),
  checkText: v.array(v.looseObject({ kind: v.string(), found: v.string(), stops: v.boolean() })),
};

/** Invented people, patients and messages for looking at the screens. The NHS numbers are test numbers. Never in a release. */
import type {
  DecisionItem,
  MessageItem,
  OwnDevice,
  Patient,
  Person,
  Policy,
  SystemItem,
  ThreadHead,
  TimelineItem,
  TombstoneItem,
} from '../core/contract.ts';

const organisation = 'Northbridge General';

const person = (id: string, name: string, role: string, more: Partial<Person> = {}): Person => {
  const words = name.replace(/^(Dr|Sr|Mr|Ms) /, '').split(' ');
  return { id, name, given: words[0] ?? '', family: words.at(-1) ?? '', role, organisation, outside: false, ...more };
};

const today = new Date();
export const at = (hours: number, minutes: number, daysAgo = 0): number =>
  new Date(today.getFullYear(), today.getMonth(), today.getDate() - daysAgo, hours, minutes).getTime();

const until = at(20, 30);
const on = { on: true, until };

export const people = {
  leila: person('leila', 'Dr Leila Haddad', 'Medical F2', { ward: 'Ward 7B', title: 'Dr' }),
  anita: person('anita', 'Dr Anita Patel', 'Medical Registrar', {
    roleShort: 'Med Reg',
    ward: 'Wards 6 to 8',
    title: 'Dr',
    bleep: '2417',
    duty: on,
  }),
  amit: person('amit', 'Dr Amit Patel', 'Core Surgical Trainee', {
    roleShort: 'CST',
    ward: 'Ward 12',
    title: 'Dr',
    bleep: '2471',
    duty: { on: false },
  }),
  asha: person('asha', 'Asha Patel', 'Ward pharmacist', { ward: 'Wards 5 to 7', duty: { on: true } }),
  grace: person('grace', 'Sr Grace Owusu', 'Charge nurse', { ward: 'Ward 7B', duty: { on: true } }),
  tom: person('tom', 'Tom Reid', 'Critical Care Outreach', { roleShort: 'Outreach', duty: { on: true } }),
  helen: person('helen', 'Helen Barker', 'Pharmacist', { duty: { on: true } }),
  kofi: person('kofi', 'Kofi Mensah', 'Healthcare assistant', {
    roleShort: 'HCA',
    ward: 'Ward 7B',
    duty: { on: true },
  }),
  fiona: person('fiona', 'Dr Fiona Kerr', 'Consultant, General Medicine', { roleShort: 'Consultant', title: 'Dr' }),
};

export const directory: Person[] = [
  ...Object.values(people),
  person('alun', 'Dr Alun Pattle', 'GP', { organisation: 'Riverside Practice', outside: true }),
  person('mary', 'Mary Smith', 'Staff nurse', { ward: 'AMU' }),
  person('mari', 'Marie Smyth', 'Physiotherapist', { ward: 'Ward 7B' }),
];

/** Whose names sound the same. */
export const sounding: Record<string, string[]> = { mary: ['mari'], mari: ['mary'] };

export const john: Patient = {
  family: 'Smith',
  given: 'John',
  title: 'Mr',
  born: '1954-03-12',
  nhsNumber: '9434765919',
  restricted: false,
  needs: [],
};
/** Nobody knows who it is. */
export const kestrel: Patient = {
  family: 'Unknown',
  given: 'Kestrel',
  hospitalNumber: 'N0099001',
  temporary: 'N0099001',
  restricted: false,
  needs: [],
};
export const joan: Patient = { ...john, given: 'Joan', title: 'Mrs', nhsNumber: '9000000025' };
export const ngozi: Patient = {
  family: 'Okafor-Williamson',
  given: 'Ngozi Adaeze',
  title: 'Ms',
  born: '1988-07-30',
  nhsNumber: '9912003888',
  restricted: false,
  needs: ['Interpreter: Igbo', 'Hearing aid, left'],
};

let order = 0;
const place = (key: string, when: number) => {
  order += 1;
  return { key, order, at: when };
};

export const say = (author: Person, when: number, text: string, more: Partial<MessageItem> = {}): MessageItem => {
  const { key, ...rest } = place('', when);
  const id = `m${rest.order}${key}`;
  return {
    kind: 'message',
    ...rest,
    key: id,
    id,
    author,
    own: author.id === 'leila',
    text,
    urgency: 'routine',
    ...more,
  };
};

const seen = (of: number, count: number): MessageItem['delivery'] => ({ state: 'seen', of, reached: of, seen: count });
const system = (when: number, event: SystemItem['event']): SystemItem => {
  const base = place('', when);
  return { kind: 'system', ...base, key: `s${base.order}`, event };
};

const tomb: TombstoneItem = {
  kind: 'tombstone',
  ...place('t1', at(10, 5)),
  id: 'd-old',
  decidedBy: 'Dr Anita Patel',
  markedBy: 'Dr Anita Patel',
  decidedAt: at(9, 20),
  filedBy: 'Dr Leila Haddad',
  filedAt: at(10, 2),
  messages: 4,
  reference: 'DOC-7741-2093',
  sha256: '8f3a91d2c07b4e55a1d7f6029c3be8841f20a6d97be35c4408d1e2f3a7b9c21e',
};

const opening = [
  system(at(9, 5), { what: 'created', by: 'Dr Leila Haddad', byMe: true }),
  system(at(9, 12), { what: 'linked', by: 'Dr Leila Haddad', byMe: true, patient: 'SMITH, John' }),
  system(at(9, 14), {
    what: 'joined',
    who: 'Tom Reid',
    me: false,
    role: 'Critical Care Outreach',
    by: 'Dr Leila Haddad',
    byMe: true,
    reason: 'opinion',
    history: true,
  }),
];
const review = say(
  people.anita,
  at(12, 58),
  'Reviewed on the round. Left leg: redness past the pen line since 09:00, temp 38.4, BP 104/62, HR 112. NEWS2 6.',
);
const margin = say(
  people.grace,
  at(13, 4),
  'Left shin, margin re-drawn at 13:00. It is 2 cm past the line of this morning.',
);
const question = say(
  people.leila,
  at(13, 10),
  'Repeat lactate 2.9, was 1.8. Cultures sent, fluids running. Change the antibiotics?',
  {
    reply: { id: review.id, author: 'Dr Anita Patel', at: review.at, text: review.text },
    delivery: seen(5, 4),
  },
);
const plan = say(
  people.anita,
  at(13, 18),
  'Change to IV flucloxacillin 2 g four times a day. No penicillin allergy, checked with him and the chart. Re-mark the margin at 16:00. Surgical review if it spreads.',
);
const given = say(people.leila, at(13, 21), 'Prescribed, first dose 13:20. Outreach aware.', {
  delivery: { state: 'reached', of: 5, reached: 5, seen: 0 },
});
export const decision: DecisionItem = {
  kind: 'decision',
  ...place('d1', at(13, 19)),
  id: 'd1',
  markedBy: people.anita,
  markedByMe: false,
  statements: [{ id: plan.id, author: people.anita, own: false, at: plan.at, text: plan.text }],
  background: [question.id, margin.id],
  record: { state: 'none' },
};
const worse = say(people.grace, at(13, 31), 'BP now 98/58 after 500 ml. NEWS2 7. Second bag is up.');

export const johnItems: TimelineItem[] = [...opening, tomb, review, margin, question, plan, given, decision, worse];

const member = (who: Person, me = false): ThreadHead['members'][number] => ({
  person: who,
  me,
  since: at(9, 5),
  history: true,
  mayPost: true,
});

export const johnHead: ThreadHead = {
  id: 'john',
  confirmed: false,
  space: 'patient',
  name: 'Leg cellulitis',
  ward: 'Ward 7B',
  patient: john,
  link: {
    at: at(9, 12),
    by: people.leila,
    identifiedBy: 'nhs-number',
    namesakes: [
      {
        name: 'SMITH, Joan (Mrs)',
        differs: ['given', 'title', 'nhs-number'],
        lastFour: '0025',
        hospitalLastFour: '1193',
        source: 'own-thread',
      },
    ],
  },
  members: [
    member(people.anita),
    member(people.grace),
    member(people.tom),
    member(people.helen),
    member(people.kofi),
    member(people.leila, true),
  ],
  record: [
    { key: 't1', order: tomb.order, at: at(9, 20), state: 'deleted', by: 'Dr Anita Patel' },
    {
      key: 'd1',
      order: decision.order,
      at: at(13, 18),
      state: 'none',
      by: 'Dr Anita Patel',
      words: decision.statements[0]?.text ?? '',
    },
  ],
  mayManage: true,
  mayReadmit: true,
  maySweep: true,
};

/** One decision in each state, for looking at all of them. */
const stateOf = (
  key: string,
  record: DecisionItem['record'],
  text: string,
  by: Person = people.anita,
): DecisionItem => {
  const said = say(by, at(11, 40, 1), text);
  return {
    kind: 'decision',
    ...place(key, said.at),
    id: key,
    markedBy: by,
    markedByMe: by.id === 'leila',
    statements: [{ id: said.id, author: by, own: by.id === 'leila', at: said.at, text }],
    background: [],
    record,
  };
};
export const misfiled = { how: 'other-patient' as const, reference: '019cad90-2130-7ae5-9941-1ff5747b5e5b' };
export const joanItems: TimelineItem[] = [
  system(at(11, 2, 1), { what: 'created', by: 'Dr Anita Patel', byMe: false }),
  stateOf('j1', { state: 'none' }, 'Stop the heparin. Recheck platelets at 18:00.', people.leila),
  stateOf(
    'j2',
    {
      state: 'filing',
      by: people.leila,
      since: at(11, 52, 1),
      trouble: 'The record has not answered since 11:52 yesterday. Wardline keeps trying.',
    },
    'Nil by mouth from midnight.',
  ),
  stateOf(
    'j3',
    { state: 'in', by: people.leila, at: at(12, 5, 1), reference: 'DOC-7741-2101', deleteAt: at(18, 5) },
    'Start apixaban 5 mg twice a day from tomorrow morning.',
  ),
  stateOf(
    'j4',
    { state: 'held', by: people.leila, at: at(12, 6, 1), reference: 'DOC-7741-2102' },
    'For ward-based care. Discussed with her and her daughter.',
  ),
  stateOf(
    'j5',
    {
      state: 'failed',
      by: people.leila,
      at: at(12, 7, 1),
      reason:
        'The record said: the author is not registered for this ward. Ask the records department, then file again.',
    },
    'Restart bisoprolol 2.5 mg.',
  ),
  stateOf(
    'j6',
    {
      state: 'failed',
      by: people.leila,
      at: at(12, 8, 1),
      reason: 'The record keeps the document under another patient.',
      misfiled,
    },
    'Hold metformin until the kidney function is back.',
  ),
  system(at(12, 10, 1), {
    what: 'removed',
    who: 'Dr Amit Patel',
    me: false,
    by: 'Dr Anita Patel',
    byMe: false,
    reason: 'added-in-error',
  }),
  system(at(12, 10, 1), { what: 'rotated', why: 'removed' }),
  system(at(12, 30, 1), { what: 'refused', from: 'Kofi Mensah', code: 'bad_signature' }),
  say(people.leila, at(11, 30), 'Platelets 142, steady.', {
    delivery: {
      state: 'failed',
      of: 2,
      reached: 0,
      seen: 0,
      error: { code: 'x', message: 'The server did not take it.', hint: 'Try again.' },
    },
  }),
  say(people.leila, at(11, 40), 'Handing over to the late team.', {
    delivery: { state: 'queued', of: 2, reached: 0, seen: 0 },
  }),
];
export const joanHead: ThreadHead = {
  id: 'joan',
  confirmed: false,
  space: 'patient',
  name: 'Heparin and platelets',
  ward: 'AMU',
  patient: { ...joan, needs: ['Interpreter: Polish'], deceased: undefined },
  link: { at: at(11, 2, 1), by: people.anita, identifiedBy: 'nhs-number', supersededFrom: '9000000033', namesakes: [] },
  members: [member(people.anita), member(people.grace), member(people.leila, true)],
  record: joanItems.flatMap((item, order) =>
    item.kind === 'decision'
      ? [
          {
            key: item.key,
            order,
            at: item.at,
            state: item.record.state,
            by: item.markedBy.name,
            words: item.statements[0]?.text ?? '',
            ...(item.record.state === 'failed' && item.record.misfiled ? { misfiled: item.record.misfiled } : {}),
          },
        ]
      : [],
  ),
  mayManage: true,
  mayReadmit: true,
  maySweep: true,
};

export const teamItems: TimelineItem[] = [
  ...Array.from({ length: 40 }, (_, index) =>
    say(
      index % 3 === 0 ? people.leila : index % 3 === 1 ? people.kofi : people.grace,
      at(8, index, 1),
      `Bed state ${index + 1}: two to come, one to go home after lunch.`,
      index % 3 === 0 ? { delivery: seen(13, 13) } : {},
    ),
  ),
  say(people.grace, at(13, 10), 'Two of us are off the floor at two.'),
  say(
    people.grace,
    at(13, 11),
    'Bay 3 needs a second pair of hands for turns. Please say here who can come, and when.',
  ),
  say(people.grace, at(13, 12), 'Back at half past.\n\n\n\n\n\nThank you.'),
  say(people.leila, at(13, 20), 'I can come at ten past two.', { delivery: seen(7, 5) }),
  say(people.leila, at(13, 21), 'For half an hour.', { delivery: seen(7, 5) }),
  say(people.leila, at(13, 22), 'Then I am in clinic until four, so call the ward phone.', { delivery: seen(7, 4) }),
  say(people.kofi, at(13, 24), 'Side room cleaned, ready for the transfer.'),
];
export const teamHead: ThreadHead = {
  id: 'team',
  confirmed: false,
  space: 'team',
  name: 'Ward 7B day team',
  members: [...johnHead.members, member(people.fiona), member(people.asha)],
  record: [],
  mayManage: true,
  mayReadmit: true,
  maySweep: true,
};

export const directItems: TimelineItem[] = [
  say(people.anita, at(11, 58), 'Are you on the round this afternoon?'),
  say(people.leila, at(12, 5), 'Yes. Can we go through the plan after it?', {
    delivery: { state: 'reached', of: 1, reached: 1, seen: 0 },
  }),
];
export const directHead: ThreadHead = {
  id: 'direct',
  confirmed: false,
  space: 'direct',
  members: [member(people.anita), member(people.leila, true)],
  record: [],
  mayManage: false,
  mayReadmit: true,
  maySweep: true,
};

export const policy: Policy = {
  policy: '019cad90-2130-7ae5-9941-1ff5747b5e5b',
  version: 2,
  title: 'Instant messaging at work',
  kind: 'guidance',
  summary: 'Lost devices are reported at once, not at the end of the shift.',
  supersedes: 'Version 1',
  effectiveAt: Date.UTC(2026, 2, 1),
  reviewAt: Date.UTC(2027, 2, 1),
  required: true,
  graceMs: 12 * 3_600_000,
  hash: 'MgdBmMI04_jo-S52CdjsFmwlrT92dM1afbtW4MSYLTs',
  needed: false,
};

export const policyText = `# Instant messaging at work

Say no more than the work needs.

## The right patient

- Talk about a patient only in that patient's thread.
- Do not anonymise instead: "the lady in bed 4" has led to harm.

## Your device

- Set a passcode, let it lock by itself, and let nobody else use it.
- Report a lost or stolen device to the service desk at once.
`;
const hour = 3_600_000;
const device = {
  posture: 'unknown',
  signedIn: 1,
  expires: Date.now() + 20 * 24 * hour,
  firstUsed: Date.now() - 90 * hour,
} as const;
export const ownDevices: OwnDevice[] = [
  { ...device, id: 'd1', kind: 'trust', label: 'Chrome on Windows', current: true, lastUsed: Date.now() },
  {
    ...device,
    id: 'd2',
    kind: 'own',
    label: 'Safari on iPhone',
    current: false,
    lastUsed: Date.now() - 26 * hour,
    agreed: Date.now() - 90 * hour,
  },
  {
    ...device,
    id: 'd3',
    kind: 'shared',
    label: '',
    current: false,
    lastUsed: Date.now() - 60 * hour,
    ended: Date.now() - 50 * hour,
    signedIn: 0,
  },
];

/** A thread as it is once somebody has said that it is about the wrong patient. */
export function quarantined(head: ThreadHead, note: string, byMe = true): ThreadHead {
  const now = Date.now();
  const readers = head.members.map(({ person, me }) => ({
    name: person.name,
    me,
    left: false,
    gone: false,
    ...((byMe ? me : person.id === people.anita.id) ? { at: now } : {}),
  }));
  readers.push({ name: 'Dr Tom Reid', me: false, left: true, gone: false });
  readers.sort((a, b) => Number('at' in a) - Number('at' in b));
  return {
    ...head,
    readOnly: {
      code: 'thread_quarantined',
      message: 'This conversation is linked to the wrong patient.',
      hint: 'Nothing more can be sent here. Go on in a conversation about the right patient.',
    },
    quarantine: {
      at: now - 240_000,
      by: byMe ? people.leila.name : people.anita.name,
      byMe,
      ...(note ? { note } : {}),
      acknowledged: byMe,
      waiting: readers.filter((each) => !('at' in each)).length,
      inError: 1,
      readers,
    },
  };
}

/** What the in-memory double answers: its checks, its directory, its index and its inbox. Never in a release. */
import type { Finding, PatientAnswer, PatientQuery, Statement, ThreadHead, ThreadSummary } from '../core/contract.ts';
import * as data from './fakeData.ts';

export function check(head: ThreadHead, text: string): Finding[] {
  const found = /\b\d{3} ?\d{3} ?\d{4}\b/.exec(text);
  if (found && found[0].replaceAll(' ', '') !== head.patient?.nhsNumber) {
    const kind = head.space === 'patient' ? 'other-patient' : 'number-outside';
    return [{ kind, found: found[0], start: found.index, end: found.index + found[0].length, stops: true }];
  }
  const vague = /\b(bed|side room|bay) \d+\b/i.exec(text);
  if (vague && head.space === 'team') {
    return [
      {
        kind: 'unlinked-patient',
        found: vague[0],
        start: vague.index,
        end: vague.index + vague[0].length,
        stops: false,
      },
    ];
  }
  return [];
}

export function searchDirectory(query: string) {
  const words = query.toLowerCase().split(/\s+/);
  const people = data.directory.filter((person) =>
    words.every((word) =>
      `${person.name} ${person.role} ${person.ward ?? ''}`
        .toLowerCase()
        .split(/\s+/)
        .some((part) => part.startsWith(word)),
    ),
  );
  const patels = ['anita', 'amit'];
  const similar = people.some((person) => patels.includes(person.id));
  const all = similar
    ? [...new Set([...data.directory.filter((person) => patels.includes(person.id)), ...people])]
    : people;
  // Two people whose names sound the same, and only one of them was asked for.
  const alike = Object.fromEntries(
    all.flatMap(({ id }) => {
      const others = data.directory.filter((each) => data.sounding[id]?.includes(each.id));
      return others.length > 0 ? [[id, others]] : [];
    }),
  );
  return { people: all, similar: similar ? [{ label: 'Dr A Patel', people: patels }] : [], alike, more: false };
}

export function lookUp(query: PatientQuery): PatientAnswer {
  const name = { what: 'name' as const, asked: `${query.family.toUpperCase()}, ${query.given}` };
  const asked = [
    name,
    { what: 'born' as const, asked: query.born ?? '' },
    query.nhsNumber
      ? { what: 'nhs-number' as const, asked: query.nhsNumber }
      : { what: 'hospital-number' as const, asked: query.hospitalNumber ?? '' },
  ];
  const unknown = query.hospitalNumber === data.kestrel.hospitalNumber;
  if (query.temporary && !unknown) return { outcome: 'known' };
  if (!query.temporary && unknown) return { outcome: 'temporary' };
  if (query.temporary) {
    const compared = [name, { what: 'hospital-number' as const, asked: 'N0099001' }];
    return {
      outcome: 'match',
      lookup: 'l2',
      patient: data.kestrel,
      identifiedBy: 'hospital-number',
      compared: compared.map((each) => ({ ...each, matches: true })),
      namesakes: [],
      disagrees: [],
    };
  }
  if (query.family.toLowerCase() === 'another') return { outcome: 'another' };
  if (query.family.toLowerCase() === 'nobody') return { outcome: 'not-found' };
  if (query.family.toLowerCase() === 'gone') return { outcome: 'invalidated' };
  if (query.family.toLowerCase() === 'down') return { outcome: 'unreachable' };
  const matches = [query.family.toLowerCase() === 'smith', query.born === '1954-03-12', true];
  const compared = asked.map((each, index) => ({ ...each, matches: matches[index] ?? false }));
  if (compared.some((each) => !each.matches)) return { outcome: 'no-match', compared };
  return {
    outcome: 'match',
    lookup: 'l1',
    patient: { ...data.john, ...(query.hospitalNumber ? { hospitalNumber: query.hospitalNumber } : {}) },
    identifiedBy: query.nhsNumber ? 'nhs-number' : 'hospital-number',
    compared,
    namesakes: [
      {
        name: 'SMITH, Joan (Mrs)',
        differs: ['given', 'title', 'nhs-number', 'hospital-number'],
        lastFour: '0025',
        hospitalLastFour: '1193',
        source: 'index',
      },
    ],
    disagrees: query.hospitalNumber ? ['born'] : [],
  };
}

export function paper(statements: Statement[], beside: Statement[], summary: string): string {
  const safe = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const one = (each: Statement) =>
    `<article><h3>${each.author.name}, ${each.author.role}</h3><p class="said">${safe(each.text)}</p></article>`;
  const section = (title: string, content: string) => `<section><h2>${title}</h2>${content}</section>`;
  return [
    '<!doctype html>\n<html lang="en-GB"><head><title>Clinical decision</title></head><body><main><h1>Clinical decision</h1>',
    section(
      'Patient',
      '<dl><dt>Name</dt><dd>SMITH, John (Mr)</dd><dt>Born</dt><dd>12-Mar-1954</dd><dt>NHS number</dt><dd>943 476 5919</dd></dl>',
    ),
    section('Decision', statements.map(one).join('')),
    beside.length > 0 ? section('Said beside it', beside.map(one).join('')) : '',
    summary
      ? section('Summary by Dr Leila Haddad', `<p>This summary was written for the record.</p><p>${safe(summary)}</p>`)
      : '',
    '</main></body></html>',
  ].join('');
}

export function inbox(): ThreadSummary[] {
  const { at, people } = data;
  const common = { urgency: 'routine' as const, needs: [], unread: 0, hasDraft: false };
  return [
    {
      ...common,
      id: 'john',
      closed: false,
      space: 'patient',
      name: 'Leg cellulitis',
      patient: data.john,
      ward: 'Ward 7B',
      people: 6,
      at: at(13, 31),
      unread: 2,
      needs: [{ kind: 'not-in-record', count: 1, since: at(13, 18) }],
      last: {
        at: at(13, 31),
        kind: 'message',
        own: false,
        author: 'Sr Grace Owusu',
        text: 'BP now 98/58 after 500 ml. NEWS2 7. Second bag is up.',
      },
    },
    {
      ...common,
      id: 'joan',
      closed: false,
      space: 'patient',
      patient: data.joan,
      ward: 'AMU',
      people: 3,
      at: at(11, 40),
      needs: [
        { kind: 'not-sent', count: 1 },
        { kind: 'record-misfiled', count: 1, since: at(12, 8, 1), how: 'other-patient' },
        { kind: 'record-refused', count: 1, since: at(12, 7, 1) },
      ],
      last: {
        at: at(11, 40),
        kind: 'message',
        own: true,
        text: 'Handing over to the late team.',
        delivery: { state: 'queued', of: 2, reached: 0, seen: 0 },
      },
    },
    {
      ...common,
      id: 'team',
      closed: false,
      space: 'team',
      name: 'Ward 7B day team',
      people: 8,
      at: at(13, 24),
      unread: 3,
      last: {
        at: at(13, 24),
        kind: 'message',
        own: false,
        author: 'Kofi Mensah',
        text: 'Side room cleaned, ready for the transfer.',
      },
    },
    {
      ...common,
      id: 'ngozi',
      closed: false,
      space: 'patient',
      patient: data.ngozi,
      ward: 'AMU',
      people: 4,
      at: at(12, 47),
      last: {
        at: at(12, 47),
        kind: 'message',
        own: true,
        text: 'CT report seen, no bleed. Will update the family.',
        delivery: { state: 'seen', of: 3, reached: 3, seen: 3 },
      },
    },
    {
      ...common,
      id: 'direct',
      closed: false,
      space: 'direct',
      peer: people.anita,
      people: 2,
      at: at(12, 5),
      hasDraft: true,
      last: {
        at: at(12, 5),
        kind: 'message',
        own: true,
        text: 'Yes. Can we go through the plan after it?',
        delivery: { state: 'reached', of: 1, reached: 1, seen: 0 },
      },
    },
    {
      ...common,
      id: 'night',
      closed: false,
      space: 'team',
      name: 'Hospital at night',
      people: 14,
      at: at(7, 55, 1),
      last: {
        at: at(7, 55, 1),
        kind: 'message',
        own: false,
        author: 'Tom Reid',
        text: 'Quiet from two. Nobody left to see.',
      },
    },
    {
      ...common,
      id: 'old',
      closed: false,
      space: 'patient',
      patient: {
        ...data.ngozi,
        family: 'Featherstonehaugh-Cholmondeley',
        given: 'Maximilian Bartholomew',
        title: 'Mr',
        nhsNumber: '9000000009',
      },
      ward: 'Ward 12',
      people: 3,
      at: at(16, 10, 4),
      last: { at: at(16, 10, 4), kind: 'tombstone', own: false, text: '' },
    },
  ];
}

/** The lines of threads about the wrong patient say so. */
export function withQuarantines(rows: ThreadSummary[], heads: readonly ThreadHead[]): ThreadSummary[] {
  return rows.map((row) => {
    const known = heads.find(({ id }) => id === row.id)?.quarantine;
    if (!known) return row;
    const { acknowledged, waiting, inError } = known;
    return { ...row, needs: [{ kind: 'wrong-patient', acknowledged, waiting, inError }] };
  });
}

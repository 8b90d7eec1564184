import { describe, expect, test } from 'vitest';
import type { Delivery, SystemEvent } from '../../core/contract.ts';
import { deliveryWords } from './States.tsx';
import { briefly } from './briefly.ts';
import { arrivalsLine, systemLine } from './systemWords.ts';

const delivery = (state: Delivery['state'], of: number, reached = 0, seen = 0): Delivery => ({
  state,
  of,
  reached,
  seen,
});

describe('H2 what a state promises', () => {
  test('a locked phone is never called delivered', () => {
    expect(deliveryWords(delivery('reached', 1, 1))).toBe('Phone reached, not opened');
    expect(deliveryWords(delivery('reached', 5, 3))).toBe('Phone reached by 3 of 5');
    for (const state of ['queued', 'sent', 'reached', 'seen', 'failed'] as const) {
      expect(deliveryWords(delivery(state, 5, 3, 2)).toLowerCase()).not.toContain('deliver');
    }
  });
  test('each is a word with a count', () => {
    expect(deliveryWords(delivery('queued', 5))).toBe('Queued');
    expect(deliveryWords(delivery('sent', 5))).toBe('Sent');
    expect(deliveryWords(delivery('seen', 5, 5, 4))).toBe('Seen by 4 of 5');
    expect(deliveryWords(delivery('seen', 1, 1, 1))).toBe('Seen');
    expect(deliveryWords(delivery('failed', 5))).toBe('Not sent');
  });
});

describe('R31 what happened to the members is said with its reason', () => {
  const joined: SystemEvent = {
    what: 'joined',
    who: 'Tom Reid',
    me: false,
    role: 'Outreach',
    by: 'Dr Leila Haddad',
    byMe: false,
    reason: 'opinion',
    history: true,
  };
  test.each<[string, SystemEvent, string]>([
    ['joined', joined, 'Dr Leila Haddad added Tom Reid, Outreach (asked for an opinion).'],
    [
      'joined by me, without history, with a note',
      { ...joined, byMe: true, history: false, reason: 'other', note: 'Covers the bay.' },
      'You added Tom Reid, Outreach (another reason: Covers the bay). Earlier messages cannot be read.',
    ],
    ['added me', { ...joined, me: true, reason: 'on-call' }, 'Dr Leila Haddad added you (on call for it).'],
    [
      'removed',
      { what: 'removed', who: 'Dr Amit Patel', me: false, by: 'Dr Anita Patel', byMe: false, reason: 'added-in-error' },
      'Dr Anita Patel removed Dr Amit Patel (was added in error).',
    ],
    [
      'left',
      { what: 'removed', who: 'Tom Reid', me: false, by: 'Tom Reid', byMe: false, reason: 'handed-over' },
      'Tom Reid left (has handed over).',
    ],
    [
      'removed me',
      { what: 'removed', who: 'Dr Leila Haddad', me: true, by: 'Dr Anita Patel', byMe: false, reason: 'left-team' },
      'Dr Anita Patel removed you (has left the team).',
    ],
    [
      'removed by the organisation',
      { what: 'removed-by-organisation', who: 'Kofi Mensah', me: false, reason: 'leaver' },
      'Kofi Mensah was removed by the organisation: has left the organisation.',
    ],
    [
      'linked',
      { what: 'linked', by: 'Dr Leila Haddad', byMe: true, patient: 'SMITH, John' },
      'You linked SMITH, John. Three identifiers matched the record.',
    ],
    [
      'linked, unknown',
      { what: 'linked', by: 'Anita Rao', byMe: false, patient: 'UNKNOWN, Kestrel', temporary: 'N0099001' },
      'Anita Rao linked UNKNOWN, Kestrel, temporary identity N0099001. Nobody knows yet who this is.',
    ],
    [
      'identified',
      {
        what: 'identified',
        by: 'Anita Rao',
        byMe: false,
        patient: 'SMITH, John',
        born: '1954-03-12',
        number: '9434765919',
      },
      'Anita Rao identified the patient: SMITH, John, 12-Mar-1954, 943\u00a0476\u00a05919. Everything said here is about this patient.',
    ],
    [
      'another number',
      { what: 'number-updated', by: 'Anita Rao', byMe: true, was: '9990475466' },
      'You updated the NHS number (was 999\u00a0047\u00a05466).',
    ],
    ['rotated', { what: 'rotated', why: 'removed' }, 'New keys. Whoever was removed cannot read what follows.'],
  ])('%s', (_name, event, words) => expect(systemLine(event).text).toBe(words));

  test('what failed its checks is said as a warning and never shown', () => {
    const line = systemLine({ what: 'refused', from: 'Kofi Mensah', code: 'bad_signature' });
    expect(line.tone).toBe('warn');
    expect(line.text).toContain('is not shown');
    expect(line.text).toContain('bad_signature');
  });
});

describe('several who came in', () => {
  const created: SystemEvent = { what: 'created', by: 'Dr Leila Haddad', byMe: false };
  const joined = (who: string, me = false): SystemEvent => ({
    what: 'joined',
    who,
    me,
    role: 'Outreach',
    by: 'Dr Leila Haddad',
    byMe: false,
    reason: 'founding',
    history: true,
  });
  const [tom, kofi, fiona, me] = [
    joined('Tom Reid'),
    joined('Kofi Mensah'),
    joined('Dr Fiona Kerr'),
    joined('Dr Anita Patel', true),
  ];
  test.each<[SystemEvent[], string]>([
    [[tom, kofi], 'Tom Reid and Kofi Mensah joined.'],
    [[tom, kofi, fiona], '3 people joined.'],
    [[tom, me], 'You and Tom Reid joined.'],
    [[tom, me, kofi, fiona], 'You and 3 people joined.'],
    [[created, tom], 'Dr Leila Haddad started this thread with Tom Reid.'],
    [[created, me, tom, kofi], 'Dr Leila Haddad started this thread with you, Tom Reid and Kofi Mensah.'],
    [[created, me], 'Dr Leila Haddad started this thread with you.'],
    [[{ ...created, byMe: true }, tom, kofi, fiona], 'You started this thread with 3 people.'],
  ])('%#', (events, words) => expect(arrivalsLine(events)).toBe(words));
});

describe('the preview of a system line', () => {
  test('says what happened', () => {
    expect(briefly({ what: 'linked', by: 'Dr Leila Haddad', byMe: true, patient: 'SMITH, John' })).toBe(
      'You linked the patient',
    );
    const gone = { what: 'removed', who: 'Tom Reid', me: false, byMe: false, reason: 'other' } as const;
    expect(briefly({ ...gone, by: 'Tom Reid' })).toBe('Tom Reid left');
    expect(briefly({ ...gone, by: 'Dr Leila Haddad' })).toBe('Dr Leila Haddad removed Tom Reid');
    expect(briefly({ ...gone, by: 'Dr Leila Haddad', me: true })).toBe('Dr Leila Haddad removed you');
  });
  test('of a newer worker is not guessed', () =>
    expect(briefly({ what: 'something-new' } as unknown as SystemEvent)).toBeUndefined());
});

/** R18, R19, R49 on the screens: the worklist, taking back, countersigning, correcting, closing. */
import { expect, test } from 'vitest';
import type { DecisionItem } from '../../core/contract.ts';
import { Details } from '../../features/members/Details.tsx';
import { CloseSheet } from '../../features/record/CloseSheet.tsx';
import { CountersignSheet } from '../../features/record/CountersignSheet.tsx';
import { DecideSheet } from '../../features/record/DecideSheet.tsx';
import { DecisionCard } from '../../features/record/DecisionCard.tsx';
import { FileSheet } from '../../features/record/FileSheet.tsx';
import { TakeBackSheet } from '../../features/record/TakeBackSheet.tsx';
import { Worklist } from '../../features/worklist/Worklist.tsx';
import { decision, johnHead, people } from '../fakeData.ts';
import { notPermitted } from '../fakeWorklist.ts';
import { Refusal } from '../worker.ts';
import { button, field, find, mount, press, settled, shown, type } from './mount.tsx';

const now = Date.now();
const asked = (fake: { calls: { verb: string; arg: unknown }[] }, verb: string) =>
  fake.calls.filter((each) => each.verb === verb).map(({ arg }) => arg);

test('R19 the worklist shows what waits for me, how old it is, and files from there', async () => {
  await mount({}, () => <Worklist />);
  expect(shown()).toContain('4 decisions, 2 overdue');
  expect(shown()).toContain('6 hours old, overdue for 5 hours');
  expect(shown()).toContain('The record has no open episode for this patient.');
  expect(shown()).toContain('Dr Anita Patel is preparing it');
  expect(button(/^File it ?: SMITH, John, Change to IV/).getAttribute('href')).toBe('#/t/john/file/w1');
  expect(button(/^Countersign ?: SMITH, John$/).getAttribute('href')).toBe('#/t/john/countersign/w4');
});

test('R19 two decisions about one patient are told apart by their words, where this device can read them', async () => {
  await mount({}, () => <Worklist />);
  const lines = [...document.querySelectorAll('.wl__i')].map((line) => line.querySelector('.wl__t')?.textContent ?? '');
  expect(lines[0]).toContain('SMITH, JohnChange to IV flucloxacillin');
  expect(lines[2]).toContain('SMITH, JohnSurgical review if the margin spreads.');
  expect(lines[1]).toContain('Its words are not on this device');
});

test('R19 the ward’s names nobody’s patient to whoever is not in the thread, and has a second page', async () => {
  const { fake } = await mount({}, () => <Worklist />);
  await press(button('My ward'));
  expect(shown()).toContain('2 decisions so far');
  await press(button('Show more'));
  expect(asked(fake, 'worklist')).toContainEqual({ scope: 'ward', after: 'page-2' });
  expect(shown()).toContain('A decision of Sr Grace Owusu');
  expect(shown()).toContain('You are not in this conversation');
  expect(shown()).toContain('Ask Sr Grace Owusu');
  expect(find('button', 'My ward').getAttribute('aria-pressed')).toBe('true');
});

test('the organisation’s and what was refused are offered to those who answer for the record, and to nobody else', async () => {
  const { fake } = await mount({}, () => <Worklist />);
  for (const name of ['Organisation', 'Refused']) expect(() => button(name)).toThrow();
  expect(asked(fake, 'letters')).toEqual([]);
  const records = await mount({ records: true }, () => <Worklist />);
  await press(button('Organisation'));
  expect(asked(records.fake, 'worklist')).toContainEqual({ scope: 'organisation' });
  expect(button('Refused').getAttribute('aria-pressed')).toBe('false');
});

test('a list that the server refuses after all says so', async () => {
  const { fake, draw } = await mount({ records: true });
  fake.worklist = () => Promise.reject(new Refusal(notPermitted));
  await draw(<Worklist />);
  expect(shown()).toContain(notPermitted.hint);
  expect(() => button('Try again')).toThrow();
});

test('an empty worklist says that everything is in the record', async () => {
  await mount({ empty: true }, () => <Worklist />);
  expect(shown()).toContain('Nothing waits for you');
});

test('R18 taking back wants a reason, and says what happens', async () => {
  const { fake } = await mount({}, () => <TakeBackSheet head={johnHead} decision="d1" />);
  expect(shown()).toContain('It has not been filed, and will not be.');
  await press(button('Take it back'));
  expect(shown()).toContain('Say why');
  expect(asked(fake, 'takeBackDecision')).toEqual([]);
  await press(field('It was entered in error'));
  await type(/^What happened/, 'Two grams, not one.');
  await press(button('Take it back'));
  expect(asked(fake, 'takeBackDecision')).toEqual([
    { thread: 'john', decision: 'd1', reason: 'error', note: 'Two grams, not one.' },
  ]);
});

test('H12 of what is in the record it says that the record is told', async () => {
  const head = { ...johnHead, record: johnHead.record.map((line) => ({ ...line, state: 'in' as const })) };
  await mount({}, () => <TakeBackSheet head={head} decision="d1" />);
  expect(shown()).toContain('The health record is told that the document was entered in error');
  expect(shown()).not.toContain('It no longer stands');
  expect(() => button(/^Things have changed/)).toThrow();
});

test('R18 of what is in the record a change is a correction, which is offered first', async () => {
  const record = johnHead.record.map((line) => ({ ...line, state: 'in' as const, mayCorrect: true }));
  await mount({}, () => <TakeBackSheet head={{ ...johnHead, record }} decision="d1" />);
  expect(button('Things have changed: correct it').getAttribute('href')).toBe('#/t/john/correct/d1');
  expect(shown()).toContain('It was entered in error');
});

test('R18 each of two decisions that want one place in the record says so', async () => {
  const another = { decision: 'd7', by: people.fiona, mine: false, at: now };
  const { draw } = await mount({}, () => card({ life: { ...life, correction: another }, may: [] }));
  expect(shown()).toMatch(/A correction by Dr Fiona Kerr, .* is not in the record yet\./);
  await draw(
    card({ life: { ...life, corrects: 'd1', overtaken: another }, may: ['take-back'], record: { state: 'none' } }),
  );
  expect(shown()).toContain('Another correction came first: take this one back.');
  expect(button('Take this one back').getAttribute('href')).toBe(`#/t/john/take-back/${decision.id}`);
  expect(() => button('File to the record')).toThrow();
});

test('R12 a countersignature names the patient, and wants a tick', async () => {
  const { fake } = await mount({}, () => <CountersignSheet head={johnHead} decision="d1" />);
  await press(button('Countersign'));
  expect(shown()).toContain('Read it and tick first');
  await press(field(/^I have read it, and stand by it for SMITH, John/));
  await press(button('Countersign'));
  expect(asked(fake, 'countersignDecision')).toEqual([{ thread: 'john', decision: 'd1' }]);
});

test('R49 closing asks, and offers to mark what was decided', async () => {
  const { fake } = await mount({}, () => <CloseSheet head={johnHead} seen={7} />);
  expect(shown()).toContain('Was anything decided here that is not marked as a decision?');
  expect(button('Yes, mark it').getAttribute('href')).toBe('#/t/john/decide');
  await press(button(/^No (other )?decision, close$/));
  expect(asked(fake, 'sweep')).toEqual([{ thread: 'john', note: '', upTo: 7 }]);
});

test('R49 the details offer to close, and say who did', async () => {
  const { draw } = await mount({}, () => <Details head={johnHead} keyChanges={[]} />);
  expect(find('a', 'Close this conversation').getAttribute('href')).toBe('#/t/john/close');
  const swept = { by: 'Dr Anita Patel', byMe: false, at: now };
  await draw(<Details head={{ ...johnHead, swept }} keyChanges={[]} />);
  expect(shown()).toContain('Dr Anita Patel closed it');
  expect(shown()).not.toContain('Close this conversation');
});

const card = (item: Partial<DecisionItem>) => (
  <DecisionCard item={{ ...decision, ...item }} thread="john" now={now} mayFile onHurry={() => undefined} />
);
const life = { owner: people.anita, mine: false, dueAt: now + 3_600_000 };

test.each([
  [
    'who prepares it',
    { life: { ...life, draftedBy: people.anita, draftedAt: now } },
    'Dr Anita Patel is preparing the document',
  ],
  ['who has to see to it', { life: { ...life, dueAt: now - 1 } }, 'Dr Anita Patel has to see that it is filed.'],
  ['that it corrects', { life: { ...life, corrects: 'd0' } }, 'This corrects an earlier decision.'],
  [
    'that it was corrected',
    { life: { ...life, correctedBy: 'd2' } },
    'A later decision is in the record in its place.',
  ],
  [
    'whose countersignature is missing',
    { life: { ...life, countersign: { askedMe: false, asked: people.fiona } } },
    'Waits for Dr Fiona Kerr to countersign. The originals stay until then.',
  ],
  [
    'who countersigned',
    { life: { ...life, countersign: { askedMe: false, by: people.fiona, at: now } } },
    'Countersigned by Dr Fiona Kerr',
  ],
])('a card says %s', async (_what, item, words) => {
  await mount({}, () => card(item));
  expect(shown()).toContain(words);
});

test('R18 a card that was taken back says who, why and how far the record knows, and offers nothing', async () => {
  await mount({}, () =>
    card({
      may: [],
      record: {
        state: 'taken-back',
        by: people.leila,
        at: now,
        reason: 'error',
        note: 'Two grams.',
        told: 'retracted',
      },
    }),
  );
  expect(shown()).toContain('Taken back');
  expect(shown()).toContain('it was entered in error. “Two grams”. The record shows it as entered in error.');
  expect(document.querySelector('.d .btn')).toBeNull();
});

test('R18 a card whose retraction the record refused says why, and has it told again', async () => {
  const record = {
    state: 'taken-back' as const,
    by: people.leila,
    at: now,
    reason: 'error' as const,
    told: 'refused' as const,
    why: 'The document is locked by coding.',
    mayTell: 'again' as const,
  };
  const { fake, draw } = await mount({}, () => card({ may: [], record }));
  expect(shown()).toContain('The record said: “The document is locked by coding”.');
  await press(button('Try again'));
  expect(asked(fake, 'retractFiling')).toEqual([{ thread: 'john', decision: 'd1' }]);
  const { mayTell, ...mayNot } = record;
  expect(mayTell).toBe('again');
  await draw(card({ may: [], record: mayNot }));
  expect(shown()).toContain('locked by coding');
  expect(() => button('Try again')).toThrow();
  fake.retractFiling = () =>
    Promise.reject(new Refusal({ code: 'nothing_to_retry', message: 'There is nothing to try again.' }));
  await draw(card({ may: [], record }));
  await press(button('Try again'));
  expect(shown()).toContain('There is nothing to try again.');
});

test('what may be done with it is beside it, and countersigning comes alone', async () => {
  const { draw } = await mount({}, () => card({ may: ['take-back', 'correct'] }));
  expect(button('Take back').getAttribute('href')).toBe('#/t/john/take-back/d1');
  expect(button('Correct').getAttribute('href')).toBe('#/t/john/correct/d1');
  await draw(card({ may: ['take-back', 'countersign'] }));
  expect(button('Countersign').getAttribute('href')).toBe('#/t/john/countersign/d1');
  expect(() => button('Take back')).toThrow();
});

test('a correction begins from the words that it corrects', async () => {
  const { fake } = await mount({}, () => (
    <DecideSheet
      head={johnHead}
      message={undefined}
      messages={[]}
      corrects={{
        decision: 'd1',
        item: { statements: decision.statements.map((each) => ({ ...each, text: 'Give 2 g.' })) },
      }}
    />
  ));
  expect(shown()).toContain('Correct a decision');
  await type('The decision in your own words', 'Give 1 g.');
  await press(field(/I have checked that this is about SMITH, John/));
  await press(button(/^Correct it for SMITH, John/));
  expect(asked(fake, 'markDecision')).toEqual([
    expect.objectContaining({ thread: 'john', text: 'Give 1 g.', corrects: 'd1' }),
  ]);
});

test('R19 the sheet says who else is preparing the document, takes over, and puts back when it closes', async () => {
  const { fake, draw } = await mount({ drafted: true }, () => (
    <FileSheet head={johnHead} decision="d1" background={[]} />
  ));
  await settled();
  expect(shown()).toContain('Dr Anita Patel is preparing this document.');
  await press(button('Take over'));
  expect(shown()).not.toContain('Dr Anita Patel is preparing this document.');
  expect(asked(fake, 'draftDecision').at(-1)).toMatchObject({ takeOver: true });
  await draw(<p>elsewhere</p>);
  expect(asked(fake, 'putBackDecision')).toEqual([{ thread: 'john', decision: 'd1' }]);
});

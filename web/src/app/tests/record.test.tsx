import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import type { DecisionItem, RecordState, ThreadHead } from '../../core/contract.ts';
import { DecideSheet } from '../../features/record/DecideSheet.tsx';
import { DecisionCard } from '../../features/record/DecisionCard.tsx';
import { FileSheet } from '../../features/record/FileSheet.tsx';
import { Tombstone } from '../../features/thread/Message.tsx';
import { Details } from '../../features/members/Details.tsx';
import { OverdueBar } from '../../features/record/OverdueBar.tsx';
import { ThreadRow } from '../../features/inbox/ThreadRow.tsx';
import { inbox } from '../fakeAnswers.ts';
import { decision, johnHead, johnItems, misfiled, people } from '../fakeData.ts';
import { button, choose, field, mount, press, settled, shown, type } from './mount.tsx';

const now = Date.now();
const by = people.leila;
const card = (record: RecordState) => {
  const item: DecisionItem = { ...decision, record };
  return <DecisionCard item={item} thread="john" now={now} mayFile onHurry={() => undefined} />;
};

describe('R18 a decision says where the record stands', () => {
  test.each([
    ['not yet', { state: 'none' }, 'Not in the record yet', 'd--none', 'File to the record'],
    ['filing', { state: 'filing', by, since: now }, 'Filed, waiting for the receipt', 'd--filing', undefined],
    [
      'filing with trouble',
      { state: 'filing', by, since: now, trouble: 'The record does not answer.' },
      'The record does not answer.',
      'd--filing',
      'Try now',
    ],
    ['in', { state: 'in', by, at: now, reference: 'DOC-1' }, 'In the record', 'd--in', undefined],
    [
      'held',
      { state: 'held', by, at: now, reference: 'DOC-1' },
      'In the record · originals held',
      'd--held',
      undefined,
    ],
    [
      'refused',
      { state: 'failed', by, at: now, reason: 'Unknown author.' },
      'Unknown author.',
      'd--failed',
      'File again',
    ],
  ] as const)('%s', async (_name, record, words, look, action) => {
    await mount({}, () => card(record));
    expect(shown()).toContain(words);
    expect(document.querySelector('.d')?.classList.contains(look)).toBe(true);
    if (action) expect(button(action)).toBeTruthy();
    else expect(document.querySelector('.d .btn')).toBeNull();
  });

  test('handing it over is not a receipt: only "in" says so', async () => {
    await mount({}, () => card({ state: 'filing', by, since: now }));
    expect(shown()).not.toContain('In the record');
  });
});

describe('R18 what the record keeps under another patient', () => {
  const failed: RecordState = { state: 'failed', by, at: now, reason: 'It lies elsewhere.', misfiled };
  const head = {
    ...johnHead,
    record: johnHead.record.map((line) => (line.key === 'd1' ? { ...line, state: 'failed' as const, misfiled } : line)),
  };

  test('is called so on the card, in the bar, in the inbox and in the details, and nowhere a refusal', async () => {
    const row = inbox().find(({ id }) => id === 'john');
    if (!row) throw new Error('no row');
    const needs = [{ kind: 'record-misfiled' as const, count: 1, since: now, how: misfiled.how }];
    const views = [
      card(failed),
      <OverdueBar key="bar" head={head} now={now} />,
      <ThreadRow key="row" thread={{ ...row, needs }} now={now} current={false} />,
      <Details key="details" head={head} keyChanges={[]} />,
    ];
    const { draw } = await mount();
    for (const view of views) {
      await draw(view);
      expect(shown()).toContain('Filed under another patient');
      expect(shown()).not.toMatch(/refused/i);
    }
  });

  test('what to do comes first: whom to tell and which reference; filing again only when it is confirmed', async () => {
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const { draw } = await mount({}, () => card(failed));
    expect(document.querySelector('.d .btn')?.textContent).toBe('Copy the reference');
    expect(shown()).toContain('Call health records now.');
    await draw(<FileSheet head={head} decision="d1" background={[]} />);
    expect(document.querySelector('.paper')).toBeNull();
    await press(button('Copy the reference'));
    expect(written).toHaveBeenCalledWith(misfiled.reference);
    expect(shown()).toContain('Copied');
    await press(button('File again'));
    expect(shown()).not.toContain('What goes in');
    await press(field(/Health records have confirmed/));
    await press(button('File again'));
    expect(shown()).toContain('What goes in');
    written.mockRestore();
  });
});

test('R20 a tombstone tells who, how much and where, and nothing of what was said', async () => {
  const item = johnItems.find((each) => each.kind === 'tombstone');
  if (item?.kind !== 'tombstone') throw new Error('no tombstone');
  await mount({}, () => <Tombstone item={item} now={now} />);
  for (const part of [
    'originals deleted',
    'Dr Anita Patel',
    'Dr Leila Haddad',
    '4 messages',
    'DOC-7741-2093',
    '8f3a',
  ]) {
    expect(shown()).toContain(part);
  }
});

describe('R19 R21 filing', () => {
  const sheet = () => <FileSheet head={johnHead} decision="d1" background={decision.background} />;
  const filed = (calls: { verb: string; arg: unknown }[]) =>
    calls.filter((call) => call.verb === 'file').map((call) => call.arg);
  async function open() {
    const mounted = await mount({}, sheet);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settled();
    return mounted;
  }

  test('H16 shows the document that will be sent, with the decision word for word', async () => {
    await open();
    const paper = document.querySelector('.paper')?.textContent ?? '';
    expect(paper).toContain(decision.statements[0]?.text);
    expect(paper).toContain('Left shin, margin re-drawn at 13:00.');
    expect(paper).not.toContain('Second bag is up');
  });

  test('the decision cannot be left out', async () => {
    await open();
    const box = field(/the decision/);
    await press(box);
    expect(box.checked).toBe(true);
  });

  test('R11 R12 is refused until the patient has been confirmed', async () => {
    const { fake } = await open();
    await press(button('File for SMITH, John, 12-Mar-1954'));
    expect(filed(fake.calls)).toEqual([]);
    expect(shown()).toContain('Confirm the patient first');
    await press(field(/I have checked that this is about SMITH, John/));
    await press(button('File for SMITH, John, 12-Mar-1954'));
    expect(filed(fake.calls)).toMatchObject([
      { thread: 'john', decision: 'd1', patientConfirmed: true, sha256: expect.stringMatching(/^8f3a/) as string },
    ]);
  });

  test('R12 whoever confirmed the patient in this duty is not asked again: the preview is there and the button says who', async () => {
    const { fake, draw } = await mount();
    await draw(<FileSheet head={{ ...johnHead, confirmed: true }} decision="d1" background={decision.background} />);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settled();
    expect(document.querySelector('.paper')?.textContent).toContain(decision.statements[0]?.text);
    expect(() => field(/I have checked/)).toThrow();
    await press(button('File for SMITH, John, 12-Mar-1954'));
    expect(filed(fake.calls)).toMatchObject([{ decision: 'd1', patientConfirmed: true }]);
  });

  test('files the sources that are ticked and no others', async () => {
    const { fake } = await open();
    vi.useFakeTimers();
    await press(field(/^Sr Grace Owusu, 13:04/));
    await press(field(/I have checked/));
    await press(button('File for SMITH, John, 12-Mar-1954'));
    expect(filed(fake.calls), 'what is not in the preview yet is not filed').toEqual([]);
    await act(async () => {
      await vi.runOnlyPendingTimersAsync();
    });
    vi.useRealTimers();
    await settled();
    await press(button('File for SMITH, John, 12-Mar-1954'));
    const question = johnItems.find((item) => item.kind === 'message' && item.text.startsWith('Repeat lactate'));
    expect(filed(fake.calls)).toMatchObject([{ sources: [question?.key] }]);
  });

  test('R20 says when the originals go, and what keeps them', async () => {
    await open();
    expect(shown()).toContain(
      'the originals here are deleted 24 hours later, unless a hold or an open case covers them',
    );
  });
});

describe('R18 marking', () => {
  const messages = johnItems.flatMap((item) => (item.kind === 'message' ? [item] : []));
  const marked = (calls: { verb: string; arg: unknown }[]) =>
    calls.filter((call) => call.verb === 'markDecision').map((call) => call.arg);

  const decide = 'Decide for SMITH, John, 12-Mar-1954';
  // Nobody with much the same name in another thread of mine.
  const { link } = johnHead;
  const head: ThreadHead = { ...johnHead, ...(link ? { link: { ...link, namesakes: [] } } : {}) };

  test('R12 takes the message that was pointed at, and the button confirms the patient', async () => {
    const id = messages[0]?.id ?? '';
    const { fake } = await mount({}, () => <DecideSheet head={head} message={id} messages={messages} />);
    await press(button(decide));
    expect(marked(fake.calls)).toEqual([{ thread: 'john', messages: [id], text: '', patientConfirmed: true }]);
  });

  test('R12 H10 with a namesake in my own threads the button waits for a look, once for each duty', async () => {
    const id = messages[0]?.id ?? '';
    const { fake, draw } = await mount({}, () => <DecideSheet head={johnHead} message={id} messages={messages} />);
    await press(button(decide));
    expect(marked(fake.calls)).toEqual([]);
    expect(shown()).toContain('You are also in a conversation about SMITH, Joan (Mrs)');
    expect(shown()).toContain('Confirm the patient first');
    await press(field(/I have checked that this is about SMITH, John/));
    await press(button(decide));
    expect(marked(fake.calls)).toHaveLength(1);
    await draw(<DecideSheet head={{ ...johnHead, confirmed: true }} message={id} messages={messages} />);
    expect(shown()).not.toContain('You are also in a conversation about');
  });

  test('R21 offers the newest, then all that is loaded, then what was said before', async () => {
    const [one] = messages;
    if (!one) throw new Error('the fake has no messages');
    const many = Array.from({ length: 40 }, (_, at) => ({ ...one, id: `m${at}`, text: `Said as number ${at}.` }));
    const load = vi.fn();
    const sheet = (has: boolean) => (
      <DecideSheet head={head} message={undefined} messages={many} older={{ has, loading: false, load }} />
    );
    const { fake, draw } = await mount({}, () => sheet(true));
    expect(shown()).not.toContain('Said as number 27.');
    await press(button('Show 28 more messages'));
    expect(shown()).toContain('Said as number 0.');
    expect(load).not.toHaveBeenCalled();
    await press(button('Show what was said before'));
    expect(load).toHaveBeenCalledTimes(1);
    await press(field(/Said as number 0\./));
    await draw(sheet(false));
    expect(() => button(/^Show/)).toThrow();
    await press(button(decide));
    expect(marked(fake.calls)).toMatchObject([{ messages: ['m0'] }]);
    await draw(sheet(true));
    await choose('Form (optional)', 'SBAR');
    expect(button('Show what was said before')).toBeTruthy();
  });

  test('takes own words', async () => {
    const { fake } = await mount({}, () => <DecideSheet head={head} message={undefined} messages={messages} />);
    await press(button(decide));
    expect(marked(fake.calls)).toEqual([]);
    await type('The decision in your own words', 'Stop heparin');
    await press(button(decide));
    expect(marked(fake.calls)).toMatchObject([{ thread: 'john', messages: [], text: 'Stop heparin' }]);
  });
});

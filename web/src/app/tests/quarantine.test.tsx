import type { ComponentChildren } from 'preact';
import { describe, expect, test, vi } from 'vitest';
import type { ThreadHead } from '../../core/contract.ts';
import { ThreadRow } from '../../features/inbox/ThreadRow.tsx';
import { rank } from '../../features/inbox/sections.ts';
import { Identify } from '../../features/patient/Identify.tsx';
import { LinkSection } from '../../features/patient/LinkSection.tsx';
import { Quarantined } from '../../features/patient/Quarantined.tsx';
import { WrongPatient } from '../../features/patient/WrongPatient.tsx';
import { DecisionCard } from '../../features/record/DecisionCard.tsx';
import { CloseSheet } from '../../features/record/CloseSheet.tsx';
import { CountersignSheet } from '../../features/record/CountersignSheet.tsx';
import { DecideSheet } from '../../features/record/DecideSheet.tsx';
import { FileSheet } from '../../features/record/FileSheet.tsx';
import { TakeBackSheet } from '../../features/record/TakeBackSheet.tsx';
import { WrongPatientBar } from '../../features/shell/WrongPatientBar.tsx';
import { ThreadPane } from '../../features/thread/ThreadPane.tsx';
import { ThreadStore } from '../../features/thread/store.ts';
import { inbox, withQuarantines } from '../fakeAnswers.ts';
import { decision, johnHead, people, quarantined } from '../fakeData.ts';
import { button, find, mount, press, settled, shown, type } from './mount.tsx';

const now = Date.now();
const words = 'This conversation is linked to the wrong patient. Do not act on it.';

describe('R51 a thread that is linked to the wrong patient', () => {
  test('says so first, before whose banner it has, and nothing can be written', async () => {
    const { fake, client, draw } = await mount({ wrongPatient: true });
    const store = new ThreadStore(fake, 'john', client.now);
    await store.open();
    await settled();
    await draw(<ThreadPane store={store} summary={undefined} />);
    expect(shown()).toContain(words);
    expect(shown()).toContain('“This is the other Mr Smith, in bed 12.”');
    const [panel, banner] = ['.wrong', '.pt'].map((each) => document.querySelector(each));
    expect(panel && banner && panel.compareDocumentPosition(banner)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    expect(document.querySelector('#composer')).toBeNull();
    store.close();
  });

  test('is told until the person has taken note, and says who has not', async () => {
    const head = quarantined(johnHead, '', false);
    const view = (shownHead = head) =>
      shownHead.quarantine && <Quarantined head={shownHead} quarantine={shownHead.quarantine} now={now} />;
    const { fake, draw } = await mount({}, () => view());
    expect(shown()).toMatch(/1 of \d readers has taken note/);
    expect(shown()).toContain('Dr Tom Reid, who left before: not yet. Tell them.');
    await press(button('I have seen this'));
    expect(fake.calls.filter(({ verb }) => verb === 'takeNote')).toEqual([
      { verb: 'takeNote', arg: { thread: 'john' } },
    ]);
    await draw(
      view({ ...head, ...(head.quarantine ? { quarantine: { ...head.quarantine, acknowledged: true } } : {}) }),
    );
    expect(() => button('I have seen this')).toThrow();
  });

  test('stands at the top of the inbox, and in a bar on every screen', async () => {
    const [row] = withQuarantines(
      inbox().filter(({ id }) => id === 'john'),
      [quarantined(johnHead, '', false)],
    );
    if (!row) throw new Error('no row');
    const { draw } = await mount({ wrongPatient: true }, () => <ThreadRow thread={row} now={now} current={false} />);
    expect(shown()).toContain('Wrong patient: do not act on it');
    expect(rank(row)).toBeGreaterThan(rank({ ...row, urgency: 'emergency', needs: [] }));
    const settledRow = {
      ...row,
      needs: [{ kind: 'wrong-patient' as const, acknowledged: true, waiting: 0, inError: 0 }],
    };
    expect(rank(settledRow)).toBe(0);
    await draw(<WrongPatientBar />);
    expect(shown()).toContain(
      'A conversation is linked to the wrong patient: SMITH, John (Mr), 943 476 5919. Do not act on it.',
    );
    await draw(<ThreadRow thread={settledRow} now={now} current={false} />);
    expect(shown()).toContain('Wrong patient');
  });

  test('is named on the screen of another thread, which is said not to be meant', async () => {
    const { client, draw } = await mount({ wrongPatient: true });
    client.router.go({ at: 'thread', thread: 'joan' });
    await draw(<WrongPatientBar />);
    const words = 'Another conversation, not this one, is linked to the wrong patient: SMITH, John (Mr)';
    await vi.waitFor(() => expect(shown()).toContain(words));
    expect(find('a', /SMITH, John/).getAttribute('href')).toBe('#/t/john');
    client.router.go({ at: 'thread', thread: 'john' });
    await vi.waitFor(() => expect(shown()).toBe(''));
  });

  test('has no tick in its details: what matched was another patient’s record', async () => {
    const at = { at: now - 60_000, by: people.anita, identifiedBy: 'nhs-number' as const, namesakes: [] };
    const { draw } = await mount({}, () => <LinkSection head={johnHead} link={at} now={now} />);
    expect(document.querySelector('.st--ok')).not.toBeNull();
    await draw(<LinkSection head={quarantined(johnHead, '', false)} link={at} now={now} />);
    expect(document.querySelector('.st--ok')).toBeNull();
    expect(document.querySelector('.st--bad')?.textContent).toContain('Linked to the wrong patient');
    expect(shown()).not.toContain('matched the record');
  });

  test('is stopped by one button that names who it is not', async () => {
    const { fake } = await mount({}, () => <WrongPatient head={johnHead} />);
    await type('What is wrong? (optional)', ' The other Mr Smith. ');
    await press(button('Stop it: not SMITH, John'));
    expect(fake.calls.filter(({ verb }) => verb === 'quarantine').map(({ arg }) => arg)).toEqual([
      { thread: 'john', note: 'The other Mr Smith.' },
    ]);
  });

  test.each<[string, (head: ThreadHead) => ComponentChildren, RegExp, string]>([
    ['decides', (head) => <DecideSheet head={head} message={undefined} messages={[]} />, /^Decide for/, 'markDecision'],
    ['files', (head) => <FileSheet head={head} decision="d1" background={[]} />, /^File for/, 'file'],
    ['takes back', (head) => <TakeBackSheet head={head} decision="d1" />, /^Take it back/, 'takeBackDecision'],
    ['countersigns', (head) => <CountersignSheet head={head} decision="d1" />, /^Countersign$/, 'countersignDecision'],
    ['closes', (head) => <CloseSheet head={head} seen={1} />, /close$/, 'sweep'],
    ['identifies', (head) => <Identify head={head} />, /^Compare with the record/, 'reidentify'],
  ])('whoever %s while it is stopped is told in the sheet at once, and cannot', async (_what, sheet, name, verb) => {
    const { fake, draw } = await mount({}, () => sheet(johnHead));
    expect(document.querySelector('.pt')).toBeTruthy();
    expect(shown()).not.toContain(words);
    const [typed] = [...document.querySelectorAll('textarea')];
    if (typed) {
      typed.value = 'Stop heparin.';
      typed.dispatchEvent(new Event('input', { bubbles: true }));
      await settled();
    }
    await draw(sheet(quarantined(johnHead, '', false)));
    const alert = document.querySelector('.wrong[role="alert"]');
    expect(alert?.textContent).toBe(words);
    expect(document.querySelector('.pt')).toBeNull();
    const main = button(name);
    expect(main.getAttribute('aria-disabled')).toBe('true');
    expect(alert?.querySelector(`#${String(main.getAttribute('aria-describedby'))}`)).toBeTruthy();
    await press(main);
    expect(fake.calls.filter((call) => call.verb === verb)).toEqual([]);
    // It is not said again, and what was typed is there.
    await draw(sheet({ ...quarantined(johnHead, '', false), name: 'Chest pain, again' }));
    expect(document.querySelector('.wrong[role="alert"]')).toBe(alert);
    if (typed) expect(document.querySelector('textarea')?.value).toBe('Stop heparin.');
  });

  test('H12 a decision in the wrong record says what has to be done there', async () => {
    const card = (done: boolean, byHand: boolean, owed: { why?: string; mayTell?: 'again' } = {}) => {
      const record = {
        state: 'in-error' as const,
        by: people.leila,
        at: now,
        reference: 'DOC-7',
        done,
        byHand,
        ...owed,
      };
      return (
        <DecisionCard
          item={{ ...decision, record }}
          thread="john"
          now={now}
          mayFile={false}
          onHurry={() => undefined}
        />
      );
    };
    const { draw, fake } = await mount({}, () => card(false, true));
    expect(shown()).toContain('Entered in error');
    expect(shown()).toContain('DOC-7');
    expect(shown()).toContain('tell health records now');
    expect(() => button('Try again')).toThrow();
    await draw(card(false, true, { why: 'It is locked.', mayTell: 'again' }));
    expect(shown()).toContain('The record said: “It is locked”.');
    await press(button('Try again'));
    expect(fake.calls.filter(({ verb }) => verb === 'retractFiling')).toHaveLength(1);
    await draw(card(true, true));
    expect(shown()).toContain('The record holds it as entered in error');
  });
});

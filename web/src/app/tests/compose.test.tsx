import { signal } from '@preact/signals';
import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { Composer } from '../../features/compose/Composer.tsx';
import { disclosureSentence } from '../../features/compose/Notice.tsx';
import { ThreadStore } from '../../features/thread/store.ts';
import { ThreadPane } from '../../features/thread/ThreadPane.tsx';
import type { FakeOptions } from '../fake.ts';
import { button, field, mount, press, settled, shown, type } from './mount.tsx';

// A ward PC: Enter sends.
vi.mock('../../platform/viewport.ts', () => ({
  isWide: signal(true),
  isVeryWide: signal(true),
  hasFinePointer: signal(true),
}));

async function composerIn(thread: string, options: FakeOptions = {}) {
  const mounted = await mount(options);
  const store = new ThreadStore(mounted.fake, thread, mounted.client.now);
  await store.open();
  const view = () => <Composer store={store} replyTo={undefined} onReplyDone={() => undefined} given={undefined} />;
  await mounted.draw(view());
  return { ...mounted, store, view, sent: () => mounted.fake.calls.filter((call) => call.verb === 'send') };
}

const recipient = /^To /;

describe('the recipient', () => {
  test('R29 stands above the box: one person with the role', async () => {
    await composerIn('direct');
    expect(shown()).toContain('To Dr Anita Patel, Med Reg');
  });

  test('R11 R29 in a patient thread it names the patient', async () => {
    await composerIn('john');
    expect(shown()).toContain('To 5 people about SMITH, John');
  });

  test('H20 on a shared machine it names who is writing', async () => {
    await composerIn('direct', { shared: true });
    expect(shown()).toContain('from Dr Leila Haddad');
  });
});

describe('sending', () => {
  test('hands over the text, and the box is empty', async () => {
    const { sent } = await composerIn('john');
    await type(recipient, '  On my way.  ');
    await press(button('Send'));
    expect(sent()[0]?.arg).toEqual({ thread: 'john', text: 'On my way.' });
    expect(field(recipient).value).toBe('');
  });

  test('nothing is sent when there is nothing but spaces', async () => {
    const { sent } = await composerIn('john');
    await type(recipient, '   ');
    await press(button('Send'));
    expect(sent()).toEqual([]);
  });

  test('a failure is said and the text stays', async () => {
    const { fake } = await composerIn('john');
    fake.send = () =>
      Promise.reject(Object.assign(new Error('The thread has stopped.'), { code: 'frozen', hint: 'Start a new one.' }));
    await type(recipient, 'Hello');
    await press(button('Send'));
    expect(shown()).toContain('The thread has stopped.');
    expect(shown()).toContain('Start a new one.');
    expect(field(recipient).value).toBe('Hello');
  });

  test('on a ward PC Enter sends, Shift Enter does not, nor Enter in the middle of a composed character', async () => {
    const { sent } = await composerIn('john');
    await type(recipient, 'One');
    const enter = async (how: KeyboardEventInit) => {
      await act(() => {
        field(recipient).dispatchEvent(
          new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...how }),
        );
      });
      await settled();
    };
    await enter({ shiftKey: true });
    await enter({ isComposing: true });
    expect(sent()).toEqual([]);
    await enter({});
    expect(sent().length).toBe(1);
  });

  test('R34 helpers of the browser are kept out of the box', async () => {
    await composerIn('john');
    const box = field(recipient);
    expect(box.getAttribute('spellcheck')).toBe('false');
    expect(box.getAttribute('translate')).toBe('no');
    expect(box.getAttribute('autocomplete')).toBe('off');
  });
});

describe('what is stopped', () => {
  test('R11 H11 another patient’s number stops the send, stays in the box, and can be taken out', async () => {
    const { sent } = await composerIn('john');
    await type(recipient, 'Also for 900 000 0025 please');
    await press(button('Send'));
    expect(sent()).toEqual([]);
    expect(shown()).toContain('Not sent: another patient’s NHS number');
    expect(shown()).toContain('Nothing has left this device');
    expect(field(recipient).value).toBe('Also for 900 000 0025 please');
    await press(button('Take it out'));
    expect(field(recipient).value).toBe('Also for please');
  });

  test('R11 the patient’s own number passes', async () => {
    const { sent } = await composerIn('john');
    await type(recipient, 'Label says 943 476 5919');
    await press(button('Send'));
    expect(sent().length).toBe(1);
  });

  test('R37 a number outside a patient thread is stopped and can move to one with the text', async () => {
    const { sent, client } = await composerIn('team');
    await type(recipient, 'anyone with 900 000 0033?');
    await press(button('Send'));
    expect(sent()).toEqual([]);
    await press(button('Move to a patient thread'));
    expect(client.carried.value).toBe('anyone with 900 000 0033?');
    expect(location.hash).toBe('#/new/patient');
  });

  test('R10 talk about an unidentified patient is asked about and can go with a reason', async () => {
    const { sent } = await composerIn('team');
    await type(recipient, 'bed 4 needs a look');
    await press(button('Send'));
    expect(shown()).toContain('Is this about a patient?');
    await press(button('Send as it is'));
    expect(sent()).toEqual([]);
    await type('If it cannot wait, say why', 'deteriorating now');
    await press(button('Send as it is'));
    expect(sent()[0]?.arg).toMatchObject({ text: 'bed 4 needs a look', emergencyReason: 'deteriorating now' });
  });

  test('H25 words of an arrest bring up 2222', async () => {
    await composerIn('john');
    expect(shown()).not.toContain('2222');
    await type(recipient, 'he is not breathing');
    expect(shown()).toContain('Not for cardiac arrest: call 2222.');
  });
});

describe('H17 the draft', () => {
  const drafts = (calls: { verb: string; arg: unknown }[]) =>
    calls.filter((call) => call.verb === 'saveDraft').map((call) => call.arg);

  test('is saved before the keys go', async () => {
    const { client, fake, startAnew } = await composerIn('john');
    await type(recipient, 'Situation: BP falling. Background:');
    await client.lock();
    const order = fake.calls.map((call) => call.verb);
    expect(drafts(fake.calls)).toEqual([{ thread: 'john', text: 'Situation: BP falling. Background:' }]);
    expect(order.indexOf('saveDraft')).toBeLessThan(order.indexOf('lock'));
    expect(startAnew).toHaveBeenCalledTimes(1);
  });

  test('is saved when the thread is left', async () => {
    const { fake, draw } = await composerIn('john');
    await type(recipient, 'half a thought');
    await draw(null);
    expect(drafts(fake.calls)).toEqual([{ thread: 'john', text: 'half a thought' }]);
  });

  test('is there again when the thread is opened', async () => {
    const { fake, draw, client } = await composerIn('john');
    await type(recipient, 'half a thought');
    await draw(null);
    const again = new ThreadStore(fake, 'john', client.now);
    await again.open();
    await draw(<Composer store={again} replyTo={undefined} onReplyDone={() => undefined} given={undefined} />);
    expect(field(recipient).value).toBe('half a thought');
  });
});

describe('R47 the notice', () => {
  test('stands where the composer would be until it is accepted', async () => {
    const { client, fake, draw } = await mount({ noticeAccepted: false });
    const store = new ThreadStore(fake, 'john', client.now);
    await store.open();
    await draw(<ThreadPane store={store} summary={undefined} />);
    expect(shown()).toContain('Before your first message');
    expect(shown()).toContain(disclosureSentence);
    expect(document.getElementById('composer')).toBeNull();
    await press(button('I have read this'));
    expect(fake.calls.some((call) => call.verb === 'acceptNotice')).toBe(true);
    expect(document.getElementById('composer')).not.toBeNull();
  });
});

import { signal } from '@preact/signals';
import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { Composer } from '../../features/compose/Composer.tsx';
import { disclosureSentence } from '../../features/compose/Notice.tsx';
import { Recipient } from '../../features/compose/Recipient.tsx';
import { ThreadStore } from '../../features/thread/store.ts';
import { ThreadPane } from '../../features/thread/ThreadPane.tsx';
import type { Fake, FakeOptions } from '../fake.ts';
import { directHead, directory, johnHead } from '../fakeData.ts';
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

  test('R29 who works elsewhere is said above the box', async () => {
    const alun = directory.find(({ id }) => id === 'alun');
    const [first] = johnHead.members;
    if (!alun || !first) throw new Error('nobody');
    const elsewhere = { ...first, person: alun };
    const { draw } = await mount();
    await draw(<Recipient head={{ ...johnHead, members: [...johnHead.members, elsewhere] }} />);
    expect(shown()).toContain('To 6 people, 1 outside this organisation about SMITH, John');
    await draw(
      <Recipient head={{ ...directHead, members: [elsewhere, ...directHead.members.filter(({ me }) => me)] }} />,
    );
    expect(shown()).toContain('To Dr Alun Pattle, GP, outside: Riverside Practice');
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

  test('nothing is sent when there is nothing that anybody could see', async () => {
    const { sent } = await composerIn('john');
    for (const nothing of ['   ', '  \u200b\u200b  ', '\u2060\ufeff', '\u3164']) {
      await type(recipient, nothing);
      expect(button('Send').getAttribute('aria-disabled')).toBe('true');
      await press(button('Send'));
    }
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

describe('H17 what is typed straight after Enter', () => {
  /** The worker takes its time with each verb, and a different time with each line. */
  async function slow(refuse: (text: string) => boolean = () => false) {
    const mounted = await composerIn('john');
    const { fake } = mounted;
    const checkText = fake.checkText.bind(fake);
    const arrived: string[] = [];
    const answers: (() => void)[] = [];
    const wait = () => new Promise<void>((done) => answers.push(done));
    let atOnce = 0;
    fake.checkText = async (arg) => {
      await wait();
      return checkText(arg);
    };
    fake.send = async ({ text }) => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      await wait();
      atOnce -= 1;
      if (refuse(text)) throw Object.assign(new Error('The thread has stopped.'), { code: 'frozen', hint: '' });
      arrived.push(text);
      return { key: text };
    };
    /** Lets the worker answer once, the newest question first. */
    const answer = async () => {
      answers.pop()?.();
      await settled();
    };
    const answerAll = async () => {
      while (answers.length > 0) await answer();
    };
    return { ...mounted, arrived, answer, answerAll };
  }

  /** One letter as a keyboard gives it; nothing is drawn in between unless somebody waits. */
  function stroke(letter: string) {
    const box = field(recipient);
    const at = box.selectionEnd ?? box.value.length;
    box.value = box.value.slice(0, at) + letter + box.value.slice(at);
    box.setSelectionRange(at + 1, at + 1);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }
  const enter = () =>
    field(recipient).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  const keys = (text: string) => {
    for (const letter of text) stroke(letter);
  };
  const line = (at: number) => `${at % 3 === 0 ? 'Not for' : 'typed'} line ${at}`;

  test('stays in the box while the message before is looked at and sent', async () => {
    const { arrived, answer, answerAll } = await slow();
    await act(() => {
      keys('Not for resus');
      enter();
      keys('Not');
    });
    expect(field(recipient).value).toBe('Not');
    await answer();
    await act(() => keys(' for'));
    await answer();
    await act(() => keys(' ITU'));
    expect(arrived).toEqual(['Not for resus']);
    expect(field(recipient).value).toBe('Not for ITU');
    await act(() => {
      enter();
    });
    await answerAll();
    expect(arrived).toEqual(['Not for resus', 'Not for ITU']);
    expect(field(recipient).value).toBe('');
  });

  test('forty quick lines all go, once each and in order', async () => {
    const { arrived, answer, answerAll } = await slow();
    const lines = Array.from({ length: 40 }, (_, at) => line(at));
    for (const [at, words] of lines.entries()) {
      // Now and then everything happens before anything is drawn.
      if (at % 4 === 0) {
        keys(words);
        enter();
      } else {
        await act(() => keys(words));
        await act(() => {
          enter();
        });
      }
      if (at % 3 === 1) await answer();
    }
    await settled();
    await answerAll();
    expect(arrived).toEqual(lines);
    expect(field(recipient).value).toBe('');
  });

  test('a refusal in the middle gives back that line and all behind it, in order, before what is being typed', async () => {
    const { arrived, answerAll } = await slow((text) => text === line(2));
    await act(() => {
      for (let at = 0; at < 5; at += 1) {
        keys(line(at));
        enter();
      }
      keys('and half a th');
      field(recipient).setSelectionRange(3, 3);
    });
    await answerAll();
    expect(arrived).toEqual([line(0), line(1)]);
    const back = [line(2), line(3), line(4)].join('\n');
    expect(field(recipient).value).toBe(`${back}\nand half a th`);
    expect(field(recipient).selectionEnd).toBe(back.length + 1 + 3);
    expect(shown()).toContain('The thread has stopped.');
    await act(() => keys('!'));
    expect(field(recipient).value).toBe(`${back}\nand! half a th`);
    expect(shown()).toContain('The thread has stopped.');
  });

  test('R11 a stop gives the words back; the finding stays while they stand there, and the typing goes on', async () => {
    const { arrived, answerAll } = await slow();
    await act(() => {
      field(recipient).focus();
      keys('for 900 000 0025');
      enter();
      keys('and bl');
    });
    await answerAll();
    expect(arrived).toEqual([]);
    expect(document.activeElement).toBe(field(recipient));
    await act(() => keys('oods'));
    expect(field(recipient).value).toBe('for 900 000 0025\nand bloods');
    expect(shown()).toContain('Not sent: another patient’s NHS number');
    await press(button('Take it out'));
    expect(field(recipient).value).toBe('for\nand bloods');
    await act(() => {
      enter();
    });
    await answerAll();
    expect(arrived).toEqual(['for\nand bloods']);
  });

  test('H17 the draft kept is what is in the box, also when the thread is left before it is known what became of the rest', async () => {
    const { fake, arrived, answerAll, draw } = await slow((text) => text === 'two');
    await act(() => {
      for (const words of ['one', 'two', 'three']) {
        keys(words);
        enter();
      }
      keys('half');
    });
    await draw(null);
    await answerAll();
    expect(arrived).toEqual(['one']);
    const drafts = fake.calls.filter((call) => call.verb === 'saveDraft').map((call) => call.arg);
    expect(drafts.at(-1)).toEqual({ thread: 'john', text: 'two\nthree\nhalf' });
  });

  test('H17 a lock waits for what is on its way and keeps the rest', async () => {
    const { client, fake, arrived, answerAll } = await slow();
    await act(() => {
      keys('one');
      enter();
      keys('half');
    });
    const locked = client.lock();
    await answerAll();
    await locked;
    expect(arrived).toEqual(['one']);
    const drafts = fake.calls.filter((call) => call.verb === 'saveDraft').map((call) => call.arg);
    expect(drafts.at(-1)).toEqual({ thread: 'john', text: 'half' });
  });

  test('what comes back waits for the end of a composed character', async () => {
    const { answerAll } = await slow(() => true);
    await act(() => {
      keys('one');
      enter();
      field(recipient).dispatchEvent(new Event('compositionstart', { bubbles: true }));
      keys('に');
    });
    await answerAll();
    expect(field(recipient).value).toBe('に');
    await act(() => {
      field(recipient).dispatchEvent(new Event('compositionend', { bubbles: true }));
    });
    expect(field(recipient).value).toBe('one\nに');
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

  test('H16 hidden characters that turn the direction are named and taken out at one tap', async () => {
    const { sent, fake } = await composerIn('john');
    fake.checkText = ({ text }) =>
      Promise.resolve(
        text.includes('\u202e') ? [{ kind: 'hidden-mark', found: '\u202e', start: 5, end: 6, stops: true }] : [],
      );
    await type(recipient, 'give \u202e04\u202c mg');
    await press(button('Send'));
    expect(shown()).toContain('Not sent: hidden characters');
    await press(button('Take them out'));
    await press(button('Send'));
    expect(sent().map((call) => call.arg)).toEqual([{ thread: 'john', text: 'give 04 mg' }]);
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

  test('R10 talk about an unidentified patient is kept back and can go with a reason', async () => {
    const { sent } = await composerIn('team');
    await type(recipient, 'bed 4 needs a look');
    await press(button('Send'));
    expect(shown()).toContain('Is this about a patient?');
    expect(shown()).toContain('Not sent yet');
    await press(button('Send as it is'));
    expect(sent()).toEqual([]);
    await type('Another reason', 'deteriorating now');
    await press(button('Send as it is'));
    expect(sent()[0]?.arg).toMatchObject({ text: 'bed 4 needs a look', emergencyReason: 'deteriorating now' });
  });

  describe('R10 while somebody writes', () => {
    const asked = () => vi.waitFor(() => expect(shown()).toContain('Is this about a patient?'), { timeout: 10_000 });
    const checks = (fake: Fake) => fake.calls.filter(({ verb }) => verb === 'checkText').length;

    test('a line asks, takes no focus, is announced once, and offers the link with the words', async () => {
      const { client, fake } = await composerIn('team');
      await type(recipient, 'bed 4 needs');
      await asked();
      expect(button('Link a patient')).toBeTruthy();
      expect(document.querySelector('dialog[open], [role="alert"]')).toBeNull();
      const said = document.querySelector('[role="status"]')?.firstChild;
      expect(said?.textContent).toContain('Is this about a patient?');
      await type(recipient, 'bed 4 needs a look');
      await vi.waitFor(() => expect(checks(fake)).toBe(2), { timeout: 10_000 });
      expect(document.querySelector('[role="status"]')?.firstChild).toBe(said);
      await press(button('Link a patient'));
      expect(client.carried.value).toBe('bed 4 needs a look');
      expect(location.hash).toBe('#/new/patient');
    });

    test('one tap gives the reason and sends', async () => {
      const { sent } = await composerIn('team');
      await type(recipient, 'bed 4 needs a look');
      await asked();
      expect(button('Send anyway').getAttribute('aria-expanded')).toBe('false');
      await press(button('Send anyway'));
      await press(button('Emergency'));
      expect(sent()[0]?.arg).toMatchObject({ text: 'bed 4 needs a look', emergencyReason: 'Emergency' });
      expect(shown()).not.toContain('Is this about a patient?');
    });

    test('it goes when the words go', async () => {
      await composerIn('team');
      await type(recipient, 'bed 4 needs a look');
      await asked();
      await type(recipient, 'somebody needs a look');
      expect(shown()).not.toContain('Is this about a patient?');
    });
  });

  test('H25 words of an arrest bring up 2222', async () => {
    await composerIn('john');
    expect(shown()).not.toContain('2222');
    await type(recipient, 'he is not breathing');
    expect(shown()).toContain('Not for cardiac arrest: call 2222.');
  });
});

test('twenty thousand letters without a space are neither measured nor broken by words', async () => {
  await composerIn('john');
  const box = field(recipient);
  await act(() => {
    box.dispatchEvent(new InputEvent('beforeinput', { bubbles: true, data: 'ع'.repeat(20_000) }));
  });
  expect(box.classList.contains('breaks')).toBe(true);
  const measured = vi.spyOn(box, 'scrollHeight', 'get');
  await type(recipient, 'ع'.repeat(20_000));
  expect(box.classList.contains('breaks')).toBe(true);
  expect(measured).not.toHaveBeenCalled();
  await type(recipient, 'short words again');
  expect(box.classList.contains('breaks')).toBe(false);
  expect(measured).toHaveBeenCalled();
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

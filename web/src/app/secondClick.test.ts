import { beforeEach, describe, expect, test, vi } from 'vitest';
import { dropSecondClicks } from './secondClick.ts';

type Click = { detail?: number; at?: number; x?: number; touch?: boolean };

function setUp(html: string) {
  const box = document.createElement('div');
  box.innerHTML = html;
  document.body.append(box);
  dropSecondClicks(box);
  const pressed = vi.fn((event: Event) => event.preventDefault());
  for (const each of box.querySelectorAll('button, a, input')) each.addEventListener('click', pressed);
  const on = (selector: string) => box.querySelector(selector) as HTMLElement;
  const click = (selector: string, { detail = 1, at = 0, x = 0, touch = false }: Click = {}) => {
    const event = new MouseEvent('click', { bubbles: true, cancelable: true, detail, clientX: x });
    Object.defineProperty(event, 'timeStamp', { value: at });
    if (touch) Object.defineProperty(event, 'pointerType', { value: 'touch' });
    on(selector).dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { on, click, pressed };
}

describe('the second click of a double click', () => {
  beforeEach(() => document.body.replaceChildren());

  test('presses nothing: neither the same button, nor what has come in its place', () => {
    const { click, pressed } = setUp('<button id="a">Go on</button><button id="b">Back</button><a href="#/x">More</a>');
    click('#a');
    for (const next of ['#a', '#b', 'a']) expect(click(next, { detail: 2 })).toBe(true);
    click('#a', { detail: 3 });
    expect(pressed).toHaveBeenCalledTimes(1);
    click('#b');
    expect(pressed).toHaveBeenCalledTimes(2);
  });

  test('of a finger is known by time and place', () => {
    const { click, pressed } = setUp('<button id="a">Go on</button><button id="b">Back</button>');
    click('#a', { touch: true, at: 1000 });
    click('#b', { touch: true, at: 1250, x: 6 });
    expect(pressed).toHaveBeenCalledTimes(1);
    click('#b', { touch: true, at: 1400, x: 200 });
    click('#a', { touch: true, at: 1900, x: 200 });
    expect(pressed).toHaveBeenCalledTimes(3);
  });

  test('counts where pressing fast is meant, and on what is no button', () => {
    const { click, pressed } = setUp('<button id="five" data-again>5</button><input type="checkbox">');
    click('#five');
    click('#five', { detail: 2 });
    click('input', { detail: 2 });
    expect(pressed).toHaveBeenCalledTimes(3);
  });

  test('the keyboard and assistive technology press as often as they like; a key held down presses once', () => {
    const { on, click, pressed } = setUp('<button id="a">Go on</button>');
    click('#a', { detail: 0 });
    click('#a', { detail: 0 });
    expect(pressed).toHaveBeenCalledTimes(2);
    const enter = (repeat: boolean) => {
      const event = new KeyboardEvent('keydown', { key: 'Enter', repeat, bubbles: true, cancelable: true });
      on('#a').dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(enter(false)).toBe(false);
    expect(enter(true)).toBe(true);
  });
});

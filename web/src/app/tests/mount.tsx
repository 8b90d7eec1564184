/** Puts one screen on a page with a client on the in-memory double, and finds things in it as a person would. */
import { type ComponentChildren, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, vi } from 'vitest';
import { type Client, ClientContext, createClient } from '../../features/session/client.ts';
import { Router } from '../../features/shell/router.ts';
import type { Clock } from '../../platform/types.ts';
import { createFake, type Fake, type FakeOptions } from '../fake.ts';

export type Mounted = {
  fake: Fake;
  client: Client;
  startAnew: ReturnType<typeof vi.fn>;
  draw: (view: ComponentChildren) => Promise<void>;
};

const timers = new Set<() => void>();
const clock: Clock = {
  now: () => Date.now(),
  every: (_ms, run) => {
    timers.add(run);
    return () => timers.delete(run);
  },
};

/** Everything that is done every so often is done once. */
export async function tick(): Promise<void> {
  await act(() => {
    for (const run of [...timers]) run();
  });
  await settled();
}

afterEach(async () => {
  await act(() => render(null, document.body));
  document.body.replaceChildren();
  timers.clear();
  location.hash = '';
});

export async function mount(options: FakeOptions = {}, view?: (client: Client) => ComponentChildren): Promise<Mounted> {
  const fake = createFake(options);
  const startAnew = vi.fn();
  const client = createClient({ wardline: fake, clock, router: new Router(window), startAnew });
  await client.load();
  const draw = async (content: ComponentChildren) => {
    await act(() => render(<ClientContext.Provider value={client}>{content}</ClientContext.Provider>, document.body));
    await settled();
  };
  if (view) await draw(view(client));
  return { fake, client, startAnew, draw };
}

/** Lets what was started come to rest. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await act(async () => {
      await Promise.resolve();
    });
  }
}

export function button(name: string | RegExp): HTMLElement {
  return find('button, a.btn', name);
}

export function find(selector: string, name: string | RegExp): HTMLElement {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const found = all.find((element) => matches(textOf(element), name));
  if (!found) throw new Error(`no ${selector} named ${String(name)} among: ${all.map(textOf).join(' | ')}`);
  return found;
}

export function field(label: string | RegExp): HTMLInputElement {
  const found = find('label', label);
  const control = document.getElementById(found.getAttribute('for') ?? '') ?? found.querySelector('input');
  if (!(control instanceof HTMLElement)) throw new Error(`no control for ${String(label)}`);
  return control as HTMLInputElement;
}

export async function press(element: HTMLElement): Promise<void> {
  await act(() => element.click());
  await settled();
}

export async function type(label: string | RegExp, text: string): Promise<void> {
  const control = field(label);
  await act(() => {
    control.value = text;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await settled();
}

/** Picks an entry of a list by its words. */
export async function choose(label: string | RegExp, entry: string): Promise<void> {
  const control = field(label) as unknown as HTMLSelectElement;
  const found = [...control.querySelectorAll('option')].find((option) => textOf(option) === entry);
  if (!found) throw new Error(`no ${entry} in ${String(label)}`);
  await act(() => {
    control.value = found.value;
    control.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await settled();
}

export const shown = (): string => textOf(document.body);

const textOf = (element: Element): string => (element.textContent ?? '').replace(/[\s\u00a0]+/g, ' ').trim();
const matches = (text: string, name: string | RegExp): boolean =>
  typeof name === 'string' ? text === name : name.test(text);

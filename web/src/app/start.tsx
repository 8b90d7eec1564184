/** Puts the screens on the page, on top of a `Wardline` wherever it lives. */
import { render } from 'preact';
import type { Wardline } from '../core/contract.ts';
import { createClient } from '../features/session/client.ts';
import { Router } from '../features/shell/router.ts';
import type { Clock } from '../platform/types.ts';
import { asFault } from '../ui/fault.tsx';
import { App } from './App.tsx';
import { coverWhenHidden } from './cover.ts';
import { dropSecondClicks } from './secondClick.ts';

type Parts = { wardline: Wardline; clock: Clock; startAnew: () => void };

export function start({ wardline, clock, startAnew }: Parts): void {
  const root = document.getElementById('app');
  if (!root) throw new Error('the page has no place for the app');
  coverWhenHidden();
  dropSecondClicks();
  const client = createClient({ wardline, clock, startAnew, router: new Router(window) });
  render(<App client={client} fault={undefined} />, root);
  client.load().catch((thrown: unknown) => render(<App client={client} fault={asFault(thrown)} />, root));
}

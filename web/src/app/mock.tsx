/**
 * The screens on invented data, for looking at: `npx vite --mode mock`, then /mock.html. What is asked for stands in the query:
 * `?state=locked`, `?offline`, `?alarm`, `?renewed`, `?empty`, `?notice`, `?shared`, `?theme=dark`. Not an entry of the release build.
 */
import type { SessionState, StoppedWhy } from '../core/contract.ts';
import { browserClock } from '../platform/clock.ts';
import { applyTheme, themes } from '../platform/prefs.ts';
import { createFake } from './fake.ts';
import { start } from './start.tsx';
import '../styles/index.css';

const asked = new URLSearchParams(location.search);
const theme = themes.find((each) => each === asked.get('theme'));
if (theme) applyTheme(theme);

const fake = createFake({
  state: (asked.get('state') ?? 'ready') as SessionState['at'],
  noticeAccepted: !asked.has('notice'),
  empty: asked.has('empty'),
  shared: asked.has('shared'),
  policy: asked.has('policy'),
  wrongPatient: asked.has('wrong-patient'),
  pin: asked.has('pin'),
  passkey: asked.has('passkey'),
  passwordOnly: asked.has('password-only'),
  unproved: asked.has('unproved'),
  renewalFails: asked.has('renewal-fails'),
  pinGone: asked.has('pin-gone'),
  ...(asked.has('renew') ? { renew: asked.get('renew') === 'lost' ? 'lost' : 'stolen' } : {}),
  reset: asked.has('reset'),
  ...(asked.has('stopped') ? { stopped: (asked.get('stopped') || 'forked-log') as StoppedWhy } : {}),
  changedElsewhere: asked.has('changed'),
  renewed: asked.has('renewed'),
  ...(asked.has('offline') ? { connection: { state: 'offline', lastSync: Date.now() - 420_000, queued: 2 } } : {}),
  ...(asked.has('alarm')
    ? { connection: { state: 'online', queued: 0, alarm: { by: 'Dr Ben Okoro', evidence: 'wardline-evidence-v1\n' } } }
    : {}),
});
Object.assign(globalThis, { fake });

start({ wardline: fake, clock: browserClock, startAnew: () => location.replace('?state=locked') });

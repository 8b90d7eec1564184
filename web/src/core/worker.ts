/** The entry of the one dedicated worker: the browser's network, storage and locks put together with the core. */
import { browserClock } from '../platform/clock.ts';
import { Core } from './core.ts';
import type { Env } from './env.ts';
import { serve } from './port.ts';
import { Http } from './remote/http.ts';
import { createRemote } from './remote/remote.ts';
import { sessionKey } from './session/device.ts';
import { browserTabLock } from './session/tab.ts';
import { BrowserStore } from './store/idb.ts';
import { browserSocket } from './sync/socket.ts';

const { origin } = location;
let store: Promise<BrowserStore> | undefined;
const disk = () => (store ??= BrowserStore.open());

const http = new Http({
  fetch: (request) => fetch(request),
  origin,
  clock: browserClock,
  readKey: async () => sessionKey(await disk()),
  onSkew: (ms) => core.learnSkew(ms),
  onSession: (code) => core.refused(code),
});

const env: Env = {
  remote: createRemote(http),
  disk,
  clock: browserClock,
  after: (ms, run) => {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
  tabs: browserTabLock(navigator.locks),
  openSocket: browserSocket,
  socketOrigin: origin.replace(/^http/, 'ws'),
  onNetwork: (changed) => {
    const up = () => changed(true);
    const down = () => changed(false);
    addEventListener('online', up);
    addEventListener('offline', down);
    return () => {
      removeEventListener('online', up);
      removeEventListener('offline', down);
    };
  },
  chance: () => Math.random(),
};

const core: Core = new Core(env, (event, data) => postMessage({ event, data }));
const answer = serve(core.verbs, (frame) => postMessage(frame));

addEventListener('message', (event: MessageEvent<unknown>) => void answer(event.data));

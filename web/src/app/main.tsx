/** Boot: the theme, the worker, the client, the screen. */
import workerUrl from '../core/worker.ts?worker&url';
import { browserClock } from '../platform/clock.ts';
import { applyTheme, readTheme } from '../platform/prefs.ts';
import { start } from './start.tsx';
import { trustedScript } from './trusted.ts';
import { connect, portOf } from './worker.ts';
import '../styles/index.css';

applyTheme(readTheme());

const worker = new Worker(trustedScript(workerUrl), { type: 'module', name: 'wardline' });

start({
  wardline: connect(portOf(worker)),
  clock: browserClock,
  startAnew: () => {
    worker.terminate();
    location.reload();
  },
});

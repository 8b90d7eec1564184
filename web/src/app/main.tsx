/** Boot: the theme, the worker, the client, the screen. */
import workerUrl from '../core/worker.ts?worker&url';
import { browserClock } from '../platform/clock.ts';
import { applyTheme, readTheme } from '../platform/prefs.ts';
import { takeOver } from '../platform/newer.ts';
import { start } from './start.tsx';
import { trustedScript } from './trusted.ts';
import { connect, portOf } from './worker.ts';
import '../styles/index.css';

applyTheme(readTheme());

// The one-time link and whatever else stands in the address must not be taken by a page that is about to go.
void takeOver()
  .catch(() => false)
  .then((over) => {
    if (!over) begin();
  });

function begin() {
  const worker = new Worker(trustedScript(workerUrl), { type: 'module', name: 'wardline' });

  start({
    wardline: connect(portOf(worker)),
    clock: browserClock,
    startAnew: () => {
      worker.terminate();
      location.reload();
    },
  });
}

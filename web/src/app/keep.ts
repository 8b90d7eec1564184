/** Has the browser keep the app, so that it starts without a network. Fetched and done when the inbox has been there for a while. */
import { trustedScript } from './trusted.ts';

export async function keepTheApp(): Promise<void> {
  const workers = (navigator as Partial<Navigator>).serviceWorker;
  // It can always be asked for again: what fails here costs the offline start and nothing else.
  await workers?.register(trustedScript('/sw.js'), { scope: '/', updateViaCache: 'none' }).catch(() => undefined);
}
